"""Accounts, a product and its versions: who decides, who proposes, who signs."""
import json
import re

FILES = "oem/versions/plug"


class Governing:
    """Needs `hands`, `person`, `tell`, `product`, `title` and `mark`."""

    def accounts(self):
        ada = self.admin = self.person("Ada Admin")
        known = self.hands.person("ada@example.com")
        ada.sign_in(known["email"], known["password"], known["authenticator"])
        self.tell("an administrator signs in with password and one-time code", ada.path == "/")

        # The officer comes by a link.
        ada.go("/people/invite")
        ada.page.check("[name=roles][value=oemSecurityOfficer]")
        ada.submit()
        link = ada.page.inner_text("#shown").strip()
        sofia = self.officer = self.person("Sofia Officer")
        sofia.join(link, f"sofia.{self.mark}@example.com")
        self.tell("an officer sets name and password by the invitation's link, and is led to the second factor at once",
                  sofia.path.startswith("/account/authenticator"), sofia.path)
        sofia.go("/products")
        self.tell("nothing else is open before the second factor is there",
                  sofia.path.startswith("/account/authenticator"), sofia.path)
        sofia.set_up_authenticator()
        self.tell("recovery codes are shown once", len(sofia.codes) >= 8 and len(set(sofia.codes)) == len(sofia.codes))
        sofia.page.click("main a.button.primary")
        sofia.page.wait_for_load_state()
        self.tell("then the portal is open", sofia.page.is_visible("nav[aria-label=Main]"), sofia.path)
        again = self.person("Somebody")
        again.go("/join#" + link.split("#")[1])
        again.submit()
        self.tell("the link works once", "Your name" not in again.text() and again.page.is_visible(".error, .note-box.bad"))

    def creation(self):
        """Everything of the product by its form; then its workspace, and the engineer by a link."""
        ada, plug = self.admin, self.hands.ask("/v1/products/plug")["foundation"]
        ada.go("/products")
        ada.page.click("text=New product")
        fields = {
            "product": self.product, "title": self.title, "vendorID": "FFF1", "productID": "8002",
            "serialPrefix": "L" + self.mark, "lifetimeTotal": "5000", "largestBatch": "400", "longestSilence": "120",
            "longestWindow": "30", "secureBootKey": plug["secureBootKey"], "paa": plug["paa"],
            "debugRoot": plug["debugRoot"], "socClass": str(plug["socClass"]),
            "debugPermissions": plug["debugPermissions"], "keySlots": "ota",
        }
        for name, value in fields.items():
            ada.page.fill(f"[name={name}]", value)
        ada.page.select_option("[name=family]", "virtual-n")
        ada.page.select_option("[name=chipIdentity]", "none")
        ada.submit()
        shown = ada.text()
        self.tell("a product is created in the browser, with rules, key slots and quota",
                  ada.path == f"/products/{self.product}" and all(
                      text in shown for text in ("5,000", "400", "30 d", "2 h", "ota", "a key for each unit")), ada.path)
        ada.dialog("keys", version="1.0.0")
        ada.dialog("keys", version="0.9.0")
        ada.dialog("keys", version="1.1.0")
        # The ODM that runs the factory comes into the workspace; somebody new of it by a link.
        brightline = next(item for item in self.hands.ask("/v1/organisations")["items"] if item["name"].startswith("Brightline"))
        ada.dialog("workspace", organisation=brightline["id"])
        self.tell("an ODM comes into the product's workspace", "Brightline" in ada.text("section[aria-labelledby=members]"))
        ada.go(f"/people/invite?organisation={brightline['id']}")
        ada.page.check("[name=roles][value=odmEngineer]")
        ada.page.check("[name=roles][value=odmProductionManager]")
        ada.submit()
        emil = self.engineer = self.person("Emil Engineer")
        emil.join(ada.page.inner_text("#shown").strip(), f"emil.{self.mark}@example.com")
        if emil.path.startswith("/account/authenticator"):
            emil.set_up_authenticator()
        emil.go(f"/products/{self.product}")
        self.tell("the ODM's engineer opens the link and sees the product", self.title in emil.text("h1"), emil.path)

    def preparation(self):
        """The product comes to a running site: the EdgeHSM makes its keys, the ceremony certifies them, files go by the page."""
        ada = self.admin
        ada.go("/factories/factory-1")
        ada.dialog("prepare", edge="edge-1", product=self.product)
        row = f"tr:has(a[href='/products/{self.product}'])"
        ada.page.wait_for_selector(f"{row} >> text=Waits for the ceremony", timeout=60_000)
        file = ada.download(f"{row} a[href$='/preparation.json']", self.hands.work / "preparation.json")
        certificates = self.hands.certify(self.product, "edge-1", "plug", file)
        ada.dialog("certificates", edge="edge-1", product=self.product, file=certificates)
        ada.page.wait_for_selector(f"{row} >> text=Ready", timeout=60_000)
        self.tell("a product is prepared at a running EdgeHSM: asked, keys made there, certified, installed; all live", True)

    # Versions

    def draft(self, version, **other):
        """The form of a version, with files uploaded by the script."""
        emil, folder = self.engineer, self.hands.demo / FILES
        emil.go(f"/products/{self.product}/versions/new")
        self.upload("firmware", folder / other.pop("firmware", "firmware.bin"))
        self.upload("declaration", folder / "cd.der")
        fields = {
            "version": version, "softwareVersion": "1", "deviceType": "266", "discovery": "4", "iterations": "1000",
            "encoding": "nordic-cbor", "vendorName": "Example Lighting", "productName": "lamp", "productLabel": "",
            "productURL": "https://example.com", "partNumber": "P-8002", "hardwareVersion": "1",
            "hardwareVersionString": "A1",
        } | other
        for name, value in fields.items():
            emil.page.fill(f"[name={name}]", value)
        emil.page.select_option("[name=chipIdentity]", "none")
        emil.submit()

    def upload(self, name, file):
        """Choosing the file uploads it; its name and length stand beside, its digest in the field."""
        page = self.engineer.page
        place = f"[data-into='#f-{name}']"
        page.fill(f"#f-{name}", "")
        page.set_input_files(f"{place} [type=file]", file)
        self.engineer.wait(
            "([b, t, n]) => document.querySelector(b + ' output').textContent.startsWith(n + ' is in the portal')"
            " && document.querySelector(b + ' progress').value === 100 && document.querySelector(t).value.length === 64",
            [place, f"#f-{name}", file.name])

    def rejection(self):
        """Firmware under a wrong key is refused in words; a version is submitted, rejected, and the reason read."""
        emil, sofia = self.engineer, self.officer
        self.draft("0.9.0", firmware="firmware.other.bin")
        beside = emil.page.inner_text("#f-firmware-error")
        self.tell("firmware under another key is refused in words, beside its field, and what was entered stays",
                  "firmware.key.mismatch" in emil.text() and len(beside) > 20
                  and emil.page.input_value("[name=partNumber]") == "P-8002", beside)
        self.draft("0.9.9")
        self.tell("a version without keys is refused, with what to do",
                  emil.page.is_visible("#f-version-error") and "key.name.unknown" in emil.text())
        self.draft("0.9.0", productLabel="wrong label")
        place = f"/products/{self.product}/versions/0.9.0"
        self.tell("both files go up with progress, and make a draft", emil.path == place and "Draft" in emil.text("h1"), emil.path)
        sofia.go(place)
        self.tell("a draft can't be rejected or proposed yet", not sofia.page.is_visible("[data-dialog=dialog-reject]"))
        emil.dialog("submit")
        self.tell("the engineer submits it", "In review" in emil.text("h1"))
        sofia.go(place)
        sofia.dialog("reject", reason=f"The label is not ours <b>{self.mark}</b>")
        self.tell("the officer rejects it with a reason", "Rejected" in sofia.text("h1"))
        emil.wait("() => document.querySelector('h1').innerText.includes('Rejected')")
        self.tell("the engineer's page says so without being loaded again, and names nobody of the OEM", "Rejected by the OEM" in emil.text(".lead"), emil.text(".lead"))
        emil.go(place)
        self.tell("the engineer reads the reason, letter by letter", f"<b>{self.mark}</b>" in emil.text())

    def approval(self):
        """1.0.0 is proposed and signed by two officers on machines of their own, live for a third; 1.1.0 differs from it."""
        emil, sofia = self.engineer, self.officer
        self.draft("1.0.0")
        emil.dialog("submit")
        place = self.place = f"/products/{self.product}/versions/1.0.0"
        sofia.go(place)
        evidence = sofia.text("section[aria-labelledby=evidence]")
        self.tell("the officer sees all fields of a first version and what the portal verified",
                  "all of it is new" in sofia.text() and evidence.lower().count("firmware") > 0, evidence[:200])
        sofia.page.click("a:text('Propose approval')")
        sofia.page.fill("[name=edge-edge-1]", "120")
        sofia.page.fill("[name=largestBatch]", "400")
        sofia.submit()
        statement = sofia.text()
        digest = sofia.page.inner_text("#statement-digest")
        payload = sofia.page.inner_text("#payload")
        self.tell("the statement stands there in words, in its exact octets and with its digest",
                  sofia.path.startswith(place) and "120" in statement and "edge-1" in payload, sofia.path)
        command = sofia.page.text_content("#sign-command").strip()
        sofia.page.click("details:has(#sign-offline) > summary")
        alone = sofia.page.text_content("#sign-offline").strip()
        file = sofia.download("a[href$='/approval.json']", self.hands.work / "approval.json")
        self.tell("the octets on the page are those of the file, and the digest theirs", self.same(file, payload, digest))
        self.sign_at_once("olivia", command, place, digest)
        self.sign("oscar", alone, file, place, 2, digest)
        self.tell("two of three signatures lock the version",
                  "Approved" in sofia.text("h1") and "Approved by the officers" in sofia.text(".lead"), sofia.text("h1"))
        emil.go(f"/products/{self.product}")
        self.tell("the product says which version is approved", "1.0.0 approved" in emil.text("h1"))
        self.draft("1.1.0", hardwareVersionString="B2", productLabel="for kitchens")
        emil.dialog("submit")
        sofia.go(f"/products/{self.product}/versions/1.1.0")
        difference = sofia.text("section[aria-labelledby=changes]")
        self.tell("the next version shows field by field what changed against the approved one",
                  "1.0.0" in difference and all(text in difference for text in ("A1", "B2", "for kitchens"))
                  and "Example Lighting" not in difference, difference[:300])

    @staticmethod
    def same(file, payload, digest):
        import base64
        import hashlib
        octets = base64.b64decode(json.loads(file.read_text())["payload"])
        shown = re.sub(r"\s", "", payload)
        return hashlib.sha256(octets).hexdigest() == digest and re.sub(r"\s", "", octets.decode()) == shown

    def sign_at_once(self, officer, command, place, digest):
        """The officer makes an API token and runs the page's one command: it fetches, shows, signs and brings the signature."""
        known, sofia = self.hands.person(f"{officer}@example.com"), self.officer
        browser = self.person(officer.title())
        browser.sign_in(known["email"], known["password"], known["authenticator"])
        browser.go("/account/tokens/new")
        browser.page.fill("[name=name]", "signing")
        browser.page.check("[name=scopes][value=write]")
        browser.submit()
        token = browser.page.inner_text("#shown").strip()
        with sofia.untouched(["[data-live=progress]"]) as changed:
            shown = self.hands.sign_at_once(officer, command, token, digest[:8])
            changed(20)
            sofia.wait("t => document.querySelector('[data-live=progress]').innerText.includes(t)", "1 of 2 needed")
        self.tell(f"{officer} runs the page's one command: it shows the same digest, and the signature arrives live, with nothing "
                  "pasted or moved", digest[:8] in shown and "signed by" in shown and not changed.moved, changed.moved or shown[-200:])

    def sign(self, officer, command, file, place, number, digest):
        """The officer runs the command for a machine without a network, and brings what it wrote by their browser."""
        known, sofia = self.hands.person(f"{officer}@example.com"), self.officer
        shown, signed = self.hands.approve(officer, command, file)
        self.tell(f"{officer} runs the page's command, and it shows the same digest", digest[:8] in shown and "signed by" in shown)
        browser = self.person(officer.title())
        browser.sign_in(known["email"], known["password"], known["authenticator"])
        browser.go(place)
        with sofia.untouched(["[data-live=progress]"]) as changed:
            browser.dialog("sign", envelope=signed)
            before, after = changed(20)["[data-live=progress]"]
            wanted = f"{number} of 2 needed"
            sofia.wait("t => document.querySelector('[data-live=progress]').innerText.includes(t)", wanted)
        self.tell(f"the signature arrives live, {wanted}, without the page being loaded or moved", f"{number - 1} of 2" in before
                  and not changed.moved, changed.moved)
