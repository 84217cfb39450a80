"""Trouble in a demo's world, by what makes it in the real one: a journal that somebody changed is brought by stick, and of an
EdgeHSM somebody runs a copy, disk and token, so that two of them sign for one journal."""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.error

from .live import moment
from .portal import PEOPLE

# Who brings a stick tells a source of records of its own.
SOURCE = "0a" * 16
CARRIER = "carrier"
PATIENCE = 60


class Trouble:
    """`factory` is halted in the end, and there are alarms of two kinds, one acknowledged."""

    def __init__(self, demo, programs, log):
        self.demo, self.portal, self.programs, self.log = demo.folder.resolve(), demo.portal, programs.resolve(), log

    def make(self):
        """At the site that has no link: what is brought from there is all that the portal hears, whatever runs meanwhile."""
        self.factory = next(path.parent.parent.name for path in sorted(self.demo.glob("factory-*/service/obis-factory.json"))
                            if "portal" not in json.loads(path.read_text()))
        self.carrier()
        batches = [each for each in self.portal.ask("GET", "/v1/batches?limit=100")["items"] if each["factory"] == self.factory]
        self.edge = batches[0]["edgeHSM"]
        self.altered()
        self.cloned(batches)
        return self.factory

    def carrier(self):
        """A production manager of the ODM there, who carries sticks."""
        organisation = self.portal.ask("GET", f"/v1/factories/{self.factory}")["organisation"]
        made = self.portal.ask("POST", "/v1/invitations", {
            "kind": "person", "organisation": organisation, "roles": [PEOPLE["manager"]]})
        accepted = self.portal.ask("POST", "/v1/invitations/accept", {
            "code": made["code"], "name": "Carla Carrier", "email": "carla@example.com"}, None)
        self.portal.tokens[CARRIER] = accepted["welcome"]["token"]["token"]

    def altered(self):
        """An entry is another than the one that was signed for: whoever carried the stick changed it."""
        exported = json.loads((self.demo / self.factory / "export/journal.json").read_text())
        size = self.size(exported)
        octets = bytearray(base64.b64decode(exported["entries"][size - 1]))
        octets[len(octets) // 2] ^= 1
        exported["entries"][size - 1] = base64.b64encode(octets).decode()
        self.bring(exported, size - 1)
        for alarm in [each for each in self.portal.ask("GET", "/v1/alarms")["items"] if not each.get("acknowledgedAt")]:
            place = f"/v1/alarms/{alarm['number']}"
            self.portal.ask("POST", f"{place}/acknowledge", of=place)

    def cloned(self, batches):
        """The copy starts, which it writes down; the true one goes on too, and the portal is brought two of the same entry."""
        with tempfile.TemporaryDirectory(prefix="obis-copy-") as folder:
            exported = self.copy(pathlib.Path(folder))
        stored = self.stored()
        self.bring(exported, stored)
        site = self.demo / self.factory / "service/obis-factory.json"
        with tempfile.TemporaryDirectory(prefix="obis-stick-") as folder:
            stick = pathlib.Path(folder)
            self.load(site, self.grant(batches), stick / "package.json")
            self.bring(self.exported(site, stick, stored), stored)
        if not self.portal.ask("GET", f"/v1/edges/{self.edge}").get("halted"):
            raise RuntimeError(f"{self.edge} is not halted")

    def stored(self):
        return self.portal.ask("GET", f"/v1/edges/{self.edge}")["storedSize"]

    def copy(self, folder):
        """Runs the copy until a Factory Service has its journal; answers that as it is exported."""
        true, service = self.demo / self.edge, self.demo / self.factory / "service"
        (folder / "data").mkdir()
        self.quiet(true / "data/journal.sqlite")
        with contextlib.closing(sqlite3.connect(true / "data/journal.sqlite")) as held, \
                contextlib.closing(sqlite3.connect(folder / "data/journal.sqlite")) as copied:
            held.backup(copied)
        shutil.copytree(true / "tokens", folder / "tokens")
        shutil.copy(true / "data/server-certificates.json", folder / "data")
        (folder / "softhsm2.conf").write_text(
            (true / "softhsm2.conf").read_text().replace(str(true / "tokens"), str(folder / "tokens")))
        told = json.loads((true / "edgehsmd.json").read_text())
        told |= {"dataDirectory": str(folder / "data"), "listenPort": free_port(), "operatorSocket": str(folder / "operator")}
        (folder / "edgehsmd.json").write_text(json.dumps(told))
        site = {key: value for key, value in json.loads((service / "obis-factory.json").read_text()).items() if key != "portal"}
        site |= {"edgeHSM": site["edgeHSM"] | {"port": told["listenPort"]}, "listen": site["listen"] | {"port": free_port()},
                 "socket": str(folder / "service"), "state": str(folder / "state"), "inbox": str(folder / "inbox")}
        for name in ("inbox", "out"):
            (folder / name).mkdir()
        (folder / "obis-factory.json").write_text(json.dumps(site))
        environment = os.environ | {"SOFTHSM2_CONF": str(folder / "softhsm2.conf")}
        with self.runs("edgehsmd", folder / "edgehsmd.json", environment), \
                self.runs("obis-factory", folder / "obis-factory.json", environment):
            return self.exported(folder / "obis-factory.json", folder / "out", self.stored())

    def exported(self, site, out, stored):
        """A site's journal, once it has more entries than these."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            subprocess.run([self.programs / "obis-factory", "export", "--config", site, "--out", out], capture_output=True)
            with contextlib.suppress(OSError, ValueError):
                exported = json.loads((out / "journal.json").read_text())
                if self.size(exported) > stored:
                    return exported
            time.sleep(0.5)
        raise RuntimeError(f"{site} tells no more than {stored} entries of {self.edge}; the log is {self.log}")

    @contextlib.contextmanager
    def runs(self, program, configuration, environment):
        with open(self.log, "a") as out:
            process = subprocess.Popen([self.programs / program, "run", "--config", configuration], env=environment,
                                       stdout=out, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()

    @staticmethod
    def quiet(journal):
        """Until nothing is written for a while: disk and token are of one moment then."""
        before, end = None, time.monotonic() + 3 * PATIENCE
        while time.monotonic() < end:
            written = [(path.name, path.stat().st_mtime, path.stat().st_size) for path in sorted(journal.parent.glob("journal*"))]
            if written == before:
                return
            before = written
            time.sleep(2)

    def grant(self, batches):
        """A unit, wherever there is one left; answers the batch's id."""
        for like in batches:
            terms = {key: like[key] for key in ("product", "version", "edgeHSM")}
            with contextlib.suppress(urllib.error.HTTPError):
                return self.portal.ask("POST", "/v1/batches", terms | {
                    "batch": f"early-{self.factory}", "quantity": 1, "notBefore": moment(0),
                    "notAfter": moment(7 * 86_400)}, role=CARRIER)["id"]
        raise RuntimeError(f"{self.edge} has no unit left that could be granted")

    def load(self, site, batch, file):
        """Down by stick: the true EdgeHSM writes down that it has the package."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            with contextlib.suppress(urllib.error.HTTPError), \
                    self.portal.open("GET", f"/v1/batches/{batch}/package", role=CARRIER) as answer:
                file.write_bytes(answer.read())
                break
            time.sleep(0.5)
        subprocess.run([self.programs / "obis-factory", "load", "--config", site, file], check=True, capture_output=True)

    @staticmethod
    def size(exported):
        return json.loads(base64.b64decode(exported["checkpoint"]["payload"]))["size"]

    def bring(self, exported, first):
        """By stick. What the portal refuses of it stands in its alarms."""
        upload = {
            "format": "obis-upload-v1", "factory": self.factory, "service": "stick", "source": SOURCE, "preparations": [],
            "journal": {"edgeHSM": self.edge, "from": first, "entries": exported["entries"][first:self.size(exported)],
                        "checkpoint": exported["checkpoint"], "consistency": []}}
        with contextlib.suppress(urllib.error.HTTPError):
            self.portal.open("POST", f"/v1/factories/{self.factory}/uploads", role=CARRIER,
                             headers={"Content-Type": "application/x-ndjson"}, data=json.dumps(upload).encode() + b"\n").close()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
