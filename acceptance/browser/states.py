"""What a page is when it is not full: empty, refused, broken, loading, offline. Each is a page of its own that says what
happened and what to do, and is judged like any other."""
import base64

from playwright.sync_api import TimeoutError as PlaywrightTimeout

from . import judge
from .faults import delay, table
from .portal import LOCALE, new_password, totp
from .walk import AXE, CONTROLS, FITS, LINES, judged

EMPTY = "empty: a page with nothing to show says what will be here and what to do first"
ERRORS = "errors: a refusal is a page that says what happened and what to do, with its status"
FORMS = "errors: a refused form comes back with what was entered and what was wrong"
LOADING = "loading: a page that takes long says so, and a form can't be sent twice"
OFFLINE = "offline: every page says so, keeps what is there and comes back by itself"
FIRST = "first run: the empty portal leads from its one-time code to the first product"

# What people see first of an empty portal, and whose words tell it.
EMPTY_PAGES = {
    "overview": ("/", "First comes a product"), "products": ("/products", "No product yet"),
    "batches": ("/batches", "No batch yet"),
    "factories": ("/factories", "No factory yet"), "factory-new": ("/factories/new", "No ODM yet"),
    "devices": ("/devices", "No device yet"), "alarms": ("/alarms", "No open alarm"),
    "audit": ("/audit", None), "keys": ("/keys", "No EdgeHSM yet"),
    "people": ("/people", "No invitation yet"), "exports": ("/exports", None), "account": ("/account", "No token"),
}
# Pages of the navigation and of one thing each: their states are photographed.
MAIN = ("overview", "products", "product", "version", "batches", "batch", "factories", "factory", "devices", "device",
        "alarms", "audit", "keys", "people", "exports", "account")
# What an ODM's manager sees of it, who has just joined.
MANAGERS_PAGES = {
    "odm-overview": ("/", "No product yet"), "odm-products": ("/products", "No product yet"),
    "odm-batch-new": ("/batches/new", "No approved version yet"), "odm-factories": ("/factories", "No factory yet"),
    "odm-people": ("/people", None),
}

BOTH = (("light", "desktop", 1440, 900), ("dark", "phone", 360, 780))
# Milliseconds that an answer takes.
SLOW = 3_000
LEAVE = """path => { const words = document.querySelector('.leaving'), bar = document.querySelector('.progress');
  new MutationObserver(() => words.textContent && console.log(`leaving: ${words.textContent} ${bar.checkVisibility()}`))
    .observe(words, { childList: true });
  const link = document.createElement('a'); link.href = path; link.hidden = true;
  document.body.append(link); setTimeout(() => link.click()); }"""
OFFLINE_BANNER = "[role=status] > .offline"


class States:
    def __init__(self, people, verdicts, album=None):
        self.people, self.portal, self.verdicts, self.album = people, people.portal if people else None, verdicts, album

    def picture(self, page, name, is_full=True):
        if self.album:
            self.album.take(page, "states", name, is_full)

    def judge(self, page, where):
        """Any state is held to what every page is held to."""
        self.verdicts.all(AXE, where, judge.axe(page))
        self.verdicts.all(FITS, where, judge.overflow(page))
        self.verdicts.all(CONTROLS, where, judge.controls(page))
        self.verdicts.all(LINES, where, judge.lines(page))

    def says(self, question, where, page, *words):
        text = page.inner_text("body")
        missing = [word for word in words if word and word not in text]
        self.verdicts.say(question, where, f"it does not say “{missing[0]}”" if missing else None)

    # An empty portal

    def first_run(self, browser, empty):
        """From the printed code to the first page, as the first administrator does it, then every page with nothing in it."""
        context = browser.new_context(ignore_https_errors=True, locale=LOCALE, viewport={"width": 1440, "height": 900},
                                      color_scheme="light", reduced_motion="reduce")
        page = context.new_page()
        page.goto(empty.base + "/")
        self.verdicts.say(FIRST, "it leads to the set-up", None if page.url.endswith("/setup") else page.url)
        self.judge(page, "set-up")
        self.picture(page, "setup-desktop-light")
        password = new_password()
        page.fill("[name=code]", "WRONG-CODE")
        self.fill(page, password)
        page.click("button[type=submit]")
        page.wait_for_load_state("load")
        self.says(FORMS, "set-up with a wrong code", page, "code")
        kept = page.input_value("[name=organisation]") == "Example Lighting" and not page.input_value("[name=password]")
        self.verdicts.say(FORMS, "set-up, what was entered", None if kept else "it is not kept, or the password is")
        self.judge(page, "set-up with a wrong code")
        self.picture(page, "setup-error-desktop-light")
        page.fill("[name=code]", empty.code)
        page.fill("[name=password]", password)
        page.click("button[type=submit]")
        page.wait_for_url("**/account/authenticator*")
        self.judge(page, "authenticator")
        self.picture(page, "setup-authenticator-desktop-light")
        page.click("main button[type=submit]")
        page.wait_for_selector("#secret")
        self.judge(page, "authenticator's QR code")
        secret = "".join(page.inner_text("#secret").split())
        page.fill("[name=code]", totp(secret))
        page.click("main button[type=submit]")
        page.wait_for_selector("#codes")
        self.judge(page, "recovery codes")
        page.click("main a.button.primary")
        page.wait_for_load_state("load")
        self.verdicts.say(FIRST, "it ends where the first product is made",
                          None if "/products/new" in page.url or "first product" in page.inner_text("main") else page.url)
        self.picture(page, "first-product-desktop-light")
        self.empty_pages(page, empty, EMPTY_PAGES)
        state = context.storage_state()
        self.first_odm(page, browser, empty)
        context.close()
        return state

    @staticmethod
    def fill(page, password):
        for name, value in (("organisation", "Example Lighting"), ("name", "Ada Admin"),
                            ("email", "ada@example.com"), ("password", password)):
            page.fill(f"[name={name}]", value)

    def first_odm(self, page, browser, empty):
        """Its link, and what the first of its people sees who opens it."""
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(empty.base + "/people/invite?kind=odm", wait_until="load")
        page.fill("[name=organisationName]", "Brightline Electronics")
        page.locator("main form[method=post] button[type=submit]").last.click()
        page.wait_for_selector("#shown")
        link = page.inner_text("#shown").strip()
        self.judge(page, "invitation's link")
        context = browser.new_context(ignore_https_errors=True, locale=LOCALE, viewport={"width": 1440, "height": 900},
                                      reduced_motion="reduce")
        newcomer = context.new_page()
        newcomer.goto(empty.base + "/join#" + link.split("#")[-1], wait_until="load")
        newcomer.click("main button[type=submit]")
        newcomer.wait_for_selector("[name=password]")
        self.says(FIRST, "the ODM's link says who invites", newcomer, "Brightline Electronics")
        self.judge(newcomer, "an ODM joins")
        self.picture(newcomer, "join-desktop-light")
        for name, value in (("name", "Mei Manager"), ("email", "mei@example.com"), ("password", new_password())):
            newcomer.fill(f"[name={name}]", value)
        newcomer.click("main button[type=submit]")
        newcomer.wait_for_load_state("load")
        self.empty_pages(newcomer, empty, MANAGERS_PAGES)
        context.close()

    def empty_pages(self, page, empty, pages):
        for theme, size, width, height in BOTH:
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": height})
            for name, (path, words) in pages.items():
                answer = page.goto(empty.base + path, wait_until="load")
                where = f"empty portal, {name}, {theme}"
                self.verdicts.say(EMPTY, where, None if answer.ok and judged(page) else f"HTTP {answer.status}")
                self.says(EMPTY, where, page, words)
                # A table without rows, a box with a title and nothing in it.
                bare = page.evaluate("""() => [...document.querySelectorAll('main section, main .panel-body, main tbody')]
                    .filter(e => e.checkVisibility() && e.innerText.trim() === '').map(e => e.className || e.tagName)""")
                self.verdicts.all(EMPTY, f"{where}, boxes", [f"nothing at all in {each}" for each in bare])
                self.judge(page, where)
                self.picture(page, f"{name}-empty-{size}-{theme}")

    def broken(self, browser, empty, state):
        """A portal whose database lost a table fails honestly: the page says so, with a request id for who must help."""
        context = browser.new_context(ignore_https_errors=True, locale=LOCALE, viewport={"width": 1440, "height": 900},
                                      storage_state=state, reduced_motion="reduce")
        page = context.new_page()
        table(empty.database, "ALTER TABLE factory RENAME TO factory_lost")
        try:
            answer = page.goto(empty.base + "/factories", wait_until="load")
            fault = None if answer.status == 503 and judged(page) else f"HTTP {answer.status}"
            self.verdicts.say(ERRORS, "the database has lost a table", fault)
            self.says(ERRORS, "the database has lost a table, words", page, "Not now", "request")
            leaks = [word for word in ("SQLite", "no such table", "factory_lost") if word in page.content()]
            self.verdicts.all(ERRORS, "the database has lost a table, secrets", leaks)
            self.judge(page, "a failure of the portal")
            self.picture(page, "error-503-desktop-light")
        finally:
            table(empty.database, "ALTER TABLE factory_lost RENAME TO factory")
        answer = page.goto(empty.base + "/factories", wait_until="load")
        self.verdicts.say(ERRORS, "the table is back", None if answer.ok else f"HTTP {answer.status}")
        context.close()

    # A full one

    def refusals(self, pages):
        """404 of an address and of an object, 403 of a role, and what is asked of somebody who has not signed in."""
        for role, name, path, status, words in (
            ("admin", "error-404", "/not-here", 404, "Not here"),
            ("admin", "error-404-object", "/products/no-such-product", 404, "Not here"),
            ("admin", "error-404-batch", "/batches/no-such-batch", 404, "Not here"),
            ("engineer", "error-403", "/people/invite", 403, "Not for your role"),
            ("engineer", "error-403-audit", "/audit", 403, "Not for your role"),
        ):
            for theme, size, width, height in BOTH:
                context = self.people.context(role, theme, width, height)
                page = context.new_page()
                answer = page.goto(self.portal.base + path, wait_until="load")
                where = f"{role}, {path}, {theme}"
                self.verdicts.say(ERRORS, where, None if answer.status == status else f"HTTP {answer.status}")
                self.says(ERRORS, f"{where}, words", page, words, "request")
                self.judge(page, where)
                if name in ("error-404", "error-403"):
                    self.picture(page, f"{name}-{size}-{theme}")
                context.close()
        context = self.people.context(None)
        page = context.new_page()
        page.goto(self.portal.base + pages["batch"], wait_until="load")
        self.verdicts.say(ERRORS, "nobody is led to sign in, and back",
                          None if "/sign-in?next=" in page.url else page.url)
        context.close()

    def forms(self, pages, version):
        """Refused forms: a field that is wrong, more than remains, a name that is taken, a page that somebody changed."""
        context = self.people.context("manager")
        page = context.new_page()
        page.goto(f"{self.portal.base}/batches/new?version={version.replace('/', '%2F')}", wait_until="load")
        page.fill("[name=batch]", "far-too-many")
        page.fill("[name=quantity]", "9999999")
        page.fill("[name=notBefore]", "2030-01-01T08:00")
        page.fill("[name=notAfter]", "2030-01-02T08:00")
        self.says(FORMS, "new batch, before it is sent", page, "At most ")
        answer = self.send(page, "/batches/new")
        self.refused(page, answer, "new batch, more than remains", "batch", "far-too-many")
        self.picture(page, "batch-new-error-desktop-light")
        page.set_viewport_size({"width": 360, "height": 780})
        self.picture(page, "batch-new-error-phone-light")
        context.close()
        self.taken(pages, version)
        self.stale(pages)
        context = self.people.context(None, "dark")
        page = context.new_page()
        page.goto(f"{self.portal.base}/join", wait_until="load")
        page.fill("[name=code]", "not-a-code")
        answer = self.send(page, "/join")
        self.refused(page, answer, "a link that is no more", "code", "not-a-code")
        self.picture(page, "join-error-desktop-dark")
        page.goto(f"{self.portal.base}/sign-in", wait_until="load")
        page.fill("[name=email]", "nobody@example.com")
        page.fill("[name=password]", "not the password")
        answer = self.send(page, "/sign-in")
        self.refused(page, answer, "a wrong password", "email", "nobody@example.com")
        self.picture(page, "sign-in-error-desktop-dark")
        context.close()
        context = self.people.context("admin")
        page = context.new_page()
        page.goto(self.portal.base + "/products/new", wait_until="load")
        page.fill("[name=product]", version.split("/")[0])
        for field in page.locator("main form input[required], main form textarea[required]").all():
            if not field.input_value():
                field.fill("1")
        answer = self.send(page, "/products/new")
        self.refused(page, answer, "a product that is filled in wrong", "product", version.split("/")[0])
        self.picture(page, "product-new-error-desktop-light")
        context.close()

    def taken(self, pages, version):
        """A name that somebody gave away already."""
        name = self.portal.ask("GET", f"/v1/batches/{pages['batch'].rsplit('/', 1)[-1]}")["batch"]
        for theme, size, width, height in BOTH:
            context = self.people.context("manager", theme, width, height)
            page = context.new_page()
            page.goto(f"{self.portal.base}/batches/new?version={version.replace('/', '%2F')}", wait_until="load")
            page.fill("[name=batch]", name)
            page.fill("[name=quantity]", "1")
            page.fill("[name=notBefore]", "2030-01-01T08:00")
            page.fill("[name=notAfter]", "2030-01-02T08:00")
            answer = self.send(page, "/batches/new")
            self.verdicts.say(FORMS, f"a batch's name that is taken, {theme}", None if answer.status == 409 else f"HTTP {answer.status}")
            self.refused(page, answer, f"a batch's name that is taken, {theme}, page", "batch", name)
            self.picture(page, f"error-409-{size}-{theme}")
            context.close()

    def stale(self, pages):
        """Rules that somebody else changed while they were being changed."""
        product = f"/v1{pages['product']}"
        title = self.portal.ask("GET", product)["title"]
        for theme, size, width, height in BOTH:
            context = self.people.context("admin", theme, width, height)
            page = context.new_page()
            page.goto(f"{self.portal.base}{pages['product']}?do=rules", wait_until="load")
            page.fill("[name=largestBatch]", "777")
            self.portal.ask("PATCH", product, {"title": f"{title}, changed"}, of=product)
            try:
                answer = self.send(page, pages["product"], "#dialog-rules form, form:has([name=largestBatch])")
            finally:
                self.portal.ask("PATCH", product, {"title": title}, of=product)
            self.verdicts.say(FORMS, f"rules that were changed meanwhile, {theme}",
                              None if answer.status == 412 else f"HTTP {answer.status}")
            self.refused(page, answer, f"rules that were changed meanwhile, {theme}, page", "largestBatch", "777")
            self.picture(page, f"error-412-{size}-{theme}", is_full=False)
            context.close()

    @staticmethod
    def send(page, action, place=None):
        """Past the browser's own checks: the portal's are judged."""
        form = page.locator(place or f"main form[action^='{action}']").last
        with page.expect_navigation() as arrived:
            form.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
        return arrived.value

    def refused(self, page, answer, where, field, entered):
        fault = None if 400 <= answer.status < 500 else f"HTTP {answer.status}"
        if not fault and page.locator("[role=alert]").count() != 1:
            fault = "one banner says what was wrong, not more and not less"
        if not fault and not page.evaluate("document.activeElement.closest('.field, [role=alert]') !== null"):
            fault = "what was wrong first has not got the focus"
        if not fault and page.input_value(f"main [name={field}]") != entered:
            fault = "what was entered is gone"
        self.verdicts.say(FORMS, where, fault)
        self.judge(page, where)

    def loading(self, pages):
        """A slow answer: what is there stays, a bar says that something comes, a second sending is not possible."""
        for theme, size, width, height in BOTH:
            context = self.people.context("admin", theme, width, height)
            page = context.new_page()
            for name in MAIN if size == "desktop" else MAIN[:1]:
                page.goto(self.portal.base + pages[name], wait_until="load")
                # All lamps say the same.
                page.wait_for_function("() => (document.querySelector('.live')?.dataset.state ?? 'live') === 'live'")
                shown = self.slow(page, "/styleguide", f"{name}-loading-{size}-{theme}")
                self.verdicts.say(LOADING, f"{name}, {theme}", shown)
                delay(page, 0)
            context.close()
        context = self.people.context("admin")
        page = context.new_page()
        page.goto(self.portal.base + "/account/password", wait_until="load")
        delay(page, SLOW)
        form = page.locator("main form[method=post]").last
        with page.expect_console_message(lambda said: said.text.startswith("sent:")) as said:
            form.evaluate("""form => { form.noValidate = true;
              const isDisabled = () => [...form.querySelectorAll('[type=submit]')].every(e => e.disabled);
              form.addEventListener('submit', () => setTimeout(() => console.log('sent: ' + isDisabled()), 50));
              setTimeout(() => form.requestSubmit()); }""")
        isOnce = said.value.text == "sent: true"
        self.verdicts.say(LOADING, "a form that is on its way", None if isOnce else "it can be sent again")
        context.close()

    def slow(self, page, path, name):
        """None if it says that it loads while the answer is on its way. The page tells by its console and is photographed by
        the browser's own protocol: Playwright's calls wait for what is loading."""
        session = delay(page, SLOW)
        try:
            with page.expect_console_message(lambda told: told.text.startswith("leaving:"), timeout=SLOW) as told:
                page.evaluate(LEAVE, path)
            if self.album:
                shot = session.send("Page.captureScreenshot", {"format": "png"})["data"]
                self.album.keep(base64.b64decode(shot), "states", name)
            return None if told.value.text == "leaving: Loading true" else told.value.text
        except PlaywrightTimeout:
            return "no word of it"
        finally:
            page.wait_for_url(f"**{path}")

    def offline(self, pages):
        for theme, size, width, height in BOTH:
            context = self.people.context("manager" if size == "phone" else "admin", theme, width, height)
            page = context.new_page()
            for name in pages if size == "desktop" else MAIN:
                page.goto(self.portal.base + pages[name], wait_until="load")
                here = page.url
                context.set_offline(True)
                page.wait_for_timeout(200)
                fault = None if page.is_visible(OFFLINE_BANNER) else "no banner"
                page.evaluate("document.querySelector('main a[href], .side a[href]')?.click()")
                page.wait_for_timeout(100)
                if page.url.split("#")[0] != here.split("#")[0]:
                    fault = f"a link led to {page.url}"
                self.verdicts.say(OFFLINE, f"{name}, {theme}", fault)
                self.verdicts.say(OFFLINE, f"{name}, {theme}, what needs the portal", needing(page, True))
                if not fault:
                    self.verdicts.all(OFFLINE, f"{name}, {theme}, the bar", judge.banner(page, OFFLINE_BANNER))
                if name in MAIN:
                    self.picture(page, f"{name}-offline-{size}-{theme}", is_full=False)
                context.set_offline(False)
                page.wait_for_timeout(100)
                self.verdicts.say(OFFLINE, f"{name}, {theme}, back", "the banner stays" if page.is_visible(OFFLINE_BANNER) else needing(page, False))
            context.close()


def needing(page, is_away):
    """What needs the portal is disabled while it is away, and nothing is after."""
    wrong = page.evaluate("""isAway => [...document.querySelectorAll('main form button[type=submit], main a.button:not([data-close])')]
      .filter(e => e.checkVisibility() && !e.disabled && (e.ariaDisabled === 'true') !== isAway).map(e => e.textContent.trim())""", is_away)
    return f"{'enabled' if is_away else 'disabled'}: {', '.join(wrong)}" if wrong else None
