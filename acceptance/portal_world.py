"""Fills a running portal with what the demo's ceremonies, officers and factories left, through the portal's own API: so that
what is asked of it afterwards meets objects, and not only their absence."""
import base64
import datetime
import hashlib
import json
import pathlib
import ssl
import subprocess

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PRODUCT, VERSION, MOST_ENTRIES = "plug", "1.0.0", 1000
OCTETS = "application/octet-stream"


def time(days):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class World:
    """`ids` has, for each path parameter, ids of objects that are there; `bodies` good bodies by operation."""

    def __init__(self, portal, demo, build):
        self.portal, self.demo, self.build = portal, pathlib.Path(demo).resolve(), pathlib.Path(build).resolve()
        self.oem = self.demo / "oem"
        self.state = self.oem / "state"
        self.ids, self.bodies, self.tokens = {}, {}, {}

    def fill(self):
        self.people()
        self.governance()
        self.product()
        for name in (VERSION, "1.1.0", "1.2.0"):
            self.version(name)
        self.lock(VERSION)
        self.batches()
        self.journal()
        self.preparation()
        return self

    # People and sites

    def people(self):
        ask = self.portal.ask
        welcome = ask("POST", "/v1/setup", {
            "code": self.portal.code, "organisation": "Acceptance", "name": "Ada", "email": "ada@example.com"})
        self.admin, self.own = welcome["token"]["token"], welcome["person"]["organisation"]
        self.odm = ask("POST", "/v1/organisations", {"name": "ODM"}, self.admin)["id"]
        self.tokens = {
            "the OEM's administrator and officer": self.member(self.own, ["oemAdmin", "oemSecurityOfficer"]),
            "the OEM's viewer": self.member(self.own, ["oemViewer"]),
            "the ODM's engineer and production manager": self.member(
                self.odm, ["odmEngineer", "odmProductionManager"]),
            "nobody": None,
        }
        self.officer = self.member(self.own, ["oemSecurityOfficer"])
        # Reads the portal's own counts; nobody is asked to revoke it.
        self.reader = self.member(self.own, ["oemViewer"])
        self.maker = self.member(self.odm, ["odmEngineer", "odmProductionManager"])
        # Somebody to be changed and a token to be revoked.
        invitation = {"kind": "person", "organisation": self.odm, "roles": ["odmEngineer"]}
        made = ask("POST", "/v1/invitations", invitation, self.admin)
        victim = ask("POST", "/v1/invitations/accept", {
            "code": made["code"], "name": "Eve", "email": "eve@example.com"})["welcome"]
        self.ids |= {
            "person": [victim["person"]["id"]], "token": [victim["token"]["id"]],
            "invitation": [ask("POST", "/v1/invitations", invitation, self.admin)["id"] for _ in range(2)],
            "position": ["0", "3"],
        }
        self.bodies |= {
            "createOrganisation": {"name": "Another ODM"}, "createInvitation": invitation,
            "createToken": {"name": "program", "scopes": ["read"], "days": 1},
            "changePerson": {"name": "Eve II", "roles": ["odmEngineer"]},
        }

    def member(self, organisation, roles):
        made = self.portal.ask("POST", "/v1/invitations", {
            "kind": "person", "organisation": organisation, "roles": roles}, self.admin)
        accepted = self.portal.ask("POST", "/v1/invitations/accept", {
            "code": made["code"], "name": "Somebody", "email": "somebody@example.com"})
        return accepted["welcome"]["token"]["token"]

    def governance(self):
        chain = {"roleKeys": [json.loads(path.read_text()) for path in sorted((self.state / "role-keys").iterdir())]}
        self.portal.ask("PUT", "/v1/role-keys", chain, self.admin)
        self.bodies["putRoleKeys"] = chain
        edges, factories = [], []
        for path in sorted((self.state / "enrolments").iterdir()):
            envelope = json.loads(path.read_text())
            content = json.loads(base64.b64decode(envelope["payload"]))
            factory = {
                "id": content["factory"], "organisation": self.odm, "name": content["factory"], "country": "CN",
                "timeZone": "Asia/Shanghai"}
            if content["factory"] not in factories:
                self.portal.ask("POST", "/v1/factories", factory, self.admin)
            self.portal.ask("PUT", f"/v1/edges/{content['edgeHSM']}", envelope, self.admin)
            factories.append(content["factory"])
            edges.append(content["edgeHSM"])
            self.bodies["putEdge"] = envelope
        self.ids |= {"edge": edges[:2], "factory": factories[:2]}
        self.bodies["createFactory"] = factory | {"id": "another-factory"}
        self.bodies["createJoiningCode"] = {"days": 1}
        self.certificate(factories[0])

    def certificate(self, factory):
        """A Factory Service joins."""
        text = self.portal.ask("POST", f"/v1/factories/{factory}/joining-codes", {}, self.admin)["text"]
        packed = base64.urlsafe_b64decode(text[len("OBISJOIN1"):-4] + "==="[: -(len(text) - 13) % 4])
        code = packed[35:35 + packed[34]].decode()
        key = ec.generate_private_key(ec.SECP256R1())
        request = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "service")])).sign(key, hashes.SHA256())
        csr = base64.b64encode(request.public_bytes(serialization.Encoding.DER)).decode()
        joined = self.portal.ask("POST", "/v1/join", {"code": code, "service": "service-1", "csr": csr})
        certificate, private = map(pathlib.Path, self.portal.workshop.factory)
        certificate.write_text("".join(ssl.DER_cert_to_PEM_cert(base64.b64decode(der)) for der in joined["certificates"]))
        private.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        private.chmod(0o600)
        self.bodies["renewCertificate"] = {"csr": csr}
        listed = self.portal.ask("GET", f"/v1/factories/{factory}/certificates", None, self.admin)
        self.ids["key"] = [listed["items"][0]["key"]]
        self.bodies["joinFactory"] = {"code": code, "service": "service-1", "csr": csr}

    # Products and versions

    def product(self):
        files = self.oem / "versions" / PRODUCT
        manifest = self.manifest()
        security = manifest["chipSecurity"]
        self.told = {name: manifest[name] for name in (
            "vendorID", "productID", "deviceType", "family", "commissioning", "factoryData", "chipIdentity")} | {
            "softwareVersion": manifest["firmware"]["softwareVersion"], "socClass": security["socClass"],
            "debugPermissions": security["debugPermissions"],
            "keys": [{"slot": key["slot"], "kind": key["kind"]} for key in manifest["keys"]],
        }
        key = serialization.load_pem_public_key((self.state / "public/firmware-signing-secure-boot-1.pem").read_bytes())
        point = key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)

        def octets(path):
            return base64.b64encode(path.read_bytes()).decode()

        identity = self.told["chipIdentity"]
        product = {
            "product": PRODUCT, "title": "Plug", "lifetimeTotal": 10000,
            "rules": {"largestBatch": 1000, "chipIdentity": identity, "longestSilence": 7200},
            "foundation": {
                "vendorID": self.told["vendorID"], "productID": self.told["productID"],
                "family": self.told["family"], "secureBootKey": point.hex(),
                "paa": octets(self.state / "paa/FFF1.der"), "debugRoot": octets(self.state / "debug/root.adac"),
                "vendorRoots": [octets(files / "vendor-root.der")] if identity == "vendorCertificate" else [],
                "keySlots": self.told["keys"], "socClass": self.told["socClass"],
                "debugPermissions": self.told["debugPermissions"], "serialPrefix": "PL"},
        }
        self.portal.ask("POST", "/v1/products", product, self.admin)
        self.portal.ask("POST", f"/v1/products/{PRODUCT}/workspaces", {"organisation": self.odm}, self.admin)
        digests = []
        for folder, name in (("firmware", "firmware.bin"), ("declarations", "cd.der")):
            content = (files / name).read_bytes()
            digests.append(hashlib.sha256(content).hexdigest())
            self.portal.ask("PUT", f"/v1/{folder}/{digests[-1]}", content, self.maker)
        self.firmware, self.declaration = digests
        self.ids |= {"product": [PRODUCT], "slot": [self.told["keys"][0]["slot"]], "digest": digests}
        self.bodies |= {
            "createProduct": product | {"product": "another"}, "changeProduct": {"title": "Plug II"},
            "createWorkspace": {"organisation": self.odm},
        }

    def manifest(self):
        """The product's, as the demo's officers signed it: it stands in the journal of each EdgeHSM that loaded a batch."""
        for path in sorted(self.demo.glob("factory-*/export/journal.json")):
            for entry in json.loads(path.read_text())["entries"]:
                told = json.loads(base64.b64decode(entry))
                if told["kind"] == "authorizationLoaded":
                    manifest = json.loads(base64.b64decode(told["body"]["manifest"]))
                    if manifest["product"] == PRODUCT:
                        return manifest
        raise RuntimeError(f"no batch of {PRODUCT} in the demo's journals")

    def version(self, name):
        for slot in self.told["keys"]:
            self.portal.ask("PUT", f"/v1/products/{PRODUCT}/keys/{name}/{slot['slot']}", None, self.admin)
        version = {key: self.told[key] for key in (
            "deviceType", "softwareVersion", "commissioning", "factoryData", "chipIdentity", "debugPermissions")}
        version |= {"version": name, "firmware": self.firmware, "declaration": self.declaration}
        self.portal.ask("POST", f"/v1/products/{PRODUCT}/versions", version, self.maker)
        self.bodies["createVersion"] = version | {"version": "9.0.0"}
        self.ids.setdefault("version", []).append(name)

    def lock(self, name):
        place = f"/v1/products/{PRODUCT}/versions/{name}"
        self.portal.ask("POST", f"{place}/submit", None, self.maker, of=place)
        terms = {
            "lifetimeTotal": 10000,
            "allotments": [{"edgeHSM": edge, "units": 2000} for edge in self.ids["edge"]],
            "allowances": {"debugUnlocks": 8, "reprovisions": 4, "rotations": 4},
            "rules": {"chipIdentity": self.told["chipIdentity"], "largestBatch": 500, "longestSilence": 3600},
            "fleetKeyExceptions": [], "expiresAt": time(20),
        }
        self.portal.ask("PUT", f"{place}/approval", terms, self.officer, of=place)
        path = pathlib.Path(self.portal.workshop.folder) / "approval.json"
        path.write_text(json.dumps(self.portal.ask("GET", f"{place}/approval", None, self.officer)))
        for officer in ("olivia", "oscar"):
            self.sign(path, self.demo / f"officer-{officer}", officer)
        self.portal.ask("POST", f"{place}/approval/signatures", json.loads(path.read_text()), self.officer)
        self.bodies |= {
            "draftApproval": terms, "addApprovalSignatures": json.loads(path.read_text()),
            "rejectVersion": {"reason": "wrong part number"},
        }

    def sign(self, path, host, officer):
        """As the officer does on a machine of their own."""
        statement = base64.b64decode(json.loads(path.read_text())["payload"])
        subprocess.run(
            [self.build / "obis", "approve", path, "--token", host / f"{officer}.token.json", "--role-keys",
             self.state / "role-keys", "--memory", path.parent / f"memory-{officer}", "--confirm",
             hashlib.sha256(statement).hexdigest()[:8], "--json"],
            env={"PATH": "/usr/bin:/bin", "SOFTHSM2_CONF": str(host / "softhsm2.conf")}, check=True,
            capture_output=True)

    # Batches, journals, preparations

    def batches(self):
        self.ids["batch"] = []
        for number, edge in enumerate(self.ids["edge"] * 2):
            batch = {
                "batch": f"batch-{number}", "product": PRODUCT, "version": VERSION, "edgeHSM": edge, "quantity": 50,
                "notBefore": time(0), "notAfter": time(5)}
            made = self.portal.ask("POST", "/v1/batches", batch, self.maker)
            self.ids["batch"].append(made["id"])
            self.ids.setdefault("authorization", []).append(made["authorization"])
        self.bodies |= {
            "createBatch": batch | {"batch": "another"}, "closeBatch": {"reason": "enough"},
            "revokeBatch": {"reason": "stolen"},
        }

    def journal(self):
        """The journal of the first factory, as a stick brings it, and a chunk with a gap for an alarm."""
        edge, factory = self.ids["edge"][0], self.ids["factory"][0]
        exported = json.loads((self.demo / factory / "export/journal.json").read_text())
        entries = exported["entries"]
        size = json.loads(base64.b64decode(exported["checkpoint"]["payload"]))["size"]
        leaves = [hashlib.sha256(b"\0" + base64.b64decode(entry)).digest() for entry in entries[:size]]

        def line(first, last):
            return json.dumps({
                "format": "obis-upload-v1", "factory": factory, "service": "service-1", "source": "0a" * 16,
                "preparations": [], "journal": {
                    "edgeHSM": edge, "from": first, "entries": entries[first:last],
                    "checkpoint": exported["checkpoint"],
                    "consistency": [] if last == size else [node.hex() for node in consistency(leaves, last)]}})

        place = f"/v1/factories/{factory}/uploads"
        refused = self.portal.ask("POST", place, line(5, size).encode(), self.maker, "application/x-ndjson", allow=(409,))
        assert refused["code"] == "portal.journal.gap", refused
        lines = [line(start, min(start + MOST_ENTRIES, size)) for start in range(0, size, MOST_ENTRIES)]
        self.upload = "\n".join(lines).encode()
        self.bodies["uploadRecords"] = json.loads(lines[0])
        self.bodies["getDownlink"] = {"roleKeysVersion": 0}
        self.portal.ask("POST", place, self.upload, self.maker, "application/x-ndjson")
        told = (json.loads(base64.b64decode(text)) for text in entries)
        chip = next(entry for entry in told if entry["kind"] == "issued")["body"]["chipUID"]
        units = self.portal.ask("GET", f"/v1/units?chip={chip}", None, self.admin)["units"]
        alarms = self.portal.ask("GET", "/v1/alarms", None, self.admin)["items"]
        self.ids |= {
            "unit": [unit["id"] for unit in units], "alarm": [str(alarm["number"]) for alarm in alarms[:2]],
            "number": ["1"], "source": ["0a" * 16], "chip": [chip], "serial": [unit["serial"] for unit in units],
        }

    def preparation(self):
        edge = self.ids["edge"][0]
        self.portal.ask("POST", f"/v1/edges/{edge}/preparations", {"product": PRODUCT}, self.admin)
        self.bodies["askPreparation"] = {"product": PRODUCT}
        certificates = self.state / "products" / edge / f"{PRODUCT}.json"
        if certificates.exists():
            self.bodies["putCertificates"] = json.loads(certificates.read_text())


def consistency(leaves, first):
    """RFC 9162, 2.1.4: that the tree of all `leaves` only adds to that of the first ones."""
    def node(some):
        if len(some) == 1:
            return some[0]
        half = split(len(some))
        return hashlib.sha256(b"\1" + node(some[:half]) + node(some[half:])).digest()

    def split(count):
        return 1 << ((count - 1).bit_length() - 1)

    def proof(count, some, is_whole):
        if count == len(some):
            return [] if is_whole else [node(some)]
        half = split(len(some))
        if count <= half:
            return proof(count, some[:half], is_whole) + [node(some[half:])]
        return proof(count - half, some[half:], False) + [node(some[:half])]

    return proof(first, leaves, True)
