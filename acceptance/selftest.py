"""Self-test of the judge: an evidence folder made here must pass, and with any one fault planted it must not.

`python -m acceptance.selftest DIRECTORY` only writes such a folder.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from . import chains

(VENDOR, PRODUCT), DECLARATION = next(iter(chains.DECLARATIONS.items()))
DEVICES = 21


def make(folder):
    """An evidence folder of the demo's format, with keys made here and the SDK's own printing of the codes."""
    from . import sdk

    sdk.Library()
    from chip.setup_payload import SetupPayload

    folder = pathlib.Path(folder)
    (folder / "paa").mkdir(parents=True)
    first = chains.Device(VENDOR, PRODUCT, DECLARATION)
    (folder / "paa" / "paa.der").write_bytes(first.paa.der)
    (folder / "pai.der").write_bytes(first.pai.der)
    (folder / "cd.der").write_bytes(DECLARATION)
    records, answers = [], []
    for number in range(DEVICES):
        device = chains.Device(VENDOR, PRODUCT, DECLARATION, chain=(first.paa, first.pai))
        serial, discriminator, passcode = f"S{number:03}", 100 + 150 * number, 20202021 + 7919 * number
        (folder / f"{serial}.der").write_bytes(device.dac.der)
        values = (passcode, VENDOR, PRODUCT, discriminator, 0, 2)
        records.append({
            "serial": serial, "chipUID": f"{number:032x}", "factory": "F", "batch": "B", "product": "P", "vid": VENDOR,
            "pid": PRODUCT, "discriminator": discriminator, "dac": f"{serial}.der", "pai": "pai.der", "cd": "cd.der",
            "qr": SetupPayload().GenerateQrCode(*values),
            "manualCode": SetupPayload().GenerateManualPairingCode(*values),
        })
        answers.append({"serial": serial} | {
            name: getattr(device, name).hex() for name in ("nonce", "challenge", "elements", "signature")
        })
    write(folder / "devices.jsonl", records)
    write(folder / "attestation.jsonl", answers)


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def judge(folder, log, temporary):
    """The checks of one evidence folder and the worker's exit status; its temporary files go to a folder of their own."""
    worker = subprocess.run(
        [sys.executable, "-m", "acceptance.judge", str(folder), str(log)], stdout=subprocess.PIPE, text=True,
        cwd=pathlib.Path(__file__).parent.parent, check=False, env=os.environ | {"TMPDIR": str(temporary)},
    )
    return [json.loads(line) for line in worker.stdout.splitlines()], worker.returncode


def turned(path, position):
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(bytes(data))


def edit(name, change):
    """A fault that alters the records of a JSON-lines file."""
    def plant(folder):
        records = read(folder / name)
        change(records)
        write(folder / name, records)
    return plant


def turned_hex(field):
    def change(records):
        value = bytearray.fromhex(records[7][field])
        value[9] ^= 4
        records[7][field] = value.hex()
    return edit("attestation.jsonl", change)


def swap(field):
    def change(records):
        records[3][field], records[4][field] = records[4][field], records[3][field]
    return edit("devices.jsonl", change)


def raised(field):
    def change(records):
        records[5][field] += 1
    return edit("devices.jsonl", change)


FAULTS = {
    "one attestation signature altered": turned_hex("signature"),
    "one attestation nonce altered": turned_hex("nonce"),
    "one attestation challenge altered": turned_hex("challenge"),
    "attestation elements altered": turned_hex("elements"),
    "two devices' DACs exchanged": swap("dac"),
    "two devices' QR codes exchanged": swap("qr"),
    "two devices' manual codes exchanged": swap("manualCode"),
    "one DAC's signature altered": lambda folder: turned(folder / "S009.der", -1),
    "the PAI's signature altered": lambda folder: turned(folder / "pai.der", -1),
    "the declaration's signature altered": lambda folder: turned(folder / "cd.der", -1),
    "one record's vendor altered": raised("vid"),
    "one record's product altered": raised("pid"),
    "one record's discriminator altered": raised("discriminator"),
    "a passcode used twice": edit("devices.jsonl", lambda records: records[2].update(
        qr=records[1]["qr"], manualCode=records[1]["manualCode"], discriminator=records[1]["discriminator"])),
    "19 attestations only": edit("attestation.jsonl", lambda records: records.__delitem__(slice(19, None))),
    "an attestation of no known device": edit("attestation.jsonl", lambda records: records[0].update(serial="none")),
    "no PAA": lambda folder: (folder / "paa" / "paa.der").unlink(),
}


def run(report, log):
    """Adds one check a planted fault."""
    with tempfile.TemporaryDirectory(prefix="obis-selftest-") as scratch:
        sound, temporary = pathlib.Path(scratch, "sound"), pathlib.Path(scratch, "temporary")
        temporary.mkdir()
        subprocess.run(
            [sys.executable, "-m", "acceptance.selftest", str(sound)], check=True, stdout=subprocess.DEVNULL,
            cwd=pathlib.Path(__file__).parent.parent,
        )
        checks, status = judge(sound, log, temporary)
        wrong = [check["check"] for check in checks if not check["passed"]]
        report.check("self-test", "evidence made here is accepted", status == 0 and checks and not wrong, wrong)
        for sentence, plant in FAULTS.items():
            copy = pathlib.Path(scratch, "copy")
            shutil.copytree(sound, copy)
            plant(copy)
            checks, status = judge(copy, log, temporary)
            found = any(not check["passed"] for check in checks)
            report.check(
                "self-test", f"noticed: {sentence}", status == 0 and found,
                f"exit status {status}" if status else "all checks passed",
            )
            shutil.rmtree(copy)
        left = [path.name for path in temporary.iterdir() if path.name.startswith("obis-")]
        report.check("self-test", "the judge leaves no temporary files behind", not left, left)


if __name__ == "__main__":
    make(sys.argv[1])
