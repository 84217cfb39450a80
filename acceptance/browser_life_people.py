"""People in a browser of their own each: they sign in with password and one-time code, and act by what stands on the page."""
import base64
import contextlib
import hashlib
import hmac
import re
import struct
import time

SIZE = {"width": 1440, "height": 900}
PASSWORD = "lantern-orbit-velvet-quarry"
# Where the keyboard is: an id for the element, and whether somebody sees it.
FOCUS = """() => { const e = document.activeElement; if (!e || e === document.body) return null;
  const s = getComputedStyle(e);
  return { html: e.outerHTML.slice(0, 160), seen: (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2) || s.boxShadow !== 'none' }; }"""
SHIFT = """() => { window.__shift = 0; window.__mark = Math.random();
  window.__moved = [];
  new PerformanceObserver(list => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) { window.__shift += entry.value;
    for (const source of entry.sources) window.__moved.push((source.node?.parentElement?.outerHTML ?? '?').slice(0, 200)); } })
  .observe({ type: 'layout-shift', buffered: false }); return window.__mark; }"""


def one_time_code(secret, step=None):
    """RFC 6238: six digits of this half minute."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    step = int(time.time()) // 30 if step is None else step
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    start = mac[19] & 15
    return str((struct.unpack(">I", mac[start:start + 4])[0] & 0x7FFFFFFF) % 1_000_000).zfill(6)


class Person:
    """One context of the browser: nobody shares cookies with anybody."""

    def __init__(self, browser, base, name):
        self.base, self.name, self.secret, self.codes = base, name, None, []
        self.context = browser.new_context(ignore_https_errors=True, viewport=SIZE, reduced_motion="reduce", timezone_id="UTC",
            locale="en-GB", accept_downloads=True)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.told, self.steps = [], set()
        self.page.on("pageerror", lambda error: self.told.append(str(error)))
        self.page.on("console", self.hear)

    def hear(self, message):
        # What the server refuses is told on the page; the browser's line about its status says no more.
        if message.type == "error" and "status of 4" not in message.text:
            self.told.append(message.text)

    def go(self, path):
        return self.page.goto(self.base + path, wait_until="load")

    @property
    def path(self):
        """Without what the page tells once."""
        return re.sub(r"[?&]told=\w+", "", self.page.url.removeprefix(self.base))

    def wait(self, function, arg=None, seconds=30):
        """Asks from outside: the page's own policy lets nobody evaluate text in it."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(function, arg):
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s on {self.path}: {function} {arg}")
            self.page.wait_for_timeout(100)

    def text(self, selector="main"):
        return self.page.inner_text(selector)

    # Accounts

    def next_code(self):
        """A code counts once: the next half minute's where this one's was used."""
        while (step := int(time.time()) // 30) in self.steps:
            time.sleep(0.25)
        self.steps.add(step)
        return one_time_code(self.secret, step)

    def sign_in(self, email, password, secret=None):
        self.secret = secret or self.secret
        for _ in range(2):
            self.go("/sign-in")
            self.page.fill("[name=email]", email)
            self.page.fill("[name=password]", password)
            if self.secret:
                self.page.fill("[name=code]", self.next_code())
            self.submit()
            # Who set the account up may have used this half minute's code.
            if self.path == "/" or not self.secret:
                break
        if self.path != "/":
            raise AssertionError(f"{self.name} is not in: {self.path}: {self.text()[:200]}")
        self.email, self.password = email, password

    def join(self, link, email, password=PASSWORD):
        """Opens an invitation's link and makes the account."""
        self.go(link.removeprefix(self.base) if link.startswith(self.base) else "/join#" + link.split("#")[1])
        if "#" in self.page.url:
            raise AssertionError("the code still stands in the address bar")
        self.submit()
        self.page.fill("[name=name]", self.name)
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", password)
        self.submit()
        self.email, self.password = email, password

    def set_up_authenticator(self):
        """From the page that asks for it: the secret as it stands there, a first code, the recovery codes."""
        self.submit()
        self.secret = "".join(self.page.inner_text("#secret").split())
        self.page.fill("[name=code]", self.next_code())
        self.submit()
        self.codes = self.page.inner_text("#codes").split()

    def submit(self, scope="main"):
        """The one primary button of a form that is open."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.click(f"{scope} form.form button[type=submit].primary >> visible=true")

    def dialog(self, name, **fields):
        """Opens a dialog by its button, fills it and sends it."""
        self.page.click(f"[data-dialog=dialog-{name}]")
        self.page.wait_for_selector(f"#dialog-{name}:modal")
        for field, value in fields.items():
            place = f"#dialog-{name} [name={field}]"
            if self.page.eval_on_selector(place, "e => e.tagName") == "SELECT":
                self.page.select_option(place, value)
            else:
                self.page.fill(place, value)
        with self.page.expect_navigation(wait_until="load"):
            self.page.click(f"#dialog-{name} footer button[type=submit]")

    def download(self, selector, to):
        with self.page.expect_download() as waiting:
            self.page.click(selector)
        waiting.value.save_as(to)
        return to

    # The keyboard alone

    def tab_to(self, selector, most=140):
        """Tab until the element has the focus, as somebody does who has no mouse; each stop is seen."""
        for _ in range(most):
            if self.page.evaluate("s => !!document.activeElement?.matches(s)", selector):
                return
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(FOCUS)
            if stop and not stop["seen"]:
                raise AssertionError(f"no focus to be seen on {stop['html']}")
        raise AssertionError(f"{most} times Tab do not lead to {selector} on {self.path}")

    def press(self, key, navigates=False):
        if not navigates:
            self.page.keyboard.press(key)
            return
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press(key)

    def type(self, text):
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, selector, value):
        """An option of a list that has the focus, by the arrows; the first is at hand by Home."""
        self.tab_to(selector)
        values = self.page.eval_on_selector(selector, "e => [...e.options].map(o => o.value)")
        self.press("Home")
        for _ in range(values.index(value)):
            self.press("ArrowDown")
        found = self.page.eval_on_selector(selector, "e => e.value")
        if found != value:
            raise AssertionError(f"the arrows lead to {found}, not {value}")

    @contextlib.contextmanager
    def untouched(self, selectors):
        """Figures that change by themselves: yields a function that waits until all of these places differ from now. Its
        `moved` says afterwards what moved, or that the document was another one: an empty text where nothing did."""
        mark = self.page.evaluate(SHIFT)
        before = {selector: self.text(selector) for selector in selectors}

        def changed(seconds=60):
            for selector, text in before.items():
                self.wait("([s, t]) => document.querySelector(s).innerText !== t", [selector, text], seconds)
            return {selector: (text, self.text(selector)) for selector, text in before.items()}

        changed.moved = "nobody looked"
        yield changed
        shift = self.page.evaluate("[window.__mark, window.__shift, window.__moved]")
        changed.moved = "loaded again" if shift[0] != mark else f"moved by {shift[1]}: {shift[2][:3]}" if shift[1] else ""

    def close(self):
        self.context.close()
