"""The portal as programs ask it, and the people who sign in to its pages."""
import base64
import hashlib
import hmac
import json
import os
import secrets
import ssl
import struct
import time
import urllib.error
import urllib.request
import uuid

CHROMIUM = "/usr/bin/chromium"
# Without these a browser of a machine without a screen fails, or asks hosts of its maker for things.
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
# Who looks, and by which role of the demo's printed people; the story has no viewer, who joins by invitation.
PEOPLE = {
    "admin": "oemAdmin", "officer": "oemSecurityOfficer", "manager": "odmProductionManager", "engineer": "odmEngineer",
    "viewer": "oemViewer",
}
# Whom nobody of the demo's people stands for.
NAMES = {"admin": "Alan Archer", "officer": "Olga Orlova", "manager": "Max Moreno", "engineer": "Elena Engel",
         "viewer": "Vera Vogel"}
# Dates and times of fields as the pages write them, 24 hours a day.
LOCALE = "en-GB"
# The fields themselves follow the language that the browser is started in.
os.environ["LANGUAGE"] = LOCALE.replace("-", "_")
STEP = 30


class Portal:
    """Asks the API as the owner of a token, the OEM's admin first of all."""

    def __init__(self, base, token):
        self.base, self.tokens, self.organisations = base, {"admin": token}, {}
        self.context = ssl._create_unverified_context()

    def open(self, method, path, body=None, role="admin", headers=None, data=None):
        """The answer itself; raises `urllib.error.HTTPError` for a refusal."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex} | (headers or {})
        if role:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        data = data if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        return urllib.request.urlopen(request, context=self.context, timeout=60)

    def ask(self, method, path, body=None, role="admin", of=None):
        """`of`: the object whose newest ETag the change carries."""
        headers = {}
        if of:
            with self.open("GET", of, role=role) as seen:
                headers["If-Match"] = seen.headers["ETag"]
        with self.open(method, path, body, role, headers) as answer:
            text = answer.read()
            return json.loads(text) if text else None

    def invite(self, roles=None):
        """Somebody of each role with a token, in the OEM and in the ODM that makes the first batch."""
        wanted = roles or [role for role in PEOPLE if role not in self.tokens]
        for role in wanted:
            made, accepted = self.join(role, name=NAMES[role])
            self.tokens[role] = accepted["welcome"]["token"]["token"]

    def join(self, role, name, password=None):
        kind = PEOPLE[role]
        made = self.ask("POST", "/v1/invitations", {
            "kind": "person", "organisation": self.organisation(kind), "roles": [kind]})
        who = {"code": made["code"], "name": name, "email": f"{role}-{uuid.uuid4().hex[:8]}@example.com"}
        if password:
            who["password"] = password
        accepted = self.ask("POST", "/v1/invitations/accept", who, None)
        return who, accepted

    def organisation(self, role):
        """The OEM, or the ODM whose batch was the newest when it was first asked for: everybody looked at is of one."""
        kind = "oem" if role.startswith("oem") else "odm"
        if kind not in self.organisations:
            self.organisations[kind] = self.chosen(kind)
        return self.organisations[kind]

    def chosen(self, kind):
        batches = self.ask("GET", "/v1/batches?limit=1")["items"] if kind == "odm" else []
        return batches[0]["organisation"] if batches else next(
            each["id"] for each in self.ask("GET", "/v1/organisations")["items"] if each["kind"] == kind)


def totp(secret, moment=None):
    """What an authenticator shows (RFC 6238, HMAC-SHA-1, six digits, 30 s)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    step = int((time.time() if moment is None else moment) // STEP)
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    start = mac[19] & 15
    return f"{(struct.unpack('>I', mac[start:start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def new_password():
    return "-".join(secrets.token_hex(4) for _ in range(3))


class People:
    """Browser sessions of the demo's people, each opened once at /sign-in by password and authenticator."""

    def __init__(self, browser, portal, listed):
        self.browser, self.portal, self.states = browser, portal, {}
        self.listed = {}
        # The manager and the engineer of one ODM, the one that makes the newest batch.
        own = portal.organisation("odmEngineer")
        names = {person["email"]: person["organisation"] for person in self.everybody()}
        for role, kind in PEOPLE.items():
            for person in listed:
                if kind in person["roles"] and (kind.startswith("oem") or names.get(person["email"]) == own):
                    self.listed.setdefault(role, person)

    def everybody(self):
        return self.portal.ask("GET", "/v1/people?limit=200")["items"]

    def state(self, role):
        """Cookies of a session, to open any number of contexts with."""
        if role not in self.states:
            self.states[role] = self.sign_in(self.listed.get(role) or self.newcomer(role))
        return self.states[role]

    def newcomer(self, role):
        password = new_password()
        who, _ = self.portal.join(role, NAMES[role], password)
        return {"email": who["email"], "password": password, "authenticator": None}

    def sign_in(self, person):
        context = self.browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        try:
            # A code counts once: the demo used one when it set the authenticator up.
            for _ in range(2):
                page.goto(self.portal.base + "/sign-in")
                page.fill("[name=email]", person["email"])
                page.fill("[name=password]", person["password"])
                if person["authenticator"]:
                    page.fill("[name=code]", totp(person["authenticator"]))
                page.click("form[action='/sign-in'] button[type=submit]")
                page.wait_for_load_state("load")
                if not page.url.split("?")[0].endswith("/sign-in"):
                    return context.storage_state()
                if not person["authenticator"]:
                    break
                page.wait_for_timeout((STEP - time.time() % STEP + 0.5) * 1000)
            raise RuntimeError(f"{person['email']} can't sign in: {page.inner_text('main')[:200]}")
        finally:
            context.close()

    def context(self, role, theme="light", width=1440, height=900, **more):
        """A browser of one person, or of nobody where `role` is None."""
        state = self.state(role) if role else None
        return self.browser.new_context(
            ignore_https_errors=True, viewport={"width": width, "height": height}, color_scheme=theme, locale=LOCALE,
            reduced_motion="reduce", storage_state=state, **more)
