"""What parts that drive a browser of their own share with `acceptance.browser`."""
from .browser.portal import CHROMIUM, FLAGS, PEOPLE, People, Portal, totp

__all__ = ["CHROMIUM", "FLAGS", "PEOPLE", "People", "Portal", "totp"]
