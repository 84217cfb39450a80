"""What a session is: its cookie, its end, and where an ODM's view ends."""
import http.client
import ssl


class Bounds:
    """Needs what everybody made before."""

    def sessions(self):
        self.revocation()
        self.strangers()
        self.cookies()

    def revocation(self):
        sofia = self.officer
        sofia.go(self.keyed_batch)
        sofia.dialog("revoke", reason="A drill")
        sofia.wait("() => document.querySelector('h1 .badge').innerText === 'Revoked'", None, 60)
        self.tell("an officer revokes a batch, and the journal says so", "A drill" in sofia.text("section[aria-labelledby=timeline]"))

    def strangers(self):
        """The ODM that was invited by keyboard sees nothing of the other: the same page as for what there is not."""
        nora = self.person("Nora Newcomer")
        nora.join(self.stranger_link, f"nora.{self.mark}@example.com")
        if nora.path.startswith("/account/authenticator"):
            nora.set_up_authenticator()
        unit = self.hands.ask(f"/v1{self.batch_place}/units?limit=1")["items"][0]["id"]
        emil = self.engineer
        places = [f"/products/{self.product}", self.place, f"{self.place}/approval", f"{self.place}/manifest.json", self.batch_place,
                  f"{self.batch_place}/package.json", "/factories/factory-1", f"/devices/{unit}", f"/devices/{unit}/proof.json"]
        wrong = []
        for person in (nora, emil):
            for place in places if person is nora else ["/factories/factory-3", "/audit", "/factories/factory-3?do=join"]:
                answer = person.context.request.get(person.base + place)
                nothing = person.context.request.get(person.base + "/products/no-such-product")
                if answer.status not in (403, 404) or (answer.status == 404) != (nothing.status == 404 and answer.status == 404):
                    wrong.append(f"{person.name} {place}: {answer.status}")
                if any(text in answer.text() for text in (self.title, "Pozna", f"week-{self.mark}")):
                    wrong.append(f"{person.name} {place}: names what is not theirs")
        self.tell(f"another ODM's pages are not here, {len(places) + 3} of them", not wrong, "; ".join(wrong[:3]))
        nora.go(self.batch_place)
        self.tell("it is told in words", "not here" in nora.text().lower() or "no such" in nora.text().lower(), nora.text()[:120])
        nora.go("/batches")
        self.tell("lists of another ODM are empty", "No batch yet" in nora.text())

    def cookies(self):
        sofia = self.officer
        cookie = next(cookie for cookie in sofia.context.cookies() if cookie["name"] == "__Host-obis")
        self.tell("the session's cookie: this host alone, secure, out of every script's reach, never sent from elsewhere",
                  cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] in ("Lax", "Strict") and cookie["path"] == "/"
                  and not cookie["domain"].startswith(".") and "__Host-obis" not in sofia.page.evaluate("document.cookie"), cookie)
        self.tell("the cookie opens the portal by itself", self.status(cookie["value"]) == 200)
        sofia.page.click("[popovertarget=account-menu]")
        with sofia.page.expect_navigation(wait_until="load"):
            sofia.page.click("#account-menu form button")
        self.tell("signing out leads to the sign-in page", sofia.path == "/sign-in", sofia.path)
        self.tell("a copy of the cookie is worth nothing from then on", self.status(cookie["value"]) == 303)
        sofia.go(self.batch_place)
        self.tell("a page asks for the sign-in, and knows where to go back to", sofia.path.startswith("/sign-in?next="), sofia.path)
        sofia.page.fill("[name=email]", sofia.email)
        sofia.page.fill("[name=password]", "some other words here")
        sofia.page.fill("[name=code]", sofia.next_code())
        sofia.submit()
        self.tell("a wrong password is refused, and not said which of the three it was",
                  sofia.page.is_visible(".note-box.bad") and sofia.page.input_value("[name=password]") == "")
        sofia.page.click("a:text('recovery code')")
        sofia.page.fill("[name=email]", sofia.email)
        sofia.page.fill("[name=password]", sofia.password)
        sofia.page.fill("[name=recoveryCode]", sofia.codes[0].lower())
        sofia.submit()
        self.tell("a recovery code signs in once, and back to where one was", sofia.path == self.batch_place, sofia.path)

    def status(self, value):
        """Of the overview, for whoever has this cookie."""
        host = self.hands.base.removeprefix("https://")
        connection = http.client.HTTPSConnection(host, context=ssl._create_unverified_context(), timeout=10)
        connection.request("GET", "/", headers={"Cookie": f"__Host-obis={value}", "Accept": "text/html", "Sec-Fetch-Site": "none"})
        status = connection.getresponse().status
        connection.close()
        return status
