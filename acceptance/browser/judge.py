"""What must hold of any page, whoever looks at it. Each function answers with what is wrong, nothing where all is well."""
import re

from axe_playwright_python.sync_playwright import Axe

# Octets of a page with its stylesheet and scripts, fonts apart; and of the fonts.
LARGEST_PAGE, LARGEST_FONTS = 150_000, 200_000
# Characters on a line of prose, at any width.
LONGEST_LINE = 110
YEAR = 31_536_000

POLICY = {
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'",
    "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
}
HEADERS = {
    "x-content-type-options": "nosniff", "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin", "referrer-policy": "same-origin", "cache-control": "no-store",
}

_OVERFLOW = """() => { const over = document.documentElement.scrollWidth - innerWidth;
  if (over <= 0) return [];
  const out = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1
    && !e.closest('.table-wrap') && getComputedStyle(e).position !== 'fixed');
  const last = out.at(-1);
  return [`${over} px too wide` + (last ? `: <${last.tagName.toLowerCase()} class="${last.className}">` : '')]; }"""
# Words that their own box cuts off, where nobody can scroll to them.
_CUT = """() => [...document.querySelectorAll('main *, .top *')].filter(e => {
    if (e.closest('svg, select, .sr, .who-text') || !e.checkVisibility({ visibilityProperty: true })) return false;
    const style = getComputedStyle(e);
    // A head that is there for readers of the page alone is hidden whole.
    return ['hidden', 'clip'].includes(style.overflowX) && style.clipPath !== 'inset(50%)' && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
      && e.textContent.trim() !== ''; })
  .map(e => `cut off: <${e.tagName.toLowerCase()} class="${e.className}"> ${e.textContent.trim().slice(0, 40)}`)"""
# Buttons of one size are of one height (in units of the root's font, a page that is one form has larger ones), stand level with
# those beside them and have no line beneath; what ends a dialog is in sight.
_CONTROLS = """() => { const out = [], rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const seen = e => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().width > 0;
  const told = e => `${e.textContent.trim().slice(0, 30)}`;
  const buttons = [...document.querySelectorAll('.button')].filter(seen);
  for (const e of buttons) {
    const height = Math.round(e.getBoundingClientRect().height / rem * 1000) / 1000;
    const wanted = e.classList.contains('small') ? 1.75 : e.closest('.plain .door') ? 2.5 : 2.125;
    if (Math.abs(height - wanted) > .02) out.push(`${height} rem high, not ${wanted}: ${told(e)}`);
    for (let at = e; at && at !== document.body; at = at.parentElement) if (getComputedStyle(at).textDecorationLine.includes('underline')) {
      out.push(`a button with a line beneath: ${told(e)}`); break; }
  }
  for (const row of document.querySelectorAll('.actions, .row, .panel-head, footer')) {
    const own = buttons.filter(e => e.closest('.actions, .row, .panel-head, footer') === row).map(e => [e, e.getBoundingClientRect()]);
    for (const [e, box] of own) for (const [other, beside] of own) {
      const isBeside = Math.min(box.bottom, beside.bottom) - Math.max(box.top, beside.top) > 4;
      const apart = Math.abs((box.top + box.bottom) - (beside.top + beside.bottom)) / 2;
      if (e !== other && isBeside && apart > .75) out.push(`stands ${apart} px off the one beside it: ${told(e)}`); }
  }
  for (const e of buttons.filter(e => e.closest('dialog[open] footer'))) {
    const box = e.getBoundingClientRect(), over = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    if (box.top < 0 || box.bottom > innerHeight || !(e === over || e.contains(over))) out.push(`out of sight in its dialog: ${told(e)}`); }
  return out; }"""
# What says that the portal is not reached lets nothing through, and at the end of the page nothing lies under it.
_BANNER = """selector => { const bar = document.querySelector(selector), style = getComputedStyle(bar), out = [];
  const alpha = /^rgba\\(.*, ([0-9.]+)\\)$/.exec(style.backgroundColor) ?? /\\/ ([0-9.]+)\\)$/.exec(style.backgroundColor);
  if (style.opacity !== '1' || bar.getAnimations().length || style.backgroundColor === 'transparent' || (alpha && alpha[1] < 1)) out.push('what lies behind it shines through');
  scrollTo(0, document.documentElement.scrollHeight);
  const under = document.querySelector('main').getBoundingClientRect().bottom - bar.getBoundingClientRect().top;
  if (under > 1) out.push(`${Math.round(under)} px of the content lie under it at the end of the page`);
  scrollTo(0, 0);
  return out; }"""
_DUPLICATES = """() => { const seen = new Set(), twice = [];
  for (const e of document.querySelectorAll('[id]')) { if (seen.has(e.id)) twice.push(`id twice: ${e.id}`); seen.add(e.id); }
  return twice; }"""
_LINES = """longest => [...document.querySelectorAll('main p, main dd, main li')].filter(e =>
    e.checkVisibility() && ![...e.children].some(c => !['A', 'CODE', 'STRONG', 'TIME', 'SPAN', 'B', 'EM'].includes(c.tagName))
    && !e.closest('pre, table')).flatMap(e => {
    const range = document.createRange(); range.selectNodeContents(e);
    const tops = new Set([...range.getClientRects()].map(r => Math.round(r.top / 8)));
    const length = e.textContent.trim().length / Math.max(1, tops.size);
    return length > longest ? [`about ${Math.round(length)} characters on a line: ${e.textContent.trim().slice(0, 50)}`] : []; })"""
_WEIGHT = """() => { const page = performance.getEntriesByType('navigation')[0].decodedBodySize;
  const all = performance.getEntriesByType('resource').map(e => [new URL(e.name).pathname, e.decodedBodySize]);
  const sum = ends => all.filter(([name]) => ends.some(end => name.endsWith(end))).reduce((n, [, size]) => n + size, 0);
  return { page, shared: sum(['.css', '.js']), fonts: sum(['.woff2']), elsewhere: performance.getEntriesByType('resource')
    .map(e => e.name).filter(name => new URL(name).origin !== location.origin) }; }"""

_axe = Axe()


def axe(page):
    """axe-core, all its rules."""
    found = _axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]


def overflow(page):
    return page.evaluate(_OVERFLOW) + page.evaluate(_CUT)


def controls(page):
    return page.evaluate(_CONTROLS)


def banner(page, selector):
    return page.evaluate(_BANNER, selector)


def duplicates(page):
    return page.evaluate(_DUPLICATES)


def lines(page):
    return page.evaluate(_LINES, LONGEST_LINE)


def weight(page):
    told = page.evaluate(_WEIGHT)
    faults = [f"a request to another host: {name}" for name in told["elsewhere"]]
    if not told["shared"]:
        faults.append("no stylesheet and no script")
    if told["page"] + told["shared"] > LARGEST_PAGE:
        faults.append(f"{told['page'] + told['shared']} octets with stylesheet and scripts")
    if told["fonts"] > LARGEST_FONTS:
        faults.append(f"{told['fonts']} octets of fonts")
    return faults


def headers(told):
    """Of a page's answer."""
    faults = [f"{name}: {told.get(name)}" for name, wanted in HEADERS.items() if told.get(name) != wanted]
    policy = {part.strip() for part in told.get("content-security-policy", "").split(";")}
    if policy != POLICY:
        faults.append(f"content-security-policy differs by {sorted(policy ^ POLICY)}")
    age = re.search(r"max-age=(\d+)", told.get("strict-transport-security", ""))
    if not age or int(age[1]) < YEAR:
        faults.append(f"strict-transport-security: {told.get('strict-transport-security')}")
    if "permissions-policy" not in told:
        faults.append("no permissions-policy")
    return faults


def asset(told):
    """Of an answer under a name with its digest: kept for a year and never asked for again."""
    kept = told.get("cache-control", "")
    age = re.search(r"max-age=(\d+)", kept)
    isKept = age and int(age[1]) >= YEAR and "immutable" in kept and "no-store" not in kept
    return [] if isKept and told.get("x-content-type-options") == "nosniff" else [f"cache-control: {kept}"]


def cookies(state):
    """Of a browser that has signed in: a session's cookie that no script and no other site can use."""
    faults, own = [], [each for each in state["cookies"] if each["name"] == "__Host-obis"]
    if not own:
        return ["no cookie __Host-obis"]
    for each in state["cookies"]:
        if not each["secure"]:
            faults.append(f"{each['name']} is not Secure")
        if each["name"].startswith("__Host-"):
            if not each["httpOnly"]:
                faults.append(f"{each['name']} is not HttpOnly")
            if each["sameSite"] != "Strict":
                faults.append(f"{each['name']}: SameSite is {each['sameSite']}")
            if each["path"] != "/" or each["domain"].startswith("."):
                faults.append(f"{each['name']}: path {each['path']}, domain {each['domain']}")
    return faults
