"""The SDK reads QR codes and manual pairing codes as a phone would, and their altered forms."""

SDK = "Matter SDK"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-."


def base38(data):
    """Text of a payload's octets: 3 octets make 5 characters, 2 make 4, 1 makes 2, least significant first."""
    text = ""
    for start in range(0, len(data), 3):
        chunk = data[start:start + 3]
        value = int.from_bytes(chunk, "little")
        for _ in range({3: 5, 2: 4, 1: 2}[len(chunk)]):
            value, digit = divmod(value, 38)
            text += _ALPHABET[digit]
    return text


def octets(text):
    data = b""
    for start in range(0, len(text), 5):
        chunk = text[start:start + 5]
        value = sum(_ALPHABET.index(character) * 38**index for index, character in enumerate(chunk))
        data += value.to_bytes({5: 3, 4: 2, 2: 1}[len(chunk)], "little")
    return data


class Judgement:
    """All onboarding checks over one evidence folder."""

    def __init__(self, library, evidence, report):
        from chip.exceptions import ChipStackError
        from chip.setup_payload import SetupPayload

        self.evidence, self.report = evidence, report
        self.error, self.payload = ChipStackError, SetupPayload

    def run(self):
        devices = self.evidence.devices.values()
        self.report.every(
            SDK, "QR code read, and it names this device", ((d.serial, self.qr_fault(d)) for d in devices))
        self.report.every(
            SDK, "manual pairing code read, and it agrees with the QR code",
            ((d.serial, self.manual_fault(d)) for d in devices),
        )
        self.report.every(
            SDK, "QR code and manual code are, character for character, what the SDK prints for these values",
            ((d.serial, self.printing_fault(d)) for d in devices),
        )
        passcodes = [self.payload().ParseQrCode(d.qr).setup_passcode for d in devices if self.read_qr(d.qr)]
        repeated = len(passcodes) - len(set(passcodes))
        self.report.check(
            "evidence", f"no two devices share a passcode ({len(passcodes)})", passcodes and not repeated,
            f"{repeated} repeated", len(passcodes),
        )
        self.altered()

    def read_qr(self, text):
        """What the SDK reads, None where it refuses. Its parser only decodes; its generator applies the rules for a
        payload (`isValidQRCodePayload`) and refuses to print what breaks them, so both are asked."""
        try:
            read = self.payload().ParseQrCode(text)
            self.payload().GenerateQrCode(*self.values(read))
            return read
        except self.error:
            return None

    @staticmethod
    def values(read):
        return (
            read.setup_passcode, read.vendor_id, read.product_id, read.long_discriminator, read.commissioning_flow,
            read.rendezvous_information, read.version,
        )

    def read_manual(self, text):
        try:
            return self.payload().ParseManualPairingCode(text)
        except self.error:
            return None

    def qr_fault(self, device):
        read = self.read_qr(device.qr)
        if read is None:
            return f"the SDK refuses {device.qr}"
        found = (read.version, read.vendor_id, read.product_id, read.long_discriminator)
        wanted = (0, device.vid, device.pid, device.discriminator)
        return None if found == wanted else f"the SDK reads {found}, the record says {wanted}"

    def manual_fault(self, device):
        read, qr = self.read_manual(device.manual), self.read_qr(device.qr)
        if read is None or qr is None:
            return f"the SDK refuses {device.manual if qr else device.qr}"
        found = (read.setup_passcode, read.short_discriminator)
        wanted = (qr.setup_passcode, device.discriminator >> 8)
        if len(device.manual) == 21:
            found += (read.vendor_id, read.product_id)
            wanted += (device.vid, device.pid)
        return None if found == wanted else f"the manual code differs from the QR code: {found[1:]}, not {wanted[1:]}"

    def printing_fault(self, device):
        read = self.read_qr(device.qr)
        if read is None:
            return f"the SDK refuses {device.qr}"
        values = self.values(read)
        printed = (self.payload().GenerateQrCode(*values), self.payload().GenerateManualPairingCode(*values))
        return None if printed == (device.qr, device.manual) else f"the SDK prints {printed}"

    # -- altered codes -----------------------------------------------------------------------------------------------

    def altered(self):
        devices = list(self.evidence.devices.values())
        for sentence, change in (
            ("QR code without its prefix", lambda qr: qr[3:]),
            ("QR code with its last character missing", lambda qr: qr[:-1]),
            ("QR code with one character too many", lambda qr: qr + "0"),
            ("QR code with a character outside base 38", lambda qr: qr[:8] + "!" + qr[9:]),
            ("QR payload of another version", lambda qr: self.repacked(qr, lambda bits: bits | 1)),
            ("QR payload with passcode 0", lambda qr: self.repacked(qr, lambda bits: bits & ~(0x7FFFFFF << 57))),
            ("QR payload with passcode 12345678", lambda qr: self.repacked(
                qr, lambda bits: bits & ~(0x7FFFFFF << 57) | 12345678 << 57)),
            ("QR payload with a passcode above 99999998", lambda qr: self.repacked(
                qr, lambda bits: bits | 0x7FFFFFF << 57)),
            ("QR payload with its padding set", lambda qr: self.repacked(qr, lambda bits: bits | 1 << 84)),
        ):
            self.report.every(SDK, f"{sentence}: refused", (
                (d.serial, f"the SDK reads {change(d.qr)}" if self.read_qr(change(d.qr)) else None) for d in devices))
        self.report.every(SDK, "QR payload with another device's discriminator: read, and no longer this device", (
            (d.serial, "taken for this device" if self.same_device(d) else None) for d in devices))
        self.report.every(SDK, "manual code with one digit altered, each digit, each value: refused", (
            (d.serial, self.accepted_neighbour(d.manual)) for d in devices))
        for sentence, change in (
            ("manual code with its check digit missing", lambda code: code[:-1]),
            ("manual code with a digit too many", lambda code: code + "0"),
            ("manual code with a letter", lambda code: code[:4] + "O" + code[5:]),
        ):
            self.report.every(SDK, f"{sentence}: refused", (
                (d.serial, f"the SDK reads {change(d.manual)}" if self.read_manual(change(d.manual)) else None)
                for d in devices))

    @staticmethod
    def repacked(qr, change):
        data = octets(qr[3:])
        bits = change(int.from_bytes(data[:11], "little"))
        return "MT:" + base38(bits.to_bytes(11, "little") + data[11:])

    def same_device(self, device):
        read = self.read_qr(self.repacked(device.qr, lambda bits: bits ^ 1 << 45))
        return read is None or read.long_discriminator == device.discriminator

    def accepted_neighbour(self, code):
        for position, digit in enumerate(code):
            for other in "0123456789":
                altered = code[:position] + other + code[position + 1:]
                if other != digit and self.read_manual(altered):
                    return f"the SDK reads {altered}"
        return None
