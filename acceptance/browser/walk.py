"""Every page as every role, in both themes and at both ends of the sizes."""
from . import judge

DESKTOP, PHONE, WALL = (1440, 900), (360, 780), (3840, 2160)
AXE = "axe-core finds nothing"
FITS = "nothing is too wide or cut off"
CONTROLS = "buttons of a size are of one height, level and without a line beneath, and a dialog's stay in sight"
LINES = "no line of prose is too long, on a phone or on a wall"
ANSWERS = "the page answers as it should"
QUIET = "the console stays quiet"
IDS = "no id stands twice"
WEIGHT = "page, stylesheet and scripts stay under their weight, fonts too"
HEADERS = "the answer has its security headers"
ASSETS = "stylesheets, scripts and fonts are kept for a year"


class Walk:
    def __init__(self, people, verdicts):
        self.people, self.verdicts = people, verdicts
        self.refused = set()

    def role(self, role, pages):
        """Light at a desk and dark on a phone, each looked at by axe-core, and resized to the other for what overflows."""
        for theme, size, other in (("light", DESKTOP, PHONE), ("dark", PHONE, DESKTOP)):
            context = self.people.context(role, theme, *size)
            page = context.new_page()
            told, assets = self.listen(page)
            for name, path in pages.items():
                where = f"{role or 'nobody'}, {name}, {theme}"
                page.set_viewport_size({"width": size[0], "height": size[1]})
                told.clear()
                answer = page.goto(self.people.portal.base + path, wait_until="load")
                page.evaluate("document.fonts.ready.then(() => 0)")
                self.page(page, where, answer, told, other, is_first=theme == "light")
                # Pages that refuse are one page: axe-core has seen it.
                if answer.ok or (role, theme, answer.status) not in self.refused:
                    self.refused.add((role, theme, answer.status))
                    page.set_viewport_size({"width": size[0], "height": size[1]})
                    self.verdicts.all(AXE, f"{where}, {size[0]} px", judge.axe(page))
                if role in ("admin", None) and theme == "light":
                    page.set_viewport_size({"width": WALL[0], "height": WALL[1]})
                    self.verdicts.all(FITS, f"{where}, {WALL[0]} px", judge.overflow(page))
                    self.verdicts.all(LINES, f"{where}, {WALL[0]} px", judge.lines(page))
            for address, headers in assets.items():
                self.verdicts.all(ASSETS, address.rsplit("/", 1)[-1], judge.asset(headers))
            if not any(address.endswith(".woff2") for address in assets):
                self.verdicts.say(ASSETS, f"{role or 'nobody'}, {theme}", "no font was served")
            context.close()

    @staticmethod
    def listen(page):
        told, assets = [], {}
        page.on("console", lambda said: told.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("response", lambda answer: assets.setdefault(answer.url, answer.headers)
                if "/assets/" in answer.url else None)
        return told, assets

    def page(self, page, where, answer, told, other, is_first):
        say = self.verdicts.all
        say(ANSWERS, where, [f"HTTP {answer.status}"] if answer.status >= 500 or not judged(page) else [])
        say(FITS, where, judge.overflow(page))
        say(CONTROLS, where, judge.controls(page))
        # What a browser says of a refused address is true, and no fault.
        say(QUIET, where, [text for text in told if "the server responded with a status of 4" not in text])
        if is_first:
            say(IDS, where, judge.duplicates(page))
            say(WEIGHT, where, judge.weight(page))
            say(HEADERS, where, judge.headers(answer.headers))
            say(LINES, where, judge.lines(page))
        page.set_viewport_size({"width": other[0], "height": other[1]})
        say(FITS, f"{where}, {other[0]} px", judge.overflow(page))
        say(CONTROLS, f"{where}, {other[0]} px", judge.controls(page))


def judged(page):
    """A page of ours: it has one heading and a title."""
    return page.locator("h1").count() == 1 and page.title().endswith("OBIS")
