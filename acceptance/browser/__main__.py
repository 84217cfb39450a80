"""Photographs every page, light and dark, phone and desktop, and its empty, loading, error and offline states, judging them
on the way. Called by scripts/screenshots."""
import argparse
import pathlib
import sys

from playwright.sync_api import sync_playwright

from ..report import Report
from . import demo as worlds
from . import pages
from .part import Looking, empty, states
from .pictures import LARGEST_FOLDER, Album
from .portal import CHROMIUM, FLAGS, People
from .review import VERSION, Review
from .trouble import Trouble
from .walk import DESKTOP, PHONE

# What others see of the same pages, at a desk.
ROLES = {
    "engineer": ("overview", "product", "version"), "manager": ("overview", "batches", "batch"),
    "officer": ("version-statement", "keys"), "viewer": ("overview",),
}
# Pages that are not the administrator's.
OTHERS = {"version-new": "engineer", "batch-new": "manager", "batch-close": "manager", "batch-revoke": "officer",
          "approval": "officer"}
# Dialogs in these looks alone, so that the folder stays small.
DIALOG_LOOKS = (("light", "desktop"), ("dark", "phone"))


def photograph(people, album, role, paths, kind=None):
    for theme in ("light", "dark"):
        for size, (width, height) in (("desktop", DESKTOP), ("phone", PHONE)):
            if kind and (theme, size) != ("light", "desktop"):
                continue
            context = people.context(role, theme, width, height)
            page = context.new_page()
            for name, path in paths.items():
                isDialog = "do=" in path
                if isDialog and (theme, size) not in DIALOG_LOOKS:
                    continue
                page.goto(people.portal.base + path, wait_until="load")
                if isDialog and not page.locator("dialog:modal").count():
                    raise RuntimeError(f"{name}: {role} is shown no dialog at {path}")
                page.evaluate("document.fonts.ready.then(() => 0)")
                if page.locator(".live").count():
                    page.wait_for_selector(".live[data-state=live]", timeout=20_000)
                page.evaluate("document.activeElement?.blur()")
                album.take(page, kind or f"{size}-{theme}", f"{role}-{name}" if kind else name, is_full=not isDialog)
            context.close()


def trouble(demo, options, paths):
    """Alarms to be seen, and a page more: the factory that they are about."""
    log = options.logs / "screenshots-trouble.log"
    log.unlink(missing_ok=True)
    halted = Trouble(demo, options.programs, log).make()
    paths["factory-halted"] = f"/factories/{halted}"


def review(people, album, demo, options, paths):
    """An officer's way through a version: what changed, the terms, what is signed, one signature of two."""
    place = paths["product"]
    version = f"{place}/versions/{VERSION}"
    making = Review(demo, options.programs, place.rsplit("/", 1)[-1])

    def dialog(role, name):
        photograph(people, album, role, {name: version + pages.OF_A_REVIEW[name]})

    making.draft()
    dialog("engineer", "version-submit")
    making.submit()
    dialog("officer", "review-reject")
    photograph(people, album, "officer", {"approval": f"{version}/approval"})
    making.propose()
    dialog("officer", "review-sign")
    making.sign()
    photograph(people, album, "officer", {"review": version, "review-statement": f"{version}?tab=statement"})


def joining(people, album, portal):
    """A factory that nothing was made at yet: its page leads to its first device."""
    portal.ask("POST", "/v1/factories", {
        "id": "factory-6", "organisation": portal.organisation("odmEngineer"), "name": "Cluj-Napoca", "country": "RO",
        "timeZone": "Europe/Bucharest"})
    photograph(people, album, "admin", {"factory-steps": "/factories/factory-6", "factory-code": "/factories/factory-6?do=join"})


def main():
    parser = argparse.ArgumentParser(prog="scripts/screenshots", description=__doc__)
    parser.add_argument("--demo", default=".demo", help="a demo that serves; else one is started (default: %(default)s)")
    parser.add_argument("--programs", type=pathlib.Path, default=pathlib.Path(".build/debug"))
    parser.add_argument("--pictures", type=pathlib.Path, default=pathlib.Path("docs/images"))
    parser.add_argument("--logs", type=pathlib.Path, default=pathlib.Path(".build/acceptance"))
    options = parser.parse_args()
    options.logs.mkdir(parents=True, exist_ok=True)
    report, album = Report(), Album(options.pictures)
    with worlds.serving(options.demo, options.programs / "obis-demo", options.logs / "screenshots-demo.log") as demo, \
            sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        looking = Looking(browser, report)
        people, paths = People(browser, demo.portal, demo.people), pages.of(demo.portal)
        # Somebody's own demo is left as it is.
        if demo.isOwn:
            looking.step("trouble", lambda _: trouble(demo, options, paths))
        # These first: after two minutes the lines have a rate to show.
        looking.step("empty portal", lambda verdicts: empty(browser, demo, options.programs, options.logs, verdicts, album))
        looking.step("states", lambda verdicts: states(people, paths, verdicts, album))
        admins = {name: path for name, path in paths.items() if name not in OTHERS}
        looking.step("pages", lambda _: photograph(people, album, "admin", admins))
        for name in ("version-new", "batch-new", "batch-close", "batch-revoke"):
            looking.step(name, lambda _, name=name: photograph(people, album, OTHERS[name], {name: paths[name]}))
        if demo.isOwn:
            looking.step("a version under review", lambda _: review(people, album, demo, options, paths))
        looking.step("doors", lambda _: photograph(people, album, None, pages.OPEN))
        for role, names in ROLES.items():
            some = {name: paths[name] for name in names}
            looking.step(f"pages of {role}", lambda _, role=role, some=some: photograph(people, album, role, some, "roles"))
        if demo.isOwn:
            looking.step("a factory that joins", lambda _: joining(people, album, demo.portal))
        browser.close()
    size = album.close() if not report.failed else 0
    report.check("pictures", "together they stay small", size <= LARGEST_FOLDER, f"{size} octets")
    print(f"{len(album.written)} pictures, {size / 1e6:.1f} MB in {options.pictures}; {report.failed} checks failed")
    sys.exit(bool(report.failed))


if __name__ == "__main__":
    main()
