"""With the keyboard alone, without one click: a version is reviewed and rejected, an ODM invited, a batch created."""
from .browser_life_factory import wall


def keys_of(field):
    """What a hand types into a date and time as the pages write them, its parts one after the other."""
    date, time = field.split("T")
    year, month, day = date.split("-")
    hour, minute = time.split(":")
    return day + month + year, hour + minute


class Typing:
    """Needs what `Governing` and `Making` made. Nothing here calls for a mouse or sets a field by a script."""

    def keyboard(self):
        self.review_by_keyboard()
        self.invite_by_keyboard()
        self.create_by_keyboard()

    def review_by_keyboard(self):
        sofia, place = self.officer, f"/products/{self.product}/versions/1.1.0"
        sofia.go("/")
        for link in ("nav a[href='/products']", f"main a[href='/products/{self.product}']", f"main a[href='{place}']",
                     f"a[href='{place}?tab=manifest']", f"a[href='{place}?tab=changes']"):
            sofia.tab_to(link)
            sofia.press("Enter", navigates=True)
        # The page is live: what has the focus stays.
        sofia.tab_to("[data-dialog=dialog-reject]")
        sofia.press("Enter")
        sofia.page.wait_for_selector("#dialog-reject:modal")
        sofia.press("Escape")
        back = sofia.page.evaluate("document.activeElement.dataset.dialog")
        sofia.press("Enter")
        sofia.tab_to("#dialog-reject textarea", most=6)
        sofia.type("The label names a room.")
        sofia.tab_to("#dialog-reject button[type=submit]", most=6)
        sofia.press("Enter", navigates=True)
        self.tell("keyboard alone: a version is reviewed and rejected", back == "dialog-reject"
                  and "Rejected" in sofia.text("h1") and "The label names a room." in sofia.text(), sofia.text("h1"))

    def invite_by_keyboard(self):
        ada = self.admin
        ada.go("/")
        ada.tab_to("nav a[href='/people']")
        ada.press("Enter", navigates=True)
        ada.tab_to("main a[href='/people/invite?kind=odm']")
        ada.press("Enter", navigates=True)
        ada.tab_to("[name=organisationName]")
        ada.type(f"Kitchen Works {self.mark}")
        ada.tab_to("button[type=submit].primary")
        ada.press("Enter", navigates=True)
        self.stranger_link = ada.text("#shown").strip()
        self.tell("keyboard alone: an ODM is invited", "/join#" in self.stranger_link, self.stranger_link[:60])

    def create_by_keyboard(self):
        emil, version = self.engineer, f"{self.product}/1.0.0"
        emil.go("/")
        emil.tab_to("main a[href='/batches/new']")
        emil.press("Enter", navigates=True)
        emil.choose("[name=version]", version)
        emil.tab_to("form.pick button[type=submit]")
        emil.press("Enter", navigates=True)
        emil.tab_to("[name=batch]")
        emil.type(f"keys-{self.mark}")
        emil.choose("[name=edgeHSM]", "edge-1")
        emil.tab_to("[name=quantity]")
        # More than the 20 that were never granted: it takes units that came back.
        emil.type("30")
        for name, field in (("notBefore", wall(-1)), ("notAfter", wall(48))):
            emil.tab_to(f"[name={name}]")
            date, time = keys_of(field)
            emil.page.keyboard.type(date)
            emil.press("Tab")
            emil.page.keyboard.type(time)
            found = emil.page.input_value(f"[name={name}]")
            if found != field:
                raise AssertionError(f"typed {field}, the field says {found}")
        emil.tab_to("button[type=submit].primary")
        emil.press("Enter", navigates=True)
        self.keyed_batch = emil.path
        self.tell("keyboard alone: a batch is created, of units that came back", emil.path.startswith("/batches/b-") and "30 units" in emil.text(), emil.path)
