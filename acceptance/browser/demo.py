"""What the browser looks at: a demo that serves, and a portal that nobody has set up yet."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import ssl

from .. import portal_openapi
from .portal import Portal

LONGEST_DEMO = 900


class Demo:
    """A demo's folder: its portal's address, the admin's token and the people's sign-ins."""

    def __init__(self, folder, isOwn=False):
        self.isOwn = isOwn
        place = pathlib.Path(folder) / "portal"
        port = json.loads((place / "obis-portal.json").read_text())["publicPort"]
        token = (place / "admin.header").read_text().split("Bearer")[-1].strip()
        self.folder = pathlib.Path(folder)
        self.portal = Portal(f"https://127.0.0.1:{port}", token)
        self.people = json.loads((place / "sign-ins.json").read_text())["people"]

    def serves(self):
        try:
            self.portal.ask("GET", "/v1/me")
            return True
        except OSError:
            return False


@contextlib.contextmanager
def serving(folder, program, log, devices=None):
    """The demo of `folder` if it serves; else one of its own in `.demo-browser`, removed afterwards."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        found = Demo(folder)
        if found.serves():
            print(f"  looks at the demo that serves from {folder}", flush=True)
            yield found
            return
    own, begun = pathlib.Path(".demo-browser"), time.monotonic()
    if own.exists():
        # Somebody else is looking at theirs.
        own = pathlib.Path(f".demo-browser-{os.getpid()}")
    print("  starts a demo that serves", flush=True)
    command = [program, "run", "--directory", str(own)] + (["--devices", str(devices)] if devices else [])
    with open(log, "w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        while not (own / "portal/sign-ins.json").exists() or "to sign in with" not in pathlib.Path(log).read_text():
            if process.poll() is not None or time.monotonic() - begun > LONGEST_DEMO:
                raise RuntimeError(f"the demo does not come to serve; its log is {log}")
            time.sleep(1)
        print(f"  it serves after {time.monotonic() - begun:.0f} s", flush=True)
        yield Demo(own, isOwn=True)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)
        subprocess.run([program, "clean", "--directory", str(own)], capture_output=True)


class EmptyPortal:
    """`obis-portal` at its first start, on a copy of the demo's portal token, with the code that it printed."""

    def __init__(self, folder, demo, program, log):
        self.workshop = portal_openapi.Workshop(folder, demo)
        file = pathlib.Path(folder) / "portal.json"
        told = json.loads(file.read_text())
        fonts = pathlib.Path(".fonts").resolve()
        if fonts.is_dir():
            told["fontsDirectory"] = str(fonts)
        told["passwordCost"] = {"logN": 12, "blockSize": 8, "parallelism": 1}
        file.write_text(json.dumps(told))
        self.program = portal_openapi.Portal(self.workshop, program, log)
        self.base, self.code = self.program.address, self.program.code
        self.database = pathlib.Path(told["dataDirectory"]) / "portal.sqlite"

    def stop(self):
        self.program.stop()


@contextlib.contextmanager
def empty(demo, program, log):
    with tempfile.TemporaryDirectory(prefix="obis-empty-") as folder:
        portal = EmptyPortal(folder, demo, program, log)
        try:
            yield portal
        finally:
            portal.stop()
