"""Every check sees what is wrong: a page with one fault planted is found out by the check that is for it, and the same page
without it passes."""

from . import judge, keyboard, live, markup
from .verdicts import Verdicts

FOUND = "a planted fault is found"
CLEAN = "a page without a fault passes"

PAGE = """<!doctype html><html lang=en><head><title>Planted · OBIS</title><style>
:focus-visible, input:focus-within {{ outline: 2px solid #2a4fd0; }} body {{ margin: 0; font: 14px/1.5 sans-serif; }} .skip {{ position: absolute; }}
</style></head><body><a class=skip href=#main>Skip to content</a><main id=main><h1>Planted</h1>
<p>Some words. <a href=/a>One</a></p><form><label>When <input type=datetime-local name=when></label><button>Send</button></form>
{}</main></body></html>"""

FAULTS = {
    "axe-core: a picture without words": (judge.axe, "<img src=data:,x width=40 height=40>"),
    "axe-core: grey on grey": (judge.axe, "<p style='color:#bbb;background:#ddd'>Hard to read</p>"),
    "axe-core: a field without a name": (judge.axe, "<input name=nameless>"),
    "overflow: a box that is too wide": (judge.overflow, "<div style='width:2000px'>wide</div>"),
    "overflow: words that are cut off": (judge.overflow,
                                         "<p style='width:40px;overflow:hidden;white-space:nowrap'>Words that are cut off</p>"),
    "controls: one lower than the other": (judge.controls,
        "<div class=actions style='display:flex;align-items:center'><a class=button style='height:34px'>A</a>"
        "<a class=button style='height:34px;margin-top:12px'>B</a></div>"),
    "controls: one higher than the others": (judge.controls, "<a class=button style='display:block;height:40px'>A</a>"),
    "controls: a line beneath": (judge.controls, "<p style='text-decoration:underline'><a class=button style='display:inline-block;height:34px'>A</a></p>"),
    "controls: a dialog's end out of sight": (judge.controls,
        "<dialog open style='top:0'><p style='height:1200px'>Long</p><footer><a class=button style='display:block;height:34px'>A</a></footer></dialog>"),
    "bar: what lies behind shines through": (lambda page: judge.banner(page, "#bar"), "<div id=bar style='background:#fff8'>Bar</div>"),
    "bar: it lies over the content": (lambda page: judge.banner(page, "#bar"),
        "<div id=bar style='background:#fff;position:fixed;bottom:0'>Bar</div><p style='height:1200px'>Long</p>"),
    "ids: one stands twice": (judge.duplicates, "<p id=main>again</p>"),
    "lines: prose across a wall": (judge.lines, "<p style='width:3000px'>" + "word " * 80 + "</p>"),
    "markup: an element came of it": (lambda page: page.evaluate(markup.FOUND), markup.ATTACKS[0]),
    "markup: a script ran": (lambda page: page.evaluate(markup.FOUND), "<script>window.__planted = true</script>"),
}
TRAPS = {
    "keyboard: a field that keeps the focus": (keyboard.REACH,
        "<button id=t>Trap</button><script>t.onkeydown = e => { if (e.key === 'Tab') e.preventDefault(); }</script>"),
    "keyboard: two that pass it to each other": (keyboard.REACH,
        "<button id=a>A</button><button id=b>B</button><button>C</button>"
        "<script>b.onkeydown = e => { if (e.key === 'Tab') { e.preventDefault(); a.focus(); } };"
        "a.onkeydown = e => { if (e.key === 'Tab') { e.preventDefault(); b.focus(); } }</script>"),
    "keyboard: a stop that is left out": (keyboard.REACH, "<a href=/x tabindex=-1>Never</a>"),
    "keyboard: a stop without a ring": (keyboard.SEEN, "<a href=/x style='outline:none'>Where am I</a>"),
    "keyboard: a stop of no size": (keyboard.SEEN,
        "<a href=/x style='display:block;width:0;height:0;overflow:hidden'>Nothing</a>"),
    "keyboard: a stop that lies under something": (keyboard.SEEN,
        "<a href=/x>Under</a><div style='position:fixed;inset:0;background:#fff'></div>"),
}
GOOD_HEADERS = judge.HEADERS | {
    "content-security-policy": "; ".join(sorted(judge.POLICY)), "strict-transport-security": "max-age=31536000",
    "permissions-policy": "camera=()"}
GOOD_COOKIE = {"name": "__Host-obis", "secure": True, "httpOnly": True, "sameSite": "Strict", "path": "/", "domain": "a"}


def run(browser, report):
    verdicts = Verdicts("browser's own checks")
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.route("https://planted.example/**", lambda route: route.fulfill(content_type="text/html", body=shown["body"]))
    shown = {}

    def show(body):
        shown["body"] = PAGE.format(body)
        page.goto("https://planted.example/")

    show("")
    for check in {check for name, (check, _) in FAULTS.items() if not name.startswith("bar")}:
        verdicts.all(CLEAN, "a plain page", check(page))
    for name, (check, body) in FAULTS.items():
        show(body)
        verdicts.say(FOUND, name, None if check(page) else "nothing was found")
    keys(page, show, verdicts)
    shifts(page, show, verdicts)
    weights(page, verdicts)
    plain(verdicts)
    context.close()
    verdicts.tell(report)


def keys(page, show, verdicts):
    show("")
    own = Verdicts()
    keyboard.run(page, own, "a date, a link and a button")
    verdicts.all(CLEAN, "keyboard", own.faults())
    for name, (question, body) in TRAPS.items():
        show(body)
        own = Verdicts()
        with quiet():
            keyboard.run(page, own, name)
        verdicts.say(FOUND, name, None if own.faults(question) else "nothing was found")
    page.goto("about:blank")
    show("")
    page.evaluate("document.querySelector('.skip').remove()")
    own = Verdicts()
    with quiet():
        keyboard.run(page, own, "no skip link")
    verdicts.say(FOUND, "keyboard: no skip link", None if own.faults(keyboard.SKIP) else "nothing was found")


class quiet:
    """Faults that are planted are told once, as found."""

    def __enter__(self):
        self.say = Verdicts.say
        Verdicts.say = lambda own, question, where, fault=None: own.questions.setdefault(question, []).append((where, fault))

    def __exit__(self, *_):
        Verdicts.say = self.say


def shifts(page, show, verdicts):
    show("<div id=top></div><p>Stays where it is</p>")
    page.evaluate(live.SHIFT)
    page.wait_for_timeout(600)
    verdicts.all(CLEAN, "layout shift", page.evaluate("window.__shift"))
    page.evaluate("document.querySelector('#top').style.height = '60px'")
    page.wait_for_timeout(600)
    verdicts.say(FOUND, "layout shift: something pushes the rest", None if page.evaluate("window.__shift") else "nothing")


def weights(page, verdicts):
    """A heavy page, and one that asks another host."""
    def answer(route):
        if route.request.url.endswith(".js"):
            route.fulfill(content_type="text/javascript", body="/*" + "x" * judge.LARGEST_PAGE + "*/")
        elif route.request.url.endswith(".png"):
            route.fulfill(content_type="image/png", body=b"")
        else:
            route.fulfill(content_type="text/html", body=PAGE.format(
                "<script src=/a.js></script>" if "heavy" in route.request.url else
                "<script src=/b.css.js></script><img alt='' src=https://elsewhere.example/a.png>"))
    page.route("https://weight.example/**", answer)
    page.route("https://elsewhere.example/**", answer)
    page.goto("https://weight.example/heavy")
    heavy = judge.weight(page)
    verdicts.say(FOUND, "weight: a script of 150 kB", None if any("octets" in each for each in heavy) else str(heavy))
    page.goto("https://weight.example/other")
    other = judge.weight(page)
    verdicts.say(FOUND, "weight: another host", None if any("another host" in each for each in other) else str(other))


def plain(verdicts):
    """What is judged of answers alone."""
    verdicts.all(CLEAN, "headers", judge.headers(GOOD_HEADERS))
    for name in GOOD_HEADERS:
        verdicts.say(FOUND, f"headers: no {name}",
                     None if judge.headers({k: v for k, v in GOOD_HEADERS.items() if k != name}) else "nothing was found")
    inline = GOOD_HEADERS | {"content-security-policy": GOOD_HEADERS["content-security-policy"].replace(
        "script-src 'self'", "script-src 'self' 'unsafe-inline'")}
    verdicts.say(FOUND, "headers: inline scripts", None if judge.headers(inline) else "nothing was found")
    kept = {"cache-control": "public, max-age=31536000, immutable", "x-content-type-options": "nosniff"}
    verdicts.all(CLEAN, "assets", judge.asset(kept))
    for wrong in ("no-store", "public, max-age=3600, immutable", "public, max-age=31536000"):
        verdicts.say(FOUND, f"assets: {wrong}", None if judge.asset(kept | {"cache-control": wrong}) else "nothing was found")
    verdicts.all(CLEAN, "cookies", judge.cookies({"cookies": [GOOD_COOKIE]}))
    for name, wrong in (("secure", False), ("httpOnly", False), ("sameSite", "Lax"), ("path", "/a"), ("domain", ".a")):
        verdicts.say(FOUND, f"cookies: {name}",
                     None if judge.cookies({"cookies": [GOOD_COOKIE | {name: wrong}]}) else "nothing was found")
    verdicts.say(FOUND, "cookies: none", None if judge.cookies({"cookies": []}) else "nothing was found")
