"""schemathesis, and openapi-spec-validator, judge a running portal by its own documents, the people's and the factories': no
server error, no status and no body that the document does not describe, and no operation that was not asked. The portal
runs on a copy of the demo's portal token, with what the demo's ceremonies, officers and a factory left in it."""
import collections
import copy
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
import uuid
import datetime
import ssl

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from . import portal_world

US, VALIDATOR, FUZZER = "obis-portal", "openapi-spec-validator", "schemathesis"
# What a wrong answer of the server would be; how a caller's mistakes are refused is in our own tests.
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# For each operation; fewer for those who may do little.
EXAMPLES = {"administrator": 30, "engineer": 30, "factory": 30, "": 10}


class Workshop:
    """A folder with a copy of the demo's portal token, TLS certificates and a configuration."""

    def __init__(self, folder, demo):
        self.folder, self.oem = pathlib.Path(folder), pathlib.Path(demo).resolve() / "oem"
        token = json.loads((self.oem / "portal.token.json").read_text())
        tokens = re.search(r"^directories\.tokendir *= *(.+)$", (self.oem / "softhsm2.conf").read_text(), re.M).group(1)
        shutil.copytree(tokens.strip(), self.folder / "tokens")
        (self.folder / "softhsm2.conf").write_text(
            f"directories.tokendir = {self.folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
        pin = pathlib.Path(token.get("pinFile") or token["pinFiles"][0])
        shutil.copy(pin if pin.is_absolute() else self.oem / pin, self.folder / "pin")
        (self.folder / "pin").chmod(0o600)
        self.certificates()
        (self.folder / "data").mkdir(mode=0o700)
        # Certificate chain and key of a factory that joins, PEM.
        self.factory = (str(self.folder / "factory.pem"), str(self.folder / "factory.key"))
        listener = {"host": "127.0.0.1", "port": 0}
        (self.folder / "portal.json").write_text(json.dumps({
            "oem": "Acceptance", "profile": "lab", "dataDirectory": f"{self.folder}/data",
            "token": {"module": token["module"], "label": token["label"], "pinFile": f"{self.folder}/pin"},
            "rootKeyFile": str(self.oem / "state/public/root-authority.pem"),
            "publicHost": "localhost", "publicPort": 443, "people": listener, "sync": listener,
            "tls": {name: f"{self.folder}/{file}" for name, file in
                    (("certificates", "tls.pem"), ("key", "tls.key"), ("issuer", "ca.pem"))},
        }))

    def certificates(self):
        now = datetime.datetime.now(datetime.timezone.utc)

        def certificate(name, key, issuer, issuer_key, is_ca):
            builder = (
                x509.CertificateBuilder().subject_name(self.name(name)).issuer_name(self.name(issuer))
                .public_key(key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=7))
                .add_extension(x509.BasicConstraints(is_ca, 0 if is_ca else None), True))
            if not is_ca:
                builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
                builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
            builder = builder.add_extension(x509.KeyUsage(
                not is_ca, False, False, False, False, is_ca, is_ca, False, False), True)
            builder = builder.add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False)
            return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

        authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        (self.folder / "ca.pem").write_bytes(certificate("CA", authority, "CA", authority, True))
        (self.folder / "tls.pem").write_bytes(certificate("localhost", key, "CA", authority, False))
        (self.folder / "tls.key").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        (self.folder / "tls.key").chmod(0o600)

    @staticmethod
    def name(text):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Portal:
    """The running program."""

    def __init__(self, workshop, program, log):
        self.workshop, self.lines = workshop, queue.Queue()
        self.process = subprocess.Popen(
            [program, "run", "--config", f"{workshop.folder}/portal.json"],
            env={"PATH": "/usr/bin:/bin", "SOFTHSM2_CONF": f"{workshop.folder}/softhsm2.conf"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.log = open(log, "w", buffering=1)
        threading.Thread(target=self.follow, daemon=True).start()
        self.code = self.process.stdout.readline().split()[-1]
        people, sync = self.lines.get(timeout=60)
        self.address, self.sync = f"https://localhost:{people}", f"https://localhost:{sync}"
        self.trust = ssl.create_default_context(cafile=f"{workshop.folder}/ca.pem")

    def follow(self):
        for line in self.process.stderr:
            self.log.write(line)
            if '"message":"ready"' in line:
                ready = json.loads(line)
                self.lines.put((ready["people"], ready["sync"]))

    def ask(self, method, path, body=None, token=None, kind=None, of=None, allow=()):
        """Sends JSON, or octets of `kind`. `of`: the object whose newest ETag the change carries."""
        request = urllib.request.Request(self.address + path, method=method)
        request.add_header("Idempotency-Key", uuid.uuid4().hex)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if of:
            seen = urllib.request.Request(self.address + of, headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(seen, context=self.trust) as answer:
                request.add_header("If-Match", answer.headers["ETag"])
        if isinstance(body, bytes):
            request.add_header("Content-Type", kind or portal_world.OCTETS)
            request.data = body
        elif body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, context=self.trust) as answer:
                text = answer.read()
        except urllib.error.HTTPError as refused:
            text = refused.read()
            if refused.code not in allow:
                raise RuntimeError(f"{method} {path}: {refused.code} {text[:300].decode()}") from None
        return json.loads(text) if text else None

    def answered(self, token):
        """How many answers each operation gave so far, as the portal counts them itself."""
        request = urllib.request.Request(self.address + "/metrics", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, context=self.trust) as answer:
            text = answer.read().decode()
        counts = collections.Counter()
        for operation, count in re.findall(r'^obis_portal_responses_\dxx_total\{operation="(\w+)"\} (\d+)$', text, re.M):
            counts[operation] += int(count)
        return counts

    def factory(self, path):
        """A factory's own request to the factories' listener."""
        trust = ssl.create_default_context(cafile=f"{self.workshop.folder}/ca.pem")
        trust.load_cert_chain(*self.workshop.factory)
        with urllib.request.urlopen(self.sync + path, context=trust) as answer:
            return json.loads(answer.read())

    def stop(self):
        self.process.terminate()
        status = self.process.wait(60)
        self.log.close()
        return status


def with_objects(document, world):
    """The document with ids of objects that are there where it has any id, and a good body as an example: what is made
    up from the document alone hardly ever names one."""
    document = copy.deepcopy(document)
    for operation in (each for path in document["paths"].values() for each in path.values()):
        for parameter in operation.get("parameters", []):
            known = world.ids.get(parameter["name"])
            if parameter["name"] == "If-Match":
                known = [f'"{number}"' for number in range(1, 6)]
            if known and parameter["schema"].get("type", "string") in ("string", "integer"):
                if parameter["schema"].get("type") == "integer":
                    known = [int(value) for value in known]
                parameter["schema"] = {"anyOf": [{"enum": known}, parameter["schema"]]}
                parameter["example"] = known[0]
        body = world.bodies.get(operation["operationId"])
        if body is not None:
            operation["requestBody"]["content"]["application/json"]["example"] = body
    return document


def fuzz(portal, address, document, name, ways, log, seed):
    """`ways`: what the caller shows, as options of schemathesis."""
    examples = next(count for word, count in EXAMPLES.items() if word in name)
    command = [
        str(pathlib.Path(sys.executable).parent / "schemathesis"), "--no-color", "run", str(document),
        "--url", address, "--checks", CHECKS, "--max-examples", str(examples), "--seed", str(seed),
        "--tls-verify", f"{portal.workshop.folder}/ca.pem", "--phases", "examples,coverage,fuzzing",
        "--request-timeout", "60", "--generation-database", "none", *ways,
    ]
    hooks = pathlib.Path(__file__).with_name("portal_hooks.py")
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=portal.workshop.folder,
        env=dict(os.environ, SCHEMATHESIS_HOOKS=str(hooks)))
    # The token is worth nothing any more, but no log holds one.
    text = re.sub(r"obis_[A-Za-z0-9_-]+", "obis_…", done.stdout + done.stderr)
    log.write_text(text)
    return done.returncode, text


def validated(report, folder, path, document):
    file = pathlib.Path(folder) / "document.json"
    file.write_text(json.dumps(document))
    valid = subprocess.run([sys.executable, "-m", "openapi_spec_validator", str(file)], capture_output=True, text=True)
    report.check(VALIDATOR, f"{path} is a valid OpenAPI 3.1 document", valid.returncode == 0,
                 (valid.stdout + valid.stderr)[-400:])
    return document


def run(report, program, demo, logs, seed=20261122):
    with tempfile.TemporaryDirectory(prefix="obis-portal-") as folder:
        portal = Portal(Workshop(folder, demo), str(pathlib.Path(program).resolve()), logs / "portal.log")
        try:
            world = portal_world.World(portal, demo, pathlib.Path(program).parent).fill()
            report.check(US, "the demo's ceremonies, officers and a factory's journal are in the portal",
                         all(world.ids.values()), f"missing: {[name for name, ids in world.ids.items() if not ids]}")
            people = validated(report, folder, "/openapi.json", portal.ask("GET", "/openapi.json"))
            sync = validated(report, folder, "/sync/openapi.json", portal.factory("/sync/openapi.json"))
            certificate, key = portal.workshop.factory
            # The factory first: the administrator revokes its certificate sooner or later.
            callers = [("a factory's service", portal.sync, sync,
                        ["--request-cert", certificate, "--request-cert-key", key])]
            callers += [(name, portal.address, people, ["--header", f"Authorization: Bearer {token}"] if token else [])
                        for name, token in world.tokens.items()]
            for number, (name, address, plain, ways) in enumerate(callers):
                log, document = logs / f"schemathesis-{number}.log", pathlib.Path(folder) / f"document-{number}.json"
                document.write_text(json.dumps(with_objects(plain, world)))
                before = portal.answered(world.reader)
                status, text = fuzz(portal, address, document, name, ways, log, seed)
                asked = portal.answered(world.reader) - before
                wanted = {each["operationId"] for path in plain["paths"].values() for each in path.values()}
                silent = sorted(wanted - set(asked))
                report.check(FUZZER, f"nothing but what the document says, as {name}", status == 0,
                             f"exit status {status}; its log is {log}", sum(asked[each] for each in wanted) or 1)
                report.check(FUZZER, f"every operation of the document was asked, as {name}", wanted and not silent,
                             f"never asked: {', '.join(silent)}", max(len(wanted), 1))
        finally:
            # What a stop says of connections that it cuts is no error of an answer.
            lines = (logs / "portal.log").read_text()
            status = portal.stop()
        report.check(US, "stops when it is asked to", status == 0, f"exit status {status}")
        report.check(US, "no log line holds a token", "obis_" not in lines)
        failures = [line for line in lines.splitlines() if '"level":"error"' in line]
        report.check(US, "no error in the portal's log", not failures, "; ".join(failures[:2]))
