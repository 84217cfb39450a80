"""A version under review: what the engineer changed against the approved one, the officers' approval of it, one of two signatures."""
import base64
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile

VERSION, EARLIER, OFFICER, DAYS = "1.1.0", "1.0.0", "olivia", 60
# What the engineer changes, beside the key that each version has of its own.
CHANGES = {"hardwareVersion": 2, "hardwareVersionString": "B1", "productLabel": "warm white"}
# What the officers allow more of each factory's EdgeHSM.
MORE = 200


class Review:
    """Of a demo's product, by programs as its people would run them."""

    def __init__(self, demo, programs, product):
        self.demo, self.portal, self.programs = demo.folder.resolve(), demo.portal, programs.resolve()
        self.product, self.place = product, f"/v1/products/{product}/versions/{VERSION}"

    def draft(self):
        ask, earlier = self.portal.ask, f"/v1/products/{self.product}/versions/{EARLIER}"
        self.portal.invite([role for role in ("engineer", "officer") if role not in self.portal.tokens])
        manifest, files = ask("GET", f"{earlier}/manifest"), {}
        for kind, name in (("firmware", "firmware.bin"), ("declarations", "cd.der")):
            octets = (self.demo / "oem/versions" / self.product / name).read_bytes()
            files[kind] = hashlib.sha256(octets).hexdigest()
            self.portal.open("PUT", f"/v1/{kind}/{files[kind]}", role="engineer", data=octets,
                             headers={"Content-Type": "application/octet-stream"}).close()
        for key in manifest["keys"]:
            ask("PUT", f"/v1/products/{self.product}/keys/{VERSION}/{key['slot']}")
        ask("POST", f"/v1/products/{self.product}/versions", {
            "version": VERSION, "firmware": files["firmware"], "declaration": files["declarations"],
            "deviceType": manifest["deviceType"], "softwareVersion": manifest["firmware"]["softwareVersion"],
            "commissioning": manifest["commissioning"], "factoryData": manifest["factoryData"] | CHANGES,
            "chipIdentity": manifest["chipIdentity"], "debugPermissions": manifest["chipSecurity"]["debugPermissions"],
        }, role="engineer")

    def submit(self):
        self.portal.ask("POST", f"{self.place}/submit", role="engineer", of=self.place)

    def propose(self):
        ask = self.portal.ask
        self.before = ask("GET", f"/v1/products/{self.product}/versions/{EARLIER}/approval", role="officer")
        told = json.loads(base64.b64decode(self.before["payload"]))
        terms = {name: told[name] for name in ("lifetimeTotal", "allowances", "rules", "fleetKeyExceptions")}
        terms["allotments"] = [each | {"units": each["units"] + MORE} for each in told["allotments"]]
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=DAYS)
        terms["expiresAt"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
        ask("PUT", f"{self.place}/approval", terms, role="officer", of=self.place)

    def sign(self):
        """An officer on a machine of their own, by the command that the page shows."""
        envelope = self.portal.ask("GET", f"{self.place}/approval", role="officer")
        host = self.demo / f"officer-{OFFICER}"
        with tempfile.TemporaryDirectory(prefix="obis-desk-") as folder:
            desk = pathlib.Path(folder)
            (desk / "previous").mkdir()
            (desk / "previous/1.json").write_text(json.dumps(self.before))
            file = desk / "approval.json"
            file.write_text(json.dumps(envelope))
            digits = hashlib.sha256(base64.b64decode(envelope["payload"])).hexdigest()[:8]
            subprocess.run(
                [self.programs / "obis", "approve", file, "--token", host / f"{OFFICER}.token.json", "--role-keys",
                 self.demo / "oem/state/role-keys", "--memory", desk / "memory", "--previous", desk / "previous",
                 "--confirm", digits, "--json"],
                env=os.environ | {"SOFTHSM2_CONF": str(host / "softhsm2.conf")}, check=True, capture_output=True)
            self.portal.ask("POST", f"{self.place}/approval/signatures", json.loads(file.read_text()), role="officer")
