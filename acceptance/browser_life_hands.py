"""What people of the life do beside the browser, on machines of their own: the officers' command, the ceremony, offline checks."""
import base64
import hashlib
import json
import pathlib
import shlex
import shutil
import subprocess
import time
import urllib.request
import ssl

# SoftHSM2 reads a token's files while another process writes them; a vendor's token has no such moment.
PASSING = ("key.token.unknown", "key.device.failed")


class Hands:
    def __init__(self, demo, build, work):
        self.demo, self.build, self.work = pathlib.Path(demo).resolve(), pathlib.Path(build).resolve(), work
        self.oem, self.state = self.demo / "oem", self.demo / "oem/state"
        self.configuration = json.loads((self.demo / "portal/obis-portal.json").read_text())
        self.base = f"https://127.0.0.1:{self.configuration['publicPort']}"
        self.people = json.loads((self.demo / "portal/sign-ins.json").read_text())["people"]
        header = (self.demo / "portal/admin.header").read_text().strip()
        self.header = dict([header.split(": ", 1)])

    def person(self, email):
        return next(person for person in self.people if person["email"] == email)

    def ask(self, path):
        """The API, as the administrator's program reads it."""
        request = urllib.request.Request(self.base + path, headers=self.header)
        with urllib.request.urlopen(request, context=ssl._create_unverified_context()) as answer:
            return json.load(answer)

    def run(self, words, host=None, folder=None, stdin=""):
        """One of our programs, in a folder, with the tokens of one machine."""
        words = [str(word) for word in words]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder or self.work)}
        if host:
            environment["SOFTHSM2_CONF"] = str(self.demo / host / "softhsm2.conf")
        for tried in range(4):
            done = subprocess.run(
                [str(self.build / words[0]), *words[1:]], cwd=folder or self.work, env=environment, input=stdin,
                capture_output=True, text=True, timeout=120)
            if done.returncode == 0 or tried == 3 or not any(code in done.stderr for code in PASSING):
                return done
            time.sleep(1)

    def approve(self, officer, command, file):
        """The command as it stands on the page, in the officer's folder; answers what the program showed."""
        folder = self.work / f"desk-{officer}"
        folder.mkdir(exist_ok=True)
        words = shlex.split(command)
        shutil.copy(file, folder / words[2])
        links = {"officer.json": self.demo / f"officer-{officer}/{officer}.token.json",
                 "role-keys.json": max((self.state / "role-keys").glob("*.json"))}
        for name, target in links.items():
            if not (folder / name).exists():
                (folder / name).symlink_to(target)
        words = [word.replace("~", str(folder)) for word in words]
        payload = base64.b64decode(json.loads(file.read_text())["payload"])
        digits = hashlib.sha256(payload).hexdigest()[:8]
        done = self.run(words, f"officer-{officer}", folder, stdin=digits + "\n")
        if done.returncode != 0:
            raise AssertionError(f"obis approve: {done.stderr[-300:]}")
        return done.stdout, (folder / words[2]).read_text()

    def sign_at_once(self, officer, command, token, digits):
        """The page's one command as it stands, in a shell in the officer's folder; answers what it showed."""
        folder = self.work / f"desk-{officer}"
        folder.mkdir(exist_ok=True)
        header = folder / "portal.header"
        header.touch(0o600)
        header.write_text(f"Authorization: Bearer {token}\n")
        for name, target in (("officer.json", self.demo / f"officer-{officer}/{officer}.token.json"),
                             ("portal-ca.pem", pathlib.Path(self.configuration["tls"]["issuer"]))):
            (folder / name).unlink(missing_ok=True)
            (folder / name).symlink_to(target)
        environment = {"PATH": f"{self.build}:/usr/bin:/bin", "HOME": str(folder),
                       "SOFTHSM2_CONF": str(self.demo / f"officer-{officer}/softhsm2.conf")}
        for tried in range(4):
            done = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=environment, input=digits + "\n",
                                  capture_output=True, text=True, timeout=120)
            if done.returncode == 0:
                return done.stdout
            if not any(code in done.stderr for code in PASSING):
                break
            time.sleep(1)
        raise AssertionError(f"the page's command: {(done.stderr or done.stdout)[-400:]}")

    def certify(self, product, edge, like, preparation):
        """The ceremony for keys that an EdgeHSM made: the plan of before, and one product more."""
        plan = json.loads((self.oem / "ceremony.json").read_text())
        entry = next(item for item in plan["products"] if item["edgeHSM"] == edge and item["product"] == like)
        plan["products"].append(entry | {
            "product": product, "preparation": str(preparation), "commonName": f"{product} PAI {edge}"})
        plan["purpose"] = f"Certify the keys that {edge} made for {product}"
        file = self.work / "ceremony.json"
        file.write_text(json.dumps(plan))
        done = self.run(["obis", "ceremony", file, "--state", self.state, "--json"], "oem")
        if done.returncode != 0:
            raise AssertionError(f"obis ceremony: {(done.stderr or done.stdout)[-300:]}")
        return (self.state / "products" / edge / f"{product}.json").read_text()
