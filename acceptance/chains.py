"""Certificate chains made here, right in every respect but the one under test.

An altered byte in a real certificate breaks its signature too, so it cannot show that a rule of its own is enforced.
These chains are signed anew after the alteration: only the planted fault is left to refuse.
"""
import base64
import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

VENDOR = x509.ObjectIdentifier("1.3.6.1.4.1.37244.2.1")
PRODUCT = x509.ObjectIdentifier("1.3.6.1.4.1.37244.2.2")
NEVER = datetime.datetime(9999, 12, 31, 23, 59, 59)
CREATED = datetime.datetime(2024, 1, 1)

# Chip-Test-CD-FFF2-8001.der and Chip-Test-CD-FFF3-8001.der of project-chip/connectedhomeip (Apache-2.0), signed by
# the published test key.
DECLARATIONS = {
    (0xFFF2, 0x8001): base64.b64decode(
        "MIHoBgkqhkiG9w0BBwKggdowgdcCAQMxDTALBglghkgBZQMEAgEwRQYJKoZIhvcNAQcBoDgENhUkAAElAfL/NgIFAYAYJQM0EiwE"
        "E1pJRzIwMTQxWkIzMzAwMDEtMjQkBQAkBgAlB3aYJAgAGDF8MHoCAQOAFGL6gjNZrPqplj4c+hQK3fUE83FgMAsGCWCGSAFlAwQC"
        "ATAKBggqhkjOPQQDAgRGMEQCIAktcB3B8/0pWVrlt/JaxLmGF7pDRPBKrOulEPAwJrolAiBbQNFL7/ALGmRmKyCk7wX7AR28mmD4"
        "tlC9aXgsY/z2hA=="
    ),
    (0xFFF3, 0x8001): base64.b64decode(
        "MIHpBgkqhkiG9w0BBwKggdswgdgCAQMxDTALBglghkgBZQMEAgEwRQYJKoZIhvcNAQcBoDgENhUkAAElAfP/NgIFAYAYJQM0EiwE"
        "E1pJRzIwMTQxWkIzMzAwMDEtMjQkBQAkBgAlB3aYJAgAGDF9MHsCAQOAFGL6gjNZrPqplj4c+hQK3fUE83FgMAsGCWCGSAFlAwQC"
        "ATAKBggqhkjOPQQDAgRHMEUCIBYvmhkT6AOWGwSfPrYa6sOSFwamqYvQddEpWp9hjLSPAiEA2b1mX1HdHTJjZGJ3st20kEvgfmL2"
        "jKZ5iUlPK0M7ic0="
    ),
}


def declaration_of_another(vid):
    """A rightly signed declaration of any vendor but this one."""
    return next(cd for (vendor, _), cd in DECLARATIONS.items() if vendor != vid)


def name(common, vid=None, pid=None):
    """A distinguished name with the Matter vendor and product attributes."""
    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, common)]
    if vid is not None:
        attributes.append(x509.NameAttribute(VENDOR, f"{vid:04X}"))
    if pid is not None:
        attributes.append(x509.NameAttribute(PRODUCT, f"{pid:04X}"))
    return x509.Name(attributes)


class Authority:
    """A key with a certificate, or a DAC with its key."""

    def __init__(self, key, certificate):
        self.key = key
        self.certificate = certificate
        self.der = certificate.public_bytes(serialization.Encoding.DER)


def issue(subject, issuer=None, *, ca, path=None, start=CREATED, end=NEVER, key=None, identifier=None):
    """One certificate of the Matter profile; self-signed where no issuer is given."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    own = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    if identifier is not None:
        own = x509.SubjectKeyIdentifier(identifier)
    above = own if issuer is None else issuer.certificate.extensions.get_extension_for_class(
        x509.SubjectKeyIdentifier
    ).value
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(os.urandom(8), "big") >> 1 | 1)
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path), critical=True)
        .add_extension(key_usage(ca), critical=True)
        .add_extension(own, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), critical=False)
    )
    return Authority(key, builder.sign((issuer.key if issuer else key), hashes.SHA256()))


def key_usage(ca):
    return x509.KeyUsage(
        digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )


def elements(cd, nonce, timestamp=0):
    """Attestation elements: structure of declaration, nonce and timestamp."""
    return (
        b"\x15\x31\x01" + len(cd).to_bytes(2, "little") + cd
        + b"\x30\x02" + bytes([len(nonce)]) + nonce
        + b"\x26\x03" + timestamp.to_bytes(4, "little") + b"\x18"
    )


def sign(key, message):
    """Raw r‖s as a chip answers."""
    r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Device:
    """One made device: chain, attestation, and what the verifier is told. Every default is right."""

    def __init__(
        self, vid, pid, cd, *, paa_vid=None, pai_vid=None, dac_vid=None, dac_pid=None, dac_start=CREATED,
        dac_end=NEVER, dac_ca=False, pai_path=0, chain=None, malformed=False,
    ):
        self.vid, self.pid = vid, pid
        if chain:
            self.paa, self.pai = chain
        else:
            self.paa = issue(name("Acceptance PAA", vid if paa_vid is None else paa_vid), ca=True, path=1)
            self.pai = issue(
                name("Acceptance PAI", vid if pai_vid is None else pai_vid), self.paa, ca=True, path=pai_path
            )
        subject = name("Acceptance DAC", vid if dac_vid is None else dac_vid, pid if dac_pid is None else dac_pid)
        self.dac = issue(subject, self.pai, ca=dac_ca, start=dac_start, end=dac_end)
        self.nonce, self.challenge = os.urandom(32), os.urandom(16)
        self.elements = elements(cd, self.nonce)
        if malformed:
            self.elements = self.elements.replace(b"\x30\x02\x20" + self.nonce, b"")
        self.signature = sign(self.dac.key, self.elements + self.challenge)

    def verdict(self, verifier):
        return verifier.verify(
            self.elements, self.challenge, self.signature, self.pai.der, self.dac.der, self.nonce, self.vid, self.pid
        )
