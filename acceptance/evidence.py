"""The evidence folder that the demo leaves: certificates, codes and attestations as they came off the line."""
import json
import pathlib


class EvidenceError(Exception):
    """The folder does not hold what it must."""


_DEVICE = {
    "serial": str, "chipUID": str, "factory": str, "batch": str, "product": str, "vid": int, "pid": int,
    "discriminator": int, "dac": str, "pai": str, "cd": str, "qr": str, "manualCode": str,
}
_ATTESTATION = {"serial": str, "nonce": str, "challenge": str, "elements": str, "signature": str}
_SIZES = {"nonce": 32, "challenge": 16, "signature": 64}


class Device:
    """One line of devices.jsonl with the files that it names read."""

    def __init__(self, record, folder):
        self.serial = record["serial"]
        self.factory, self.batch = record["factory"], record["batch"]
        self.vid, self.pid, self.discriminator = record["vid"], record["pid"], record["discriminator"]
        self.qr, self.manual = record["qr"], record["manualCode"]
        self.dac, self.pai, self.cd = ((folder / record[name]).read_bytes() for name in ("dac", "pai", "cd"))


class Attestation:
    """One line of attestation.jsonl."""

    def __init__(self, record):
        self.serial = record["serial"]
        self.nonce, self.challenge, self.elements, self.signature = (
            bytes.fromhex(record[name]) for name in ("nonce", "challenge", "elements", "signature")
        )
        for name, size in _SIZES.items():
            if len(getattr(self, name)) != size:
                raise EvidenceError(f"{name} of {self.serial} has {len(getattr(self, name))} octets, {size} needed")


class Evidence:
    """The whole folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.paa_folder = self.folder / "paa"
        self.paas = {path.name: path.read_bytes() for path in sorted(self.paa_folder.glob("*.der"))}
        if not self.paas:
            raise EvidenceError(f"no *.der in {self.paa_folder}")
        try:
            devices = [Device(record, self.folder) for record in _lines(self.folder / "devices.jsonl", _DEVICE)]
            answers = [Attestation(record) for record in _lines(self.folder / "attestation.jsonl", _ATTESTATION)]
        except (OSError, ValueError) as error:
            raise EvidenceError(f"{self.folder}: {error}") from error
        self.devices = {device.serial: device for device in devices}
        if len(self.devices) != len(devices):
            raise EvidenceError("two devices share a serial number")
        unknown = [answer.serial for answer in answers if answer.serial not in self.devices]
        if unknown:
            raise EvidenceError(f"attestation of {unknown[0]}, which devices.jsonl does not name")
        self.attested = [(self.devices[answer.serial], answer) for answer in answers]


def _lines(path, fields):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        record = json.loads(line)
        for name, kind in fields.items():
            if type(record.get(name)) is not kind:
                raise EvidenceError(f"{path.name} line {number}: {name} is missing or no {kind.__name__}")
        yield record
