"""Looks at every page of a running portal with Debian's chromium, as each role: axe-core finds nothing in either theme, nothing
overflows at 360 px, the keyboard reaches everything with a visible focus and is never caught, live places change without
moving anything. With --pictures it writes each page, light and dark, phone and desktop, and its empty and error states.

    python -m acceptance.portal_browser --portal https://127.0.0.1:PORT --token-file demo/portal/admin.header [--pictures DIR]
"""
import argparse
import json
import pathlib
import ssl
import sys
import urllib.error
import urllib.request
import uuid

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
SIZES = {"desktop": (1440, 900), "phone": (360, 780)}
THEMES = ("light", "dark")
ROLES = {
    "officer": ("oem", ["oemSecurityOfficer"]), "viewer": ("oem", ["oemViewer"]),
    "engineer": ("odm", ["odmEngineer"]), "manager": ("odm", ["odmProductionManager"]),
}
# Octets of a page with its stylesheet and scripts, fonts apart; and of the fonts.
LARGEST_PAGE, LARGEST_FONTS = 150_000, 200_000


class Portal:
    def __init__(self, base, token):
        self.base, self.tokens = base, {"admin": token}
        self.context = ssl._create_unverified_context()

    def ask(self, method, path, body=None, role="admin"):
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
        if role:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        with urllib.request.urlopen(request, context=self.context) as answer:
            return json.load(answer)

    def invite(self):
        """Somebody of each role, in the OEM and in the first ODM."""
        organisations = self.ask("GET", "/v1/organisations")["items"]
        for role, (kind, roles) in ROLES.items():
            organisation = next(o["id"] for o in organisations if o["kind"] == kind)
            made = self.ask("POST", "/v1/invitations", {"kind": "person", "organisation": organisation, "roles": roles})
            accepted = self.ask("POST", "/v1/invitations/accept", {
                "code": made["code"], "name": f"{role.title()} Looking", "email": f"{role}-{made['id']}@example.com"}, None)
            self.tokens[role] = accepted["welcome"]["token"]["token"]

    def pages(self):
        """Paths by name, of objects that are there."""
        product = self.ask("GET", "/v1/products")["items"][0]
        version = product["lockedVersion"]
        batch = self.ask("GET", "/v1/batches?limit=1", role="manager")["items"][0]
        units = self.ask("GET", f"/v1/batches/{batch['id']}/units?limit=1")["items"]
        place = f"/products/{product['product']}"
        pages = {
            "overview": "/", "products": "/products", "product": place, "product-new": "/products/new",
            "version": f"{place}/versions/{version}", "version-statement": f"{place}/versions/{version}?tab=statement",
            "version-manifest": f"{place}/versions/{version}?tab=manifest", "version-new": f"{place}/versions/new",
            "approval": f"{place}/versions/{version}/approval", "batches": "/batches", "batch-new": "/batches/new",
            "batch": f"/batches/{batch['id']}", "batch-close": f"/batches/{batch['id']}?do=close",
            "factories": "/factories", "factory": f"/factories/{batch['factory']}", "factory-new": "/factories/new",
            "devices": "/devices", "devices-of-batch": f"/devices?batch={batch['authorization']}",
            "devices-none": "/devices?q=NOTHING0001", "alarms": "/alarms", "alarms-all": "/alarms?show=all",
            "audit": "/audit", "keys": "/keys", "people": "/people", "people-invite": "/people?do=person",
            "account": "/account", "exports": "/exports", "styleguide": "/styleguide", "not-here": "/not-here",
        }
        if units:
            pages["device"] = f"/devices/{units[0]['id']}"
        return pages


# What nobody has signed in for.
OPEN = {"setup": "/setup", "join": "/join", "sign-in": "/sign-in", "reset": "/reset"}

DUPLICATES = """() => { const seen = new Set(), twice = [];
  for (const e of document.querySelectorAll('[id]')) { if (seen.has(e.id)) twice.push(e.id); seen.add(e.id); } return twice; }"""
FOCUS = """() => { const e = document.activeElement; if (!e || e === document.body) return null;
  const s = getComputedStyle(e), b = e.getBoundingClientRect();
  return { what: e.outerHTML.slice(0, 100), seen: (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== 'none',
           there: b.width > 0 && b.height > 0, key: [...document.querySelectorAll('*')].indexOf(e) }; }"""
SHIFT = """() => { window.__shift = 0; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shift += entry.value; })
  .observe({ type: 'layout-shift', buffered: false }); }"""


class Looking:
    def __init__(self, browser, portal, pictures):
        self.browser, self.portal, self.pictures = browser, portal, pictures
        self.axe, self.problems, self.looked = Axe(), [], 0

    def note(self, what):
        self.problems.append(what)
        print(f"  ✗ {what}")

    def context(self, role, theme, size):
        headers = {"Authorization": f"Bearer {self.portal.tokens[role]}"} if role else {}
        width, height = SIZES[size]
        return self.browser.new_context(
            ignore_https_errors=True, viewport={"width": width, "height": height}, color_scheme=theme,
            extra_http_headers=headers, reduced_motion="reduce")

    def pages(self, role, pages):
        for theme in THEMES:
            for size in SIZES:
                context = self.context(role, theme, size)
                page = context.new_page()
                told, weights = [], {}
                page.on("console", lambda message: told.append(message.text) if message.type in ("error", "warning") else None)
                page.on("response", lambda answer: self.weigh(answer, weights))
                for name, path in pages.items():
                    told.clear()
                    answer = page.goto(self.portal.base + path, wait_until="load")
                    page.wait_for_timeout(150)
                    self.look(page, f"{role or 'nobody'} {name} {theme} {size}", answer, told)
                    if self.pictures:
                        file = f"{name}-{size}-{theme}.png" if role in ("admin", None) else f"{role}-{name}-{size}-{theme}.png"
                        page.screenshot(path=self.pictures / file, full_page=True)
                self.judge_weight(weights)
                context.close()

    def look(self, page, where, answer, told):
        self.looked += 1
        if answer.status >= 500:
            self.note(f"{where}: HTTP {answer.status}")
        for violation in self.axe.run(page).response["violations"]:
            self.note(f"{where}: axe {violation['id']}: {violation['nodes'][0]['html'][:120]}")
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if over > 0:
            self.note(f"{where}: {over} px too wide")
        if twice := page.evaluate(DUPLICATES):
            self.note(f"{where}: ids twice: {twice}")
        if loud := [text for text in told if "status of 4" not in text]:
            self.note(f"{where}: console: {loud[0]}")

    @staticmethod
    def weigh(answer, weights):
        if answer.status == 200 and not answer.url.endswith((".svg", ".json")) and "/live" not in answer.url:
            try:
                weights[answer.url] = len(answer.body())
            except Exception:  # a body that is not kept any more was weighed before
                pass

    def judge_weight(self, weights):
        shared = sum(size for url, size in weights.items() if "/assets/" in url and not url.endswith(".woff2"))
        fonts = sum(size for url, size in weights.items() if url.endswith(".woff2"))
        for url, size in weights.items():
            if "/assets/" not in url and size + shared > LARGEST_PAGE:
                self.note(f"{url}: {size + shared} octets with stylesheet and scripts")
        if fonts > LARGEST_FONTS:
            self.note(f"fonts: {fonts} octets")

    def keyboard(self, role, pages):
        """Tab goes through everything once, each stop to be seen, and comes out at the end; the skip link leads to the content."""
        context = self.context(role, "light", "desktop")
        page = context.new_page()
        for name, path in pages.items():
            page.goto(self.portal.base + path, wait_until="load")
            page.evaluate("document.querySelector('[data-live-pause]')?.click()")
            page.evaluate("document.activeElement.blur()")
            wanted = page.evaluate(
                "[...document.querySelectorAll('a[href], button:not([disabled]), input:not([type=hidden]), select, textarea,"
                " summary, [tabindex=\"0\"]')].filter(e => e.checkVisibility({ visibilityProperty: true })).length")
            stops = []
            for _ in range(wanted + 20):
                page.keyboard.press("Tab")
                stop = page.evaluate(FOCUS)
                if stop is None or (stops and stop["key"] == stops[0]["key"]):
                    break
                stops.append(stop)
                if not stop["seen"]:
                    self.note(f"{role} {name}: no focus to be seen on {stop['what']}")
            keys = [stop["key"] for stop in stops]
            if len(set(keys)) < len(keys):
                self.note(f"{role} {name}: the keyboard goes round in a part of the page")
            if len(set(keys)) < wanted * 0.9:
                self.note(f"{role} {name}: the keyboard reaches {len(set(keys))} of {wanted}")
            if stops and "skip" not in stops[0]["what"] and role:
                self.note(f"{role} {name}: the first stop is no skip link: {stops[0]['what']}")
        context.close()

    def live(self):
        """The overview is live, pauses, and nothing moves."""
        context = self.context("admin", "light", "desktop")
        page = context.new_page()
        page.goto(self.portal.base + "/", wait_until="load")
        page.wait_for_selector(".live[data-state=live]", timeout=15_000)
        page.evaluate(SHIFT)
        page.wait_for_timeout(6_000)
        shift = page.evaluate("window.__shift")
        if shift > 0:
            self.note(f"overview: moved by {shift} in six seconds of live updates")
        page.click("[data-live-pause]")
        if "Paused" not in page.inner_text(".live"):
            self.note("overview: pause does not pause")
        context.set_offline(True)
        page.wait_for_timeout(300)
        if not page.is_visible(".offline"):
            self.note("overview: offline is not told")
        if self.pictures:
            page.screenshot(path=self.pictures / "overview-offline-desktop-light.png", full_page=True)
        context.set_offline(False)
        context.close()

    def acts(self):
        """With the keyboard alone: the invitation of an ODM by dialog."""
        context = self.context("admin", "light", "desktop")
        page = context.new_page()
        page.goto(self.portal.base + "/people", wait_until="load")
        page.focus("[data-dialog=dialog-odm]")
        page.keyboard.press("Enter")
        page.wait_for_selector("#dialog-odm:modal")
        page.keyboard.press("Escape")
        if page.is_visible("#dialog-odm"):
            self.note("people: Escape does not close the dialog")
        if page.evaluate("document.activeElement.dataset.dialog") != "dialog-odm":
            self.note("people: focus does not go back to what opened the dialog")
        page.keyboard.press("Enter")
        page.focus("#dialog-odm [name=organisationName]")
        page.keyboard.type(f"Keyboard ODM {uuid.uuid4().hex[:6]}")
        page.keyboard.press("Enter")
        page.wait_for_selector("#once-text")
        if "/join#" not in page.inner_text("#once-text"):
            self.note("people: no link came of the invitation")
        context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--portal", required=True)
    parser.add_argument("--token-file", required=True, type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    parser.add_argument("--roles", default="admin,officer,manager,engineer,viewer")
    options = parser.parse_args()
    token = options.token_file.read_text().split("Bearer")[-1].strip()
    portal = Portal(options.portal.rstrip("/"), token)
    portal.invite()
    pages = portal.pages()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        looking = Looking(browser, portal, options.pictures)
        for role in options.roles.split(","):
            print(f"{role}: {len(pages)} pages, two themes, two sizes")
            looking.pages(role, pages)
            looking.keyboard(role, pages)
        looking.pages(None, OPEN)
        looking.keyboard(None, OPEN)
        looking.live()
        looking.acts()
        browser.close()
    print(f"{looking.looked} looks, {len(looking.problems)} problems")
    sys.exit(bool(looking.problems))


if __name__ == "__main__":
    main()
