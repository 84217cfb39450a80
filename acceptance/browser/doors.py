"""What a browser keeps of a session, and what other sites can do with it: nothing."""
from . import judge

COOKIES = "a session's cookie is out of reach of scripts and of other sites"
FORGED = "a form of another site does nothing"
LEADS = "signing in leads to a page of this portal and to no other"
FIXED = "a session that somebody put into the browser is not taken over by signing in"


def run(people, verdicts):
    base = people.portal.base
    for role in ("admin", "officer", "engineer", "manager", "viewer"):
        verdicts.all(COOKIES, role, judge.cookies(people.state(role)))
    forged(people, verdicts, base)
    leads(people, verdicts, base)
    fixed(people, verdicts, base)


def forged(people, verdicts, base):
    """A page of another origin posts a form with the person's browser."""
    before = len(people.portal.ask("GET", "/v1/invitations?limit=200")["items"])
    for path, fields in (("/people/invite?kind=odm", {"organisationName": "Forged", "roles": "odmEngineer"}),
                         ("/sign-out", {})):
        context = people.context("admin")
        page = context.new_page()
        page.route("https://elsewhere.example/", lambda route: route.fulfill(
            content_type="text/html", body=f"<form method=post action='{base}{path}'>" + "".join(
                f"<input name='{name}' value='{value}'>" for name, value in fields.items()) + "</form>"))
        page.goto("https://elsewhere.example/")
        with page.expect_navigation() as arrived:
            page.evaluate("document.forms[0].submit()")
        status = arrived.value.status
        verdicts.say(FORGED, path, None if status == 403 else f"HTTP {status}")
        page.goto(base + "/account")
        verdicts.say(FORGED, f"{path}, afterwards", None if page.url.endswith("/account") else f"signed out: {page.url}")
        context.close()
    after = len(people.portal.ask("GET", "/v1/invitations?limit=200")["items"])
    verdicts.say(FORGED, "invitations", None if after == before else f"{after - before} more")


def leads(people, verdicts, base):
    """Whoever has signed in already is led on at once."""
    context = people.context("viewer")
    page = context.new_page()
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example/",
                      "/%09/elsewhere.example/", "javascript:alert(1)", "/%2F/elsewhere.example"):
        page.goto(f"{base}/sign-in?next={elsewhere}")
        verdicts.say(LEADS, elsewhere, None if page.url.startswith(base + "/") else page.url)
    page.goto(f"{base}/sign-in?next=/products")
    verdicts.say(LEADS, "/products", None if page.url == f"{base}/products" else page.url)
    context.close()


def fixed(people, verdicts, base):
    context = people.context(None)
    planted = "A" * 43
    context.add_cookies([{"name": "__Host-obis", "value": planted, "url": base, "secure": True, "httpOnly": True,
                          "sameSite": "Strict"}])
    page = context.new_page()
    page.goto(f"{base}/account")
    verdicts.say(FIXED, "before", None if "/sign-in" in page.url else f"it opens {page.url}")
    who = people.newcomer("engineer")
    page.fill("[name=email]", who["email"])
    page.fill("[name=password]", who["password"])
    page.click("form[action='/sign-in'] button[type=submit]")
    page.wait_for_load_state("load")
    now = {each["name"]: each["value"] for each in context.cookies()}.get("__Host-obis")
    verdicts.say(FIXED, "after", None if now and now != planted else "the same cookie")
    context.close()
