"""The overview while something changes: it follows, nothing moves, it pauses, it goes on where it was cut, it asks where no
stream is to be had, and says when it has no portal; a screen reader hears of it without being interrupted."""
import datetime
import json
import urllib.error
import uuid

from playwright.sync_api import TimeoutError as PlaywrightTimeout

from . import judge

FOLLOWS = "live: a change shows by itself, without the page being loaded again"
STILL = "live: nothing moves"
PAUSE = "live: pause holds the page, and resuming brings it up to date"
RESUME = "live: a cut stream goes on after the last event that was seen"
POLL = "live: without a stream the page asks"
OFFLINE = "live: being offline is told, and being back too"
POLITE = "live: screen readers are told politely"

# Anything that moved since, but what the person moved themselves.
SHIFT = """() => { window.__shift = []; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.__shift.push(
    `${entry.value.toFixed(4)} by ${entry.sources.map(s => (s.node?.dataset?.live ?? s.node?.className) || s.node?.nodeName).join(', ')}`); })
  .observe({ type: 'layout-shift', buffered: false }); }"""
PLACES = "() => [...document.querySelectorAll('[data-live]')].map(e => e.dataset.live + '=' + e.innerText).join('\\n')"
REGION = "e => e.closest('[role=status], [aria-live=polite]') !== null && e.closest('[role=alert], [aria-live=assertive]') === null"
SECONDS = 1000
OFFLINE_BANNER = "[role=status] > .offline"


def moment(seconds):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Live:
    def __init__(self, people, verdicts):
        self.people, self.portal, self.verdicts = people, people.portal, verdicts

    def run(self):
        for check in (self.follows, self.pause, self.resumes, self.polls, self.offline):
            context = self.people.context("admin")
            try:
                check(context, context.new_page())
            finally:
                context.close()

    def open(self, page, state="live"):
        page.goto(self.portal.base + "/", wait_until="load")
        page.wait_for_selector(f".live[data-state={state}]", timeout=20 * SECONDS)

    def change(self):
        """Something on the overview that was not there: somebody grants a batch of one unit, where there was one before."""
        if "manager" not in self.portal.tokens:
            self.portal.invite(["manager"])
        name, like = f"live-{uuid.uuid4().hex[:8]}", None
        for like in self.portal.ask("GET", "/v1/batches?limit=50", role="manager")["items"]:
            terms = {key: like[key] for key in ("product", "version", "edgeHSM")}
            try:
                self.portal.ask("POST", "/v1/batches", terms | {
                    "batch": name, "quantity": 1, "notBefore": moment(0), "notAfter": moment(3600)}, role="manager")
                return name
            except urllib.error.HTTPError:  # nothing is left there: another place then
                continue
        raise RuntimeError("no EdgeHSM has a unit left that could be granted")

    def waits(self, page, name, most):
        try:
            page.wait_for_function(
                "name => document.querySelector('[data-live=batches]').innerText.includes(name)", arg=name, timeout=most)
            return None
        except PlaywrightTimeout:
            return f"batch {name} is not there after {most} ms"

    def follows(self, context, page):
        loads = []
        page.on("request", lambda sent: loads.append(sent.url) if sent.is_navigation_request() else None)
        self.open(page)
        page.evaluate(SHIFT)
        self.verdicts.say(FOLLOWS, "overview, a batch is granted", self.waits(page, self.change(), 4 * SECONDS))
        page.wait_for_timeout(4 * SECONDS)
        self.verdicts.say(FOLLOWS, "overview, pages loaded", None if len(loads) == 1 else f"{len(loads)} loads")
        self.verdicts.all(STILL, "overview, at a desk", page.evaluate("window.__shift"))
        page.set_viewport_size({"width": 360, "height": 780})
        page.wait_for_timeout(600)
        page.evaluate(SHIFT)
        self.verdicts.say(FOLLOWS, "overview, on a phone", self.waits(page, self.change(), 4 * SECONDS))
        page.wait_for_timeout(2 * SECONDS)
        self.verdicts.all(STILL, "overview, on a phone", page.evaluate("window.__shift"))
        polite = page.evaluate(f"() => ['.live', '[role=status] > .offline'].map(s => [s, ({REGION})(document.querySelector(s))])")
        for name, isPolite in polite:
            self.verdicts.say(POLITE, name, None if isPolite else "it stands in no polite region")
        # Every second something changes: read out, it would never end.
        loud = page.evaluate("() => [...document.querySelectorAll('[data-live]')].filter(e => e.closest('[role=status],"
                             " [aria-live]:not([aria-live=off]), [role=alert]')).length")
        self.verdicts.say(POLITE, "figures that change every second", f"{loud} of them are read out" if loud else None)

    def pause(self, context, page):
        self.open(page)
        page.click("[data-live-pause]")
        before = page.evaluate(PLACES)
        wanted = self.change()
        page.wait_for_timeout(4 * SECONDS)
        after = page.evaluate(PLACES)
        told = page.inner_text(".live")
        self.verdicts.say(PAUSE, "paused", None if before == after and "Paused" in told else f"it changes, or says {told}")
        page.click("[data-live-pause]")
        self.verdicts.say(PAUSE, "resumed", self.waits(page, wanted, 5 * SECONDS))

    def resumes(self, context, page):
        asked = []
        page.on("request", lambda sent: asked.append(sent) if "/live?" in sent.url else None)
        self.open(page)
        page.wait_for_timeout(1500)
        context.set_offline(True)
        page.wait_for_timeout(500)
        # A stream that stands is not cut by that: the script's own closing and opening is.
        page.click("[data-live-pause]")
        context.set_offline(False)
        page.click("[data-live-pause]")
        page.wait_for_selector(".live[data-state=live]", timeout=20 * SECONDS)
        last = asked[-1]
        named = "after=" in last.url or "last-event-id" in last.headers
        self.verdicts.say(RESUME, "the browser names the last event", None if named else last.url)
        first, number = self.event({})
        again, _ = self.event({"Last-Event-ID": number})
        fault = None if first > 20 and again < first / 2 else f"{first} places at first, {again} again"
        self.verdicts.say(RESUME, "the portal sends what changed since", fault)
        late, _ = self.event({"Last-Event-ID": "1"})
        self.verdicts.say(RESUME, "of an event that is forgotten it sends all", None if late == first else f"{late} of {first}")

    def event(self, headers):
        """How many places the first event of a stream brings, and its id."""
        with self.portal.open("GET", "/live?page=%2F", headers=headers) as stream:
            number, kind = None, None
            for line in stream:
                line = line.decode().strip()
                if line.startswith("id: "):
                    number = line[4:]
                if line.startswith("event: "):
                    kind = line[7:]
                if line.startswith("data: "):
                    return (len(json.loads(line[6:])) if kind == "change" else 0), number
        return -1, None

    def polls(self, context, page):
        refuse = lambda route: route.continue_() if "once=1" in route.request.url else route.fulfill(status=503)
        page.route("**/live?*", refuse)
        page.goto(self.portal.base + "/", wait_until="load")
        page.wait_for_function("() => document.querySelector('.live').innerText.startsWith('Every')", timeout=30 * SECONDS)
        self.verdicts.say(POLL, "a change comes all the same", self.waits(page, self.change(), 8 * SECONDS))
        self.verdicts.say(POLL, "nothing says that the portal is away",
                          "it does" if page.is_visible(OFFLINE_BANNER) else None)

    def offline(self, context, page):
        self.open(page)
        before = page.evaluate("document.querySelector('main').getBoundingClientRect().top")
        context.set_offline(True)
        page.wait_for_timeout(400)
        self.verdicts.say(OFFLINE, "the banner shows", None if page.is_visible(OFFLINE_BANNER) else "it does not")
        after = page.evaluate("document.querySelector('main').getBoundingClientRect().top")
        self.verdicts.say(STILL, "overview, the banner comes", None if before == after else f"{after - before} px")
        self.verdicts.all(OFFLINE, "axe-core finds nothing meanwhile", judge.axe(page))
        page.click("a[href='/products']")
        page.wait_for_timeout(500)
        stays = page.url.rstrip("/") == self.portal.base
        self.verdicts.say(OFFLINE, "a link does not take away what is there", None if stays else page.url)
        context.set_offline(False)
        page.wait_for_timeout(1500)
        self.verdicts.say(OFFLINE, "the banner goes", "it stays" if page.is_visible(OFFLINE_BANNER) else None)
