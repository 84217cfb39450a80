"""The SDK judges DAC, PAI, PAA, Certification Declaration and the chips' attestations, and their altered forms."""
import datetime
import pathlib
import tempfile

from cryptography import x509

from . import chains
from .chains import Device, issue, name

SDK = "Matter SDK"
LEAST_ATTESTATIONS = 20


def flipped(value, position, bit=0):
    """`value` with one bit turned over."""
    position %= len(value)
    return value[:position] + bytes([value[position] ^ 1 << bit]) + value[position + 1:]


def trusting(library, certificates):
    """A verifier with a trust store folder of these PAAs. The SDK reads the folder once, while the verifier is made."""
    with tempfile.TemporaryDirectory(prefix="obis-paa-") as folder:
        for number, der in enumerate(certificates):
            pathlib.Path(folder, f"{number}.der").write_bytes(der)
        return library.verifier(folder)


class Judgement:
    """All attestation checks over one evidence folder."""

    def __init__(self, library, evidence, report):
        self.library, self.evidence, self.report = library, evidence, report
        self.verifier = library.verifier(evidence.paa_folder)

    def run(self):
        self.certificates()
        self.declarations()
        self.attestations()
        self.altered_attestations()
        self.planted_faults()

    # -- acceptance --------------------------------------------------------------------------------------------------

    def certificates(self):
        devices = self.evidence.devices.values()
        accepted = self.library.format_accepted
        for kind, items in (
            ("PAA", self.evidence.paas.items()),
            ("PAI", {device.pai: (f"PAI of {device.serial}", device.pai) for device in devices}.values()),
            ("DAC", ((device.serial, device.dac) for device in devices)),
        ):
            self.report.every(
                SDK, f"{kind} format accepted (VerifyAttestationCertificateFormat)",
                ((label, None if accepted(kind, der) else "refused") for label, der in items),
            )
        self.report.every(
            SDK, "a DAC is accepted as DAC only, a PAI as PAI only",
            (
                (device.serial, "taken for another kind")
                if accepted("PAI", device.dac) or accepted("PAA", device.dac) or accepted("DAC", device.pai)
                else (device.serial, None)
                for device in devices
            ),
        )
        self.report.every(
            SDK, "chain DAC, PAI, PAA accepted (ValidateCertificateChain)",
            ((device.serial, None if self.anchors(device) else "no PAA anchors it") for device in devices),
        )

    def anchors(self, device):
        return [
            paa for paa in self.evidence.paas.values() if self.library.chain_accepted(paa, device.pai, device.dac)
        ]

    def declarations(self):
        distinct = {device.cd: device.serial for device in self.evidence.devices.values()}
        verdicts = ((f"CD of {serial}", self.verifier.verify_declaration(cd)) for cd, serial in distinct.items())
        self.report.every(
            SDK, "Certification Declaration's signature accepted (test CD key)",
            ((label, self.library.describe(result) if result else None) for label, result in verdicts),
        )
        attested = {device.cd for device, answer in self.evidence.attested if device.cd in answer.elements}
        self.report.every(
            SDK, "every declaration stands in an attestation that is judged below",
            ((serial, None if cd in attested else "not in any attestation") for cd, serial in distinct.items()),
        )

    def verdict(self, device, answer, verifier=None, **other):
        values = dict(
            elements=answer.elements, challenge=answer.challenge, signature=answer.signature, pai=device.pai,
            dac=device.dac, nonce=answer.nonce, vid=device.vid, pid=device.pid,
        )
        return (verifier or self.verifier).verify(**(values | other))

    def attestations(self):
        attested = self.evidence.attested
        serials = {device.serial for device, _ in attested}
        self.report.check(
            "evidence", f"attestations of at least {LEAST_ATTESTATIONS} devices ({len(serials)})",
            len(serials) >= LEAST_ATTESTATIONS, f"{len(serials)} found", len(serials),
        )
        results = ((device.serial, self.verdict(device, answer)) for device, answer in attested)
        self.report.every(
            SDK, "chip's attestation accepted in full (DefaultDACVerifier: chain, CD, nonce, signature)",
            ((serial, self.library.describe(result) if result else None) for serial, result in results),
        )

    # -- alterations of the real thing -------------------------------------------------------------------------------

    def refused(self, sentence, codes, results):
        """`results`: pairs of a serial and the SDK's code, which must be one of `codes`."""
        self.report.every(
            SDK, f"{sentence}: refused with {' or '.join(self.library.describe(code) for code in codes)}",
            (
                (serial, None if result in codes else f"SDK says {self.library.describe(result)}")
                for serial, result in results
            ),
        )

    def altered_attestations(self):
        attested = self.evidence.attested

        def each(change):
            return ((device.serial, self.verdict(device, answer, **change(device, answer)))
                    for device, answer in attested)

        self.refused("attestation signature with one bit turned (r)", [500], each(
            lambda device, answer: {"signature": flipped(answer.signature, 5)}))
        self.refused("attestation signature with one bit turned (s)", [500], each(
            lambda device, answer: {"signature": flipped(answer.signature, 40, 7)}))
        self.refused("attestation elements with one bit turned", [500], each(
            lambda device, answer: {"elements": flipped(answer.elements, answer.elements.find(answer.nonce) + 3)}))
        self.refused("another session's challenge", [500], each(
            lambda device, answer: {"challenge": flipped(answer.challenge, 0)}))
        self.refused("another nonce asked than answered", [502], each(
            lambda device, answer: {"nonce": flipped(answer.nonce, 31)}))
        self.refused("DAC of another vendor in its DN (two octets altered)", [305], each(
            lambda device, answer: {"dac": other_vendor(device)}))
        self.refused("DAC's signature with one bit turned", [301], each(
            lambda device, answer: {"dac": flipped(device.dac, -1)}))
        self.refused("PAI's signature with one bit turned", [301], each(
            lambda device, answer: {"pai": flipped(device.pai, -1)}))
        self.refused("device that reports another vendor", [604], each(
            lambda device, answer: {"vid": device.vid ^ 1}))
        self.refused("device that reports a product outside its declaration", [605], each(
            lambda device, answer: {"pid": device.pid ^ 0x4000}))
        self.refused("DAC of another device of the same product", [500], (
            (device.serial, self.verdict(device, answer, dac=other.dac))
            for device, answer, other in neighbours(attested)))
        self.other_authorities(attested)

    def other_authorities(self, attested):
        stranger = issue(name("Another PAA"), ca=True, path=1)
        elsewhere = trusting(self.library, [stranger.der])
        self.refused("controller that trusts another PAA only", [101], (
            (device.serial, self.verdict(device, answer, elsewhere)) for device, answer in attested))
        forged = trusting(self.library, map(impostor, self.evidence.paas.values()))
        self.refused("PAA of the same name and key identifier with another key", [301], (
            (device.serial, self.verdict(device, answer, forged)) for device, answer in attested))

    # -- planted faults under right signatures -----------------------------------------------------------------------

    def planted_faults(self):
        for vid, pid, cd in {(device.vid, device.pid, device.cd): None for device, _ in self.evidence.attested}:
            self.planted(vid, pid, cd)

    def planted(self, vid, pid, cd):
        good = Device(vid, pid, cd)
        chain = (good.paa, good.pai)
        unscoped = issue(name("Unscoped PAA"), ca=True)
        product = issue(name("Product PAI", vid, pid), good.paa, ca=True, path=0)
        day = datetime.timedelta(days=1)
        yesterday = datetime.datetime.now(datetime.timezone.utc) - day
        other = vid ^ 3
        cases = [
            ("chain and attestation made for comparison", [0], good),
            ("the same under a PAA of no vendor", [0], Device(
                vid, pid, cd, chain=(unscoped, issue(name("PAI", vid), unscoped, ca=True, path=0)))),
            ("the same under a PAI of this product", [0], Device(vid, pid, cd, chain=(good.paa, product))),
            ("DAC of another vendor than its PAI", [305], Device(vid, pid, cd, chain=chain, dac_vid=other)),
            ("DAC of another product than its PAI", [306], Device(
                vid, pid, cd, chain=(good.paa, product), dac_pid=pid ^ 1)),
            ("PAI of another vendor than its PAA", [205], Device(vid, pid, cd, pai_vid=other, dac_vid=other)),
            ("DAC of a product outside the declaration", [605], Device(
                vid, pid, cd, chain=chain, dac_pid=pid ^ 0x4000)),
            ("DAC that began before its PAI", [301], Device(
                vid, pid, cd, chain=chain, dac_start=chains.CREATED - day)),
            ("expired DAC", [300], Device(vid, pid, cd, chain=chain, dac_end=yesterday)),
            ("DAC that is a CA", [303], Device(vid, pid, cd, chain=chain, dac_ca=True)),
            ("PAI with path length 1", [203], Device(vid, pid, cd, pai_path=1)),
            ("declaration of another vendor, rightly signed", [604], Device(
                vid, pid, chains.declaration_of_another(vid), chain=chain)),
            ("declaration with one bit of its content turned", [602], Device(
                vid, pid, flipped(cd, cd.find(b"\x15\x24\x00") + 4), chain=chain)),
            ("declaration with one bit of its signature turned", [602], Device(vid, pid, flipped(cd, -1), chain=chain)),
            ("declaration of an unknown signer", [601], Device(vid, pid, unknown_signer(cd), chain=chain)),
            ("declaration of no form", [600, 603], Device(vid, pid, cd[:40], chain=chain)),
            ("attestation elements without a nonce, rightly signed", [501], Device(
                vid, pid, cd, chain=chain, malformed=True)),
        ]
        for sentence, codes, device in cases:
            result = device.verdict(trusting(self.library, [device.paa.der]))
            verb = "accepted" if codes == [0] else "refused"
            expected = " or ".join(map(self.library.describe, codes))
            self.report.check(
                SDK, f"{vid:04X}/{pid:04X} made here: {sentence}: {verb} with {expected}", result in codes,
                f"SDK says {self.library.describe(result)}",
            )


def neighbours(attested):
    """Each attested device with another one under the same PAI."""
    for device, answer in attested:
        others = [other for other, _ in attested if other.pai == device.pai and other.dac != device.dac]
        if others:
            yield device, answer, others[0]


def replaced(data, old, new):
    """`data` with the last `old` replaced; unchanged where there is none, which its check then notices."""
    head, found, tail = data.rpartition(old)
    return head + new + tail if found else data


def other_vendor(device):
    """The DAC with its subject's vendor identifier altered in place."""
    return replaced(device.dac, f"{device.vid:04X}".encode(), f"{device.vid ^ 0x11:04X}".encode())


def impostor(paa):
    """A PAA that looks the same (subject and key identifier) but holds another key."""
    real = x509.load_der_x509_certificate(paa)
    identifier = real.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    return issue(real.subject, ca=True, path=1, identifier=identifier).der


def unknown_signer(cd):
    """The declaration with its signer's key identifier, the test key's, altered."""
    identifier = bytes.fromhex("62fa823359acfaa9963e1cfa140addf504f37160")
    return replaced(cd, identifier, flipped(identifier, 0))
