"""A batch from its form to its closing, while a factory's line makes it; and one of its devices, to the proof."""
import datetime
import re
import shlex
import shutil
import time

QUANTITY, ALLOTTED = 100, 120


def wall(hours, zone_hours=8):
    """A field's time in the factory's zone, that many hours from now."""
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours + zone_hours)
    return moment.strftime("%Y-%m-%dT%H:%M")


class Making:
    """Needs what `Governing` made."""

    def batch(self):
        emil = self.engineer
        emil.go(f"/batches/new?version={self.product}/1.0.0")
        page = emil.page
        page.fill("[name=batch]", f"week-{self.mark}")
        page.select_option("[name=edgeHSM]", "edge-1")
        page.fill("[name=quantity]", "500")
        self.tell("what remains is told while one types", f"At most {ALLOTTED}: what is left at edge-1" in page.inner_text("[data-left]")
                  and page.get_attribute("[name=quantity]", "aria-invalid") == "true", page.inner_text("[data-left]"))
        opens, ends = wall(-1), wall(24)
        page.fill("[name=notBefore]", opens)
        page.fill("[name=notAfter]", ends)
        there = datetime.datetime.fromisoformat(opens)
        utc = there - datetime.timedelta(hours=8)
        shown = f"{there:%-d %b %Y, %H:%M} Shanghai · {utc:%-d %b %Y, %H:%M} UTC"
        self.tell("the window is entered in the factory's time, and UTC stands beneath",
                  page.inner_text("[data-utc=notBefore]") == shown, page.inner_text("[data-utc=notBefore]"))
        emil.submit()
        beside = page.inner_text("#f-quantity-error")
        self.tell("over the product's largest batch: refused beside the quantity, with the rule named there",
                  "400" in beside and "rule" in beside and page.input_value("[name=notAfter]") == ends, beside)
        page.fill("[name=quantity]", str(ALLOTTED + 1))
        emil.submit()
        self.tell("one more than the officers allotted: refused beside the quantity", page.is_visible("#f-quantity-error")
                  and "allotment-exhausted" in emil.text() and page.input_value("[name=batch]") == f"week-{self.mark}")
        page.fill("[name=quantity]", str(QUANTITY))
        emil.submit()
        self.batch_place = emil.path
        terms = emil.text("section[aria-labelledby=terms]")
        self.tell("within the allotment it is granted, with its window in both zones",
                  re.fullmatch(r"/batches/b-\w+", emil.path) and "Shanghai" in terms and "UTC" in terms, emil.path)
        self.watch_package()

    def watch_package(self):
        """Sealed, delivered, loaded, running: each step as it is done, with nothing loaded again."""
        page, seen = self.engineer.page, []
        mark = page.evaluate("window.__mark = Math.random()")
        end = time.monotonic() + 90
        while time.monotonic() < end:
            badge = page.inner_text("h1 .badge")
            if not seen or seen[-1] != badge:
                seen.append(badge)
            if badge == "Running":
                break
            page.wait_for_timeout(100)
        order = ["Making package", "Sealed", "Delivered", "Loaded", "Running"]
        places = [order.index(state) for state in seen if state in order]
        done = page.locator("section[aria-labelledby=package] li:is(.done, .now) h3").all_inner_texts()
        self.tell("the package goes from its seal to a running line before one's eyes",
                  seen[-1] == "Running" and places == sorted(places) and len(places) >= 2
                  and done == ["Sealed", "Delivered", "Loaded", "Running"] and page.evaluate("window.__mark") == mark,
                  f"{seen}; {done}")
        with self.engineer.untouched(["[data-live=figures]", "[data-live=sums]"]) as changed:
            figures = changed()
        self.tell("its figures and where its units are change live, and nothing moves", len(figures) == 2 and not changed.moved, changed.moved)
        ada = self.admin
        ada.go("/")
        ada.page.wait_for_selector(".live[data-state=live]")
        watched = ["[data-live=stat-passed]", "[data-live=factory-factory-1-passed]", "[data-live=batches]"]
        with ada.untouched(watched) as changed:
            figures = changed()
        numbers = [int(text.replace(",", "")) for text in figures[watched[0]]]
        self.tell("the overview counts devices while the batch runs: no load, layout shift zero", numbers[1] > numbers[0] and not changed.moved,
                  f"{numbers} {changed.moved}")

    def ending(self):
        """Whoever asked for it closes it; the journal has the last word, and the sums come out."""
        emil = self.engineer
        emil.go(self.batch_place)
        emil.wait("() => Number(/([0-9]+) of/.exec(document.querySelector('[data-live=way]').innerText)[1]) >= 8", None, 90)
        emil.dialog("close", reason="Enough for the shop window")
        self.tell("closing is asked for", emil.text("h1 .badge") in ("Ending", "Closed"), emil.text("h1 .badge"))
        emil.wait("() => document.querySelector('h1 .badge').innerText === 'Closed'", None, 60)
        emil.page.wait_for_timeout(1_500)
        label = emil.page.get_attribute("section[aria-labelledby=where] [aria-label^=Granted]", "aria-label")
        sums = {name: int(number) for name, number in re.findall(r"([A-Za-z][a-z ]*) (\d+)", label)}
        self.tell("once the journal says so it is closed, and granted = issued + burned + returned + not yet issued + unaccounted",
                  sums["Granted"] == QUANTITY == sum(number for name, number in sums.items() if name != "Granted")
                  and sums["issued"] >= 8 and sums["returned"] > 0 and sums["not yet issued"] == sums["unaccounted"] == 0, label)

    def device(self):
        """One of its devices: found, its life read, its proof checked without the portal."""
        sofia = self.officer
        batch = self.hands.ask("/v1" + self.batch_place)
        sofia.go(f"/devices?batch={batch['authorization']}")
        sofia.page.click("main table a[href^='/devices/']")
        sofia.page.wait_for_selector("#proof")
        serial, chip = sofia.page.inner_text("h1").split()[0], sofia.page.inner_text("#chip").strip()
        for text in (serial, chip):
            sofia.go("/")
            sofia.page.fill("[role=search] [name=q]", text)
            with sofia.page.expect_navigation(wait_until="load"):
                sofia.page.press("[role=search] [name=q]", "Enter")
            self.tell(f"a device is found by its {'serial' if text == serial else 'chip'}", sofia.text("h1").startswith(serial), text)
        life = sofia.text("section[aria-labelledby=timeline]")
        self.tell("its life stands there from its certificate to its test", "Certified" in life and "Passed" in life)
        command = shlex.split(sofia.page.text_content("#proof-command").strip())
        folder = self.hands.work / "elsewhere"
        folder.mkdir()
        sofia.download("a[href$='/proof.json']", folder / command[command.index("--proof") + 1])
        shutil.copy(self.hands.state / "public/root-authority.pem", folder / "root-authority.pem")
        done = self.hands.run(command, folder=folder)
        self.tell("the proof is downloaded, and the command beside it accepts it without the portal", done.returncode == 0,
                  done.stdout + done.stderr)
        file = folder / command[command.index("--proof") + 1]
        text = file.read_text()
        place = text.index('"root') if '"root' in text else len(text) // 2
        file.write_text(text[:place] + text[place:].replace("1", "2", 1))
        self.tell("one digit of it changed, it refuses", self.hands.run(command, folder=folder).returncode == 1)
