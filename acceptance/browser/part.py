"""The part `browser` of the acceptance: one browser, one page at a time."""
import time

from playwright.sync_api import sync_playwright

from . import demo as worlds
from . import doors, keyboard, pages, selftest
from .live import Live
from .markup import Markup
from .portal import CHROMIUM, FLAGS, PEOPLE, People
from .states import States
from .verdicts import Verdicts
from .walk import Walk

# Of each factory, where the part starts a demo of its own.
DEVICES = 40


class Looking:
    """Every step tells its verdicts when it is done, and how long it took."""

    def __init__(self, browser, report):
        self.browser, self.report, self.begun = browser, report, time.monotonic()

    def step(self, name, work):
        verdicts, begun = Verdicts(f"browser, {name}"), time.monotonic()
        print(f"  {name} …", flush=True)
        try:
            work(verdicts)
        except Exception as error:  # a step that breaks is a failed check, and the others go on
            self.report.check(f"browser, {name}", "this step came to its end", False, f"{type(error).__name__}: {error}")
        verdicts.tell(self.report)
        print(f"  {name}: {time.monotonic() - begun:.0f} s", flush=True)


def run(report, programs, folder, logs, album=None):
    """`programs`: folder of obis-demo and obis-portal. With an album the states are photographed on the way."""
    with worlds.serving(folder, programs / "obis-demo", logs / "browser-demo.log", DEVICES) as demo, \
            sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        looking = Looking(browser, report)
        people = People(browser, demo.portal, demo.people)
        all_pages = pages.of(demo.portal)
        looking.step("the checks themselves", lambda _: selftest.run(browser, report))
        for role in PEOPLE:
            looking.step(role, lambda verdicts, role=role: Walk(people, verdicts).role(role, all_pages))
        looking.step("nobody", lambda verdicts: Walk(people, verdicts).role(None, pages.OPEN))
        looking.step("keyboard", lambda verdicts: keys(people, all_pages, verdicts))
        looking.step("doors", lambda verdicts: doors.run(people, verdicts))
        looking.step("live", lambda verdicts: Live(people, verdicts).run())
        looking.step("states", lambda verdicts: states(people, all_pages, verdicts, album))
        looking.step("empty portal", lambda verdicts: empty(browser, demo, programs, logs, verdicts, album))
        # Last: it leaves its texts in the portal.
        looking.step("stored markup", lambda verdicts: Markup(people, verdicts).run(all_pages))
        browser.close()


def keys(people, all_pages, verdicts):
    for role, paths in (("admin", all_pages), ("manager", all_pages), (None, pages.OPEN)):
        for width, height in ((1440, 900), (360, 780)):
            context = people.context(role, "light", width, height)
            page = context.new_page()
            for name, path in paths.items():
                answer = page.goto(people.portal.base + path, wait_until="load")
                if role == "admin" or answer.ok:
                    # A page that is one form has nothing to skip.
                    keyboard.run(page, verdicts, f"{role or 'nobody'}, {name}, {width} px",
                                 has_skip=page.locator(".shell").count() > 0)
            context.close()


def states(people, all_pages, verdicts, album):
    looks = States(people, verdicts, album)
    looks.refusals(all_pages)
    place = all_pages["version"].split("/")
    looks.forms(all_pages, f"{place[2]}/{place[4]}")
    looks.loading(all_pages)
    looks.offline(all_pages)


def empty(browser, demo, programs, logs, verdicts, album):
    with worlds.empty(demo.folder, programs / "obis-portal", logs / "browser-empty.log") as portal:
        looks = States(None, verdicts, album)
        state = looks.first_run(browser, portal)
        looks.broken(browser, portal, state)
