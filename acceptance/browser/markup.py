"""Markup that somebody types into a field is shown as the text that it is, on every page that shows it."""
import urllib.error
import uuid

TEXT = "stored markup is text: it is shown, and nothing comes of it"
# Out of an attribute, out of an element, and into scripts' own ways; `planted` marks what must never become an element.
ATTACKS = ('"><img src=x onerror=planted() data-planted>', "<script data-planted>planted()</script>",
           "'><svg/onload=planted() data-planted>", "{{{planted}}}</title><b data-planted>")
FOUND = """() => [...document.querySelectorAll('[data-planted], [onerror], [onload], img[src=x]')]
  .map(e => `an element: ${e.outerHTML.slice(0, 90)}`).concat(window.__planted ? ['a script ran'] : [])"""
WATCH = "window.planted = () => { window.__planted = true; };"


class Markup:
    """Plants a text of each kind through the API, then looks at every page."""

    def __init__(self, people, verdicts):
        self.people, self.portal, self.verdicts = people, people.portal, verdicts
        self.planted = {}

    def plant(self, name, make):
        attack = ATTACKS[len(self.planted) % len(ATTACKS)]
        text = f"{name} {attack}"
        try:
            make(text)
            self.planted[name] = text
        except urllib.error.HTTPError as refused:
            # A field that takes no such text at all is as good.
            self.verdicts.say(TEXT, f"{name} is refused", None if refused.code in (400, 422) else f"HTTP {refused.code}")

    def run(self, pages):
        ask, product = self.portal.ask, pages["product"].rsplit("/", 1)[-1]
        batch = pages["batch"].rsplit("/", 1)[-1]
        self.portal.invite([role for role in ("manager",) if role not in self.portal.tokens])
        made = {}
        title = ask("GET", f"/v1/products/{product}")["title"]
        own = self.portal.organisation("odmEngineer")

        def organisation(text):
            made["organisation"] = ask("POST", "/v1/organisations", {"name": text})["id"]

        def person(text):
            code = ask("POST", "/v1/invitations", {
                "kind": "person", "organisation": own, "roles": ["odmEngineer"]})["code"]
            ask("POST", "/v1/invitations/accept", {
                "code": code, "name": text, "email": f"planted-{uuid.uuid4().hex[:8]}@example.com"}, None)

        self.plant("organisation", organisation)
        self.plant("person", person)
        self.plant("product", lambda text: ask("PATCH", f"/v1/products/{product}", {"title": text},
                                               of=f"/v1/products/{product}"))
        self.plant("factory", lambda text: ask("POST", "/v1/factories", {
            "id": f"planted-{uuid.uuid4().hex[:6]}", "organisation": own, "name": text, "country": "CN",
            "timeZone": "Asia/Shanghai"}))
        self.plant("invitation", lambda text: ask("POST", "/v1/invitations", {
            "kind": "organisation", "organisationName": text, "roles": ["odmEngineer"]}))
        self.plant("token", lambda text: ask("POST", "/v1/tokens", {"name": text, "scopes": ["read"], "days": 1}))
        self.plant("batch's end", lambda text: ask(
            "POST", f"/v1/batches/{batch}/close", {"reason": text}, role="manager", of=f"/v1/batches/{batch}"))
        try:
            self.look(pages)
        finally:
            ask("PATCH", f"/v1/products/{product}", {"title": title}, of=f"/v1/products/{product}")

    def look(self, pages):
        shown = set()
        for role in ("admin", "manager"):
            # A browser says of itself what it likes; the account's page shows it.
            context = self.people.context(role, user_agent=f"agent {ATTACKS[0]}")
            page = context.new_page()
            page.add_init_script(WATCH)
            for name, path in pages.items():
                page.goto(self.portal.base + path, wait_until="load")
                text = page.inner_text("body") + page.title()
                shown |= {each for each, planted in self.planted.items() if planted in text}
                self.verdicts.all(TEXT, f"{role}, {name}", page.evaluate(FOUND))
            # What was typed comes back in a page that is asked for with it.
            for path in ("/devices?q={}", "/sign-in?next=/{}", "/audit?object={}", "/people?organisation={}", "/{}"):
                page.goto(self.portal.base + path.format(ATTACKS[0].replace("#", "%23").replace(" ", "%20")), wait_until="load")
                self.verdicts.all(TEXT, f"{role}, {path}", page.evaluate(FOUND))
            context.close()
        for name in self.planted:
            self.verdicts.say(TEXT, f"{name} is shown somewhere", None if name in shown else "on no page")
