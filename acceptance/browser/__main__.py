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
from .walk import DESKTOP, PHONE

# What others see of the same pages, at a desk.
ROLES = {
    "engineer": ("overview", "product", "version"), "manager": ("overview", "batches", "batch-new", "batch"),
    "officer": ("version-statement", "keys"), "viewer": ("overview",),
}


def photograph(people, album, role, paths, kind=None):
    for theme in ("light", "dark"):
        for size, (width, height) in (("desktop", DESKTOP), ("phone", PHONE)):
            if kind and (theme, size) != ("light", "desktop"):
                continue
            context = people.context(role, theme, width, height)
            page = context.new_page()
            for name, path in paths.items():
                page.goto(people.portal.base + path, wait_until="load")
                page.evaluate("document.fonts.ready.then(() => 0)")
                if page.locator(".live").count():
                    page.wait_for_selector(".live[data-state=live]", timeout=20_000)
                page.evaluate("document.activeElement?.blur()")
                album.take(page, kind or f"{size}-{theme}", f"{role}-{name}" if kind else name)
            context.close()


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
        looking.step("pages", lambda _: photograph(people, album, "admin", paths))
        looking.step("doors", lambda _: photograph(people, album, None, pages.OPEN))
        for role, names in ROLES.items():
            some = {name: paths[name] for name in names}
            looking.step(f"pages of {role}", lambda _, role=role, some=some: photograph(people, album, role, some, "roles"))
        looking.step("states", lambda verdicts: states(people, paths, verdicts, album))
        looking.step("empty portal", lambda verdicts: empty(browser, demo, options.programs, options.logs, verdicts, album))
        browser.close()
    size = album.close() if not report.failed else 0
    report.check("pictures", "together they stay small", size <= LARGEST_FOLDER, f"{size} octets")
    print(f"{len(album.written)} pictures, {size / 1e6:.1f} MB in {options.pictures}; {report.failed} checks failed")
    sys.exit(bool(report.failed))


if __name__ == "__main__":
    main()
