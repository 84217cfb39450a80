"""Pictures of pages, small enough for a repository: few colours, and no longer than somebody scrolls."""
import io
import pathlib

from PIL import Image

# Pixels; what lies beneath is more of the same rows.
TALLEST = {"desktop": 2000, "phone": 2400}
COLOURS = 48
LARGEST_FOLDER = 14_000_000


def reduced(shot):
    """With few colours; what there is most of keeps its own to the bit, where the nearest one is found only about."""
    counted = sorted(shot.getcolors(shot.width * shot.height), reverse=True)
    most = [colour for _, colour in counted[:COLOURS // 2]]
    rest = shot.quantize(COLOURS // 2, method=Image.Quantize.MAXCOVERAGE).getpalette()[:COLOURS // 2 * 3]
    image = Image.new("P", (1, 1))
    image.putpalette([value for colour in most for value in colour] + rest)
    small = shot.quantize(palette=image, dither=Image.Dither.NONE)
    row = Image.new("RGB", (len(most), 1))
    row.putdata(most)
    colours = small.getpalette()
    for colour, index in reversed(list(zip(most, row.quantize(palette=image, dither=Image.Dither.NONE).getdata()))):
        colours[index * 3:index * 3 + 3] = colour
    small.putpalette(colours)
    return small


class Album:
    """A folder for each kind of picture; files are written only where the picture is another."""

    def __init__(self, folder):
        self.folder, self.written = pathlib.Path(folder), set()

    def take(self, page, kind, name, is_full=True):
        """`is_full`: the whole page, as a window as tall as it is shows it, so that what sticks to the window reaches down."""
        before = page.viewport_size
        page.evaluate("scrollTo(0, 0)")
        if is_full:
            size = "phone" if before["width"] < 600 else "desktop"
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size(before | {"height": max(before["height"], min(height, TALLEST[size]))})
        self.keep(page.screenshot(), kind, name)
        page.set_viewport_size(before)

    def keep(self, octets, kind, name):
        """A screenshot, as PNG."""
        shot = Image.open(io.BytesIO(octets)).convert("RGB")
        size = "phone" if shot.width < 600 else "desktop"
        if shot.height > TALLEST[size]:
            shot = shot.crop((0, 0, shot.width, TALLEST[size]))
        small = reduced(shot)
        bytes_of = io.BytesIO()
        small.save(bytes_of, "PNG", optimize=True)
        path = self.folder / kind / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes_of.getvalue())
        self.written.add(path)

    def close(self):
        """Forgets pictures of pages that are no more; how many octets there are now."""
        for path in self.folder.glob("*/*.png"):
            if path not in self.written:
                path.unlink()
        return sum(path.stat().st_size for path in self.written)
