"""imgtool, the tool that OEMs sign MCUboot images with, makes images; `obis-verify firmware` judges them. And back:
imgtool judges the firmware that the demo signed."""
import base64
import hashlib
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

VENDOR, PRODUCT, SOFTWARE_VERSION = 0xFFF1, 0x8001, 0x01020304
HEADER, BODY = 512, 9000
US, IMGTOOL = "obis-verify", "imgtool"


class Workshop:
    """A folder with keys and the images made in it."""

    def __init__(self, folder, verifier):
        self.folder, self.verifier = pathlib.Path(folder), verifier
        self.imgtool = [sys.executable, "-m", "imgtool.main"]
        self.key, self.other, self.device = (self.keys(name) for name in ("oem", "other", "device"))
        (self.folder / "body").write_bytes(os.urandom(BODY))

    def keys(self, name):
        private = ec.generate_private_key(ec.SECP256R1())
        (self.folder / f"{name}.pem").write_bytes(private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        (self.folder / f"{name}-public.pem").write_bytes(private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
        return private

    def sign(self, name, *options, key="oem.pem", product=True):
        """`imgtool sign`; returns the image's octets."""
        value = struct.pack("<HHI", VENDOR, PRODUCT, SOFTWARE_VERSION)
        arguments = ["--key", key] if key else []
        if product:
            arguments += ["--custom-tlv", "0x00A1", "0x" + value.hex()]
        self.run(
            "sign", "--version", "1.2.3+4", "--header-size", str(HEADER), "--pad-header", "--slot-size", "0x40000",
            "--align", "4", *arguments, *options, "body", name,
        )
        return (self.folder / name).read_bytes()

    def run(self, *arguments):
        subprocess.run([*self.imgtool, *arguments], cwd=self.folder, check=True, capture_output=True)

    def signed_elsewhere(self):
        """An image whose signature was made outside imgtool, as by a key in a token."""
        digest = self.sign("to-sign", "--vector-to-sign", "digest", key=None)
        signature = self.key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        (self.folder / "signature").write_bytes(base64.b64encode(signature))
        return self.sign("fixed", "--fix-sig", "signature", "--fix-sig-pubkey", "oem-public.pem", key=None)

    def verdict(self, image, key="oem-public.pem"):
        """Exit status and JSON of `obis-verify firmware`."""
        path = self.folder / "judged"
        path.write_bytes(image)
        done = subprocess.run(
            [self.verifier, "firmware", "--json", "--key", self.folder / key, path], capture_output=True, text=True,
            check=False,
        )
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, {"code": "", "reason": done.stderr.strip()[:200], "fields": {}}


def altered(image, position):
    return image[:position] + bytes([image[position] ^ 1]) + image[position + 1:]


def tampered(shop, image):
    """Pairs of a sentence and an image (or image and key) that must be refused."""
    vendor = image.index(struct.pack("<HH", 0x00A1, 8)) + 4
    digest = image.index(struct.pack("<HH", 0x10, 32), vendor) + 4
    body = altered(image, HEADER + 100)
    recomputed = hashlib.sha256(body[:vendor + 8]).digest()
    yield "one bit of the header's version turned", altered(image, 20)
    yield "one bit of the body's first octet turned", altered(image, HEADER)
    yield "one bit of the body's last octet turned", altered(image, HEADER + BODY - 1)
    yield "one bit of the vendor in its protected TLV turned", altered(image, vendor)
    yield "one bit of the software version in its protected TLV turned", altered(image, vendor + 7)
    yield "one bit of the digest turned", altered(image, digest)
    yield "one bit of the body turned and the digest made right", body[:digest] + recomputed + body[digest + 32:]
    # Its last octets are those of s: the DER stays whole.
    yield "one bit of the signature turned", altered(image, len(image) - 1)
    yield "signed with another key", shop.sign("stranger", key="other.pem")
    yield "no signature", shop.sign("unsigned", key=None)
    yield "last octet missing", image[:-1]
    yield "cut in the body", image[:HEADER + BODY // 2]
    yield "cut in the header", image[:16]
    yield "an octet added at the end", image + b"\0"
    yield "no octet at all", b""
    yield "the bare body", (shop.folder / "body").read_bytes()
    yield "encrypted image", shop.sign("encrypted", "--encrypt", "device-public.pem")
    yield "protected TLV taken from an image of another version", spliced(shop, image)


def spliced(shop, image):
    """The image's content under the trailer of another, also rightly signed, image."""
    other = shop.sign("other-version", "--security-counter", "7")
    return image[:HEADER + BODY] + other[HEADER + BODY:]


def run(report, verifier, demo):
    if not pathlib.Path(verifier).exists():
        report.check(US, "obis-verify is built", False, f"{verifier} is missing; run make build")
        return
    with tempfile.TemporaryDirectory(prefix="obis-firmware-") as folder:
        shop = Workshop(folder, pathlib.Path(verifier).resolve())
        image = shop.sign("signed")
        for sentence, accepted in (
            ("signed by imgtool", image),
            ("signed by imgtool, with a security counter", shop.sign("counter", "--security-counter", "7")),
            ("digest by imgtool, signed outside, put together by imgtool", shop.signed_elsewhere()),
        ):
            status, verdict = shop.verdict(accepted)
            named = {str(value) for value in verdict["fields"].values()}
            wanted = {f"{VENDOR:04X}", f"{PRODUCT:04X}", str(SOFTWARE_VERSION)}
            report.check(
                US, f"image {sentence}: accepted, vendor, product and software version as signed",
                status == 0 and wanted <= named, f"exit {status}: {verdict}",
            )
        status, verdict = shop.verdict(shop.sign("plain", product=False))
        report.check(
            US, "image signed by imgtool without vendor TLV: accepted", status == 0, f"exit {status}: {verdict}")
        refusals(report, shop, image)
        demo_firmware(report, shop, pathlib.Path(demo))


def refusals(report, shop, image):
    for sentence, bad in tampered(shop, image):
        status, verdict = shop.verdict(bad)
        code = verdict["code"]
        report.check(
            US, f"firmware, {sentence}: refused with {code or 'a code'}",
            status == 1 and code.startswith("firmware."), f"exit {status}: {verdict}",
        )
    status, verdict = shop.verdict(image, "other-public.pem")
    report.check(
        US, f"firmware, judged by another key: refused with {verdict['code']}",
        status == 1 and verdict["code"] == "firmware.key.mismatch", f"exit {status}: {verdict}",
    )


def demo_firmware(report, shop, demo):
    """What the demo's own signing keys, in their token, made: imgtool must accept it, and refuse it altered."""
    public = demo / "oem" / "state" / "public"
    key, stranger = (public / f"firmware-signing-{name}.pem" for name in ("secure-boot-1", "secure-boot-other"))
    images = sorted(demo.glob("oem/versions/*/firmware.bin"))
    report.check(
        "evidence", f"the demo left {len(images)} signed firmware files and the public keys",
        images and key.exists() and stranger.exists(),
        f"looked for {demo}/oem/versions/*/firmware.bin, {key} and {stranger}",
    )
    for image in images:
        name, content = f"{image.parent.name}/{image.name}", image.read_bytes()
        body = struct.unpack_from("<H", content, 8)[0]
        other = image.with_name("firmware.other.bin").read_bytes()
        for sentence, judged, under, wanted in (
            ("", content, key, True),
            (" with one bit of its body turned", altered(content, body), key, False),
            (" with one bit of its signature turned", altered(content, len(content) - 1), key, False),
            (" judged by the other key", content, stranger, False),
            (", signed with the other key,", other, key, False),
            (", signed with the other key and judged by it,", other, stranger, True),
        ):
            report.check(
                IMGTOOL, f"{name}{sentence}: {'accepted' if wanted else 'refused'}",
                imgtool_accepts(shop, judged, under) == wanted, "imgtool verify says otherwise",
            )


def imgtool_accepts(shop, content, key):
    path = shop.folder / "demo.bin"
    path.write_bytes(content)
    done = subprocess.run(
        [*shop.imgtool, "verify", "--key", str(pathlib.Path(key).resolve()), str(path)], capture_output=True,
        check=False,
    )
    return done.returncode == 0
