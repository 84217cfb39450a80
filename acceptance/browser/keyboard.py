"""The keyboard alone: each stop can be seen, every one is reached, and none keeps it."""

# Stops that a keyboard has to reach: a group of radio buttons is one, closed details hide theirs, a dialog all but its own.
_WANTED = """() => { const seen = new Set(), all = [...document.querySelectorAll('*')], modal = document.querySelector('dialog:modal');
  return [...document.querySelectorAll('a[href], button:not([disabled]), input:not([type=hidden], [disabled]),'
    + ' select:not([disabled]), textarea:not([disabled]), summary, [tabindex="0"]')].filter(e => {
    if (!e.checkVisibility({ visibilityProperty: true }) || e.closest('[inert]') || modal && !modal.contains(e)) return false;
    if (e.type !== 'radio') return true;
    const first = !seen.has(e.name); seen.add(e.name); return first; })
  .map(e => ({ key: all.indexOf(e), html: e.outerHTML.slice(0, 110) })); }"""
# After each press of a key: who has the focus, whether that can be seen, and whether something lies over it.
_WATCH = """() => {
  const all = [...document.querySelectorAll('*')], plain = new Map();
  const look = e => { const s = getComputedStyle(e);
    return [s.boxShadow, s.borderColor, s.backgroundColor, s.textDecorationLine, s.color].join('|'); };
  for (const e of all) if (e.matches('a, button, input, select, textarea, summary, [tabindex]')) plain.set(e, look(e));
  const ring = e => { const s = getComputedStyle(e);
    return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 && !/, 0\\)$/.test(s.outlineColor)
      || (plain.has(e) && s.boxShadow !== 'none' && !plain.get(e).startsWith(s.boxShadow)); };
  const covered = e => { const box = e.getBoundingClientRect();
    if (box.width < 1 || box.height < 1) return 'has no size';
    const [left, right] = [Math.max(box.left, 0), Math.min(box.right, innerWidth)];
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
    if (right - left < 1 || bottom - top < 1) return 'is out of sight';
    const points = [.2, .5, .8].flatMap(x => [.2, .5, .8].map(y => [left + (right - left) * x, top + (bottom - top) * y]));
    const isFree = points.some(([x, y]) => { const over = document.elementFromPoint(x, y);
      return over && (over === e || e.contains(over) || over.contains(e) || over.labels !== undefined && e.contains(over)); });
    return isFree ? null : 'lies under something'; };
  window.__stops = [];
  if (window.__watching) return;
  window.__watching = true;
  addEventListener('keyup', event => { if (event.key !== 'Tab') return;
    const e = document.activeElement;
    if (!e || e === document.body || e === document.documentElement) { window.__stops.push(null); return; }
    window.__stops.push({ key: all.indexOf(e), tag: e.tagName, type: e.type ?? '', html: e.outerHTML.slice(0, 110),
      seen: ring(e), covered: covered(e) }); }, true); }"""

REACH = "the keyboard reaches everything and is caught nowhere"
SEEN = "each stop of the keyboard can be seen"
SKIP = "the first stop skips to the content"
# Month, day, year, hour, minute, half of the day and the calendar: stops within one field, of which the page sees one.
PARTS = {"datetime-local": 7, "date": 4, "time": 4, "month": 3, "week": 3}
BURST = 20


def run(page, verdicts, where, has_skip=True):
    """Judges the page that is shown."""
    stops, faults = twice(page, "Tab")
    verdicts.all(SEEN, where, unseen(stops))
    verdicts.all(REACH, where, faults)
    if has_skip and not page.locator("dialog:modal").count():
        first = stops[0]["html"] if stops else "nothing"
        verdicts.say(SKIP, where, None if "skip" in first else f"it is {first}")
    # Who came in by the last stop gets out by the first.
    verdicts.all(REACH, f"{where}, backwards", twice(page, "Shift+Tab")[1])


def twice(page, key):
    """A fault is one if it is there again: a press can be lost while a page is still being drawn."""
    for _ in range(2):
        stops, wanted = walk(page, key)
        faults = caught(stops, wanted)
        if not faults:
            break
    return stops, faults


def walk(page, key):
    """Stops from the start of the document (or its end) until the keyboard leaves it, and how many there must be."""
    # Live places would make stops anew while the keyboard goes through them.
    page.evaluate("document.querySelector('[data-live-pause][aria-pressed=false]')?.click()")
    # From the document itself, wherever an autofocus puts it, which is done when the page has been drawn.
    page.evaluate("""async () => { for (let n = 0; n < 3; n += 1) await new Promise(requestAnimationFrame); document.querySelector('.toasts')?.replaceChildren(); document.activeElement?.blur();
      const body = document.body; body.tabIndex = -1; body.focus(); body.blur(); body.removeAttribute('tabindex');
      scrollTo(0, 0);
      // A dialog begins with its heading, where it is opened.
      document.querySelector('dialog:modal [autofocus]')?.focus(); }""")
    wanted = page.evaluate(_WANTED)
    page.evaluate(_WATCH)
    most = len(wanted) + 20 + page.locator("input[type=datetime-local], input[type=date], input[type=time]").count() * 8
    pressed = 0
    while pressed < most:
        for _ in range(BURST):
            page.keyboard.press(key)
        pressed += BURST
        stops = page.evaluate("window.__stops")
        # Backwards the first press leaves the document at its start; the next one comes in at its end.
        while stops and stops[0] is None:
            stops = stops[1:]
        if end := ended(stops):
            return stops[:end], wanted
    return stops, wanted


def ended(stops):
    """Where the keyboard left the document: nobody has the focus, or the first stop has it again after others."""
    for number, stop in enumerate(stops):
        if number and (stop is None or (stop["key"] == stops[0]["key"] and stops[number - 1]["key"] != stop["key"])):
            return number
    return None


def visits(stops):
    """Each stay at a stop: the stop and how many presses it took."""
    stays = []
    for stop in stops:
        if stop is None:
            continue
        if stays and stays[-1][0]["key"] == stop["key"]:
            stays[-1][1] += 1
        else:
            stays.append([stop, 1])
    return stays


def unseen(stops):
    seen = {stop["key"]: stop for stop in stops if stop}
    return [f"no ring on {stop['html']}" for stop in seen.values() if not stop["seen"]] + [
        f"{stop['html']} {stop['covered']}" for stop in seen.values() if stop["covered"]]


def caught(stops, wanted):
    """A field of a date has stops of its own within; anything else that keeps the focus, or gets it twice, is a trap."""
    stays = visits(stops)
    faults = [f"stays on {stop['html']}" for stop, count in stays if count > PARTS.get(stop["type"], 1)]
    keys = [stop["key"] for stop, _ in stays]
    again = next((stop for number, (stop, _) in enumerate(stays) if stop["key"] in keys[:number]), None)
    if again:
        faults.append(f"comes back to {again['html']} and never out")
    missed = [stop["html"] for stop in wanted if stop["key"] not in keys]
    if missed:
        faults.append(f"reaches {len(set(keys))} of {len(wanted)}: never {missed[0]}")
    return faults
