"""The life of a product in Debian's chromium, against a demo that serves: an OEM's administrator, a security officer and an ODM's
engineer, each in a browser of their own, from the product's first form to a proof that is checked offline; and with the keyboard
alone: a version reviewed and rejected, an ODM invited, a batch created.

    python -m acceptance.browser_life --demo .demo
"""
import argparse
import contextlib
import pathlib
import signal
import subprocess
import tempfile
import time
import urllib.error

from .browser_life_factory import Making
from .browser_life_governance import Governing
from .browser_life_hands import Hands
from .browser_life_keyboard import Typing
from .browser_life_people import Person
from .browser_life_sessions import Bounds
from .report import Report

CHROMIUM = "/usr/bin/chromium"
JUDGE = "Life of a product"


class Life(Governing, Making, Typing, Bounds):
    """What the parts share: the people, what was made, and one line of the report a step."""

    def __init__(self, report, browser, hands, logs):
        self.report, self.browser, self.hands, self.logs = report, browser, hands, logs
        self.mark = f"{int(time.time()) % 1_000_000:06d}"
        self.product, self.title = f"lamp-{self.mark}", f"Lamp {self.mark}"
        self.everybody = []

    def person(self, name):
        person = Person(self.browser, self.hands.base, name)
        self.everybody.append(person)
        return person

    def tell(self, sentence, holds, detail=""):
        self.report.check(JUDGE, sentence, holds, detail)

    def play(self):
        """Each step stands on the ones before: the first that breaks ends the life."""
        for step in (self.accounts, self.creation, self.preparation, self.rejection, self.approval, self.batch, self.ending,
                     self.device, self.keyboard, self.sessions):
            try:
                step()
            except Exception as error:
                for number, person in enumerate(self.everybody):
                    with contextlib.suppress(Exception):
                        person.page.screenshot(path=self.logs / f"life-{step.__name__}-{number}.png", full_page=True)
                detail = f"{type(error).__name__}: {str(error)[:600]}; pictures of everybody's page: {self.logs}"
                self.tell(f"{step.__name__} came to its end", False, detail)
                return
        loud = [f"{person.name}: {line}" for person in self.everybody for line in person.told]
        self.tell("no script failed and nothing broke the Content-Security-Policy", not loud, "; ".join(loud[:3]))


def serving(demo):
    """Whether this demo's portal answers."""
    try:
        hands = Hands(demo, ".", None)
        hands.ask("/v1/me")
        return True
    except (OSError, ValueError, urllib.error.URLError):
        return False


@contextlib.contextmanager
def served(demo, build, logs):
    """The folder of a demo that serves: this one, or a small one that is started for it."""
    if serving(demo):
        yield pathlib.Path(demo)
        return
    with tempfile.TemporaryDirectory(prefix="obis-life-") as folder:
        own, log = pathlib.Path(folder) / "demo", logs / "life-demo.log"
        with open(log, "wb") as output:
            started = subprocess.Popen(
                [str(pathlib.Path(build).resolve() / "obis-demo"), "run", "--directory", str(own), "--devices", "10"],
                stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 480
            while not (own / "portal/sign-ins.json").exists() or not serving(own):
                if started.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"the demo does not serve; its log is {log}")
                time.sleep(1)
            yield own
        finally:
            if started.poll() is None:
                started.send_signal(signal.SIGINT)
                started.wait(60)


def run(report, demo, logs, build=".build/debug"):
    from playwright.sync_api import sync_playwright

    with served(demo, build, logs) as folder, tempfile.TemporaryDirectory(prefix="obis-life-") as work:
        hands = Hands(folder, build, pathlib.Path(work))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            Life(report, browser, hands, logs).play()
            browser.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", default=".demo")
    parser.add_argument("--build", default=".build/debug")
    parser.add_argument("--logs", default=".build/acceptance")
    options = parser.parse_args()
    logs = pathlib.Path(options.logs).resolve()
    logs.mkdir(parents=True, exist_ok=True)
    report, begun = Report(), time.monotonic()
    run(report, options.demo, logs, options.build)
    print(f"{report.passed} passed, {report.failed} failed, {time.monotonic() - begun:.0f} s")
    raise SystemExit(bool(report.failed))


if __name__ == "__main__":
    main()
