"""Pictures of pages, small enough for a repository: few colours, and no longer than somebody scrolls."""
import io
import pathlib

from PIL import Image

# Pixels; what lies beneath is more of the same rows.
TALLEST = {"desktop": 2000, "phone": 2400}
COLOURS = 64
LARGEST_FOLDER = 12_000_000


class Album:
    """A folder for each kind of picture; files are written only where the picture is another."""

    def __init__(self, folder):
        self.folder, self.written = pathlib.Path(folder), set()

    def take(self, page, kind, name, is_full=True):
        self.keep(page.screenshot(full_page=is_full), kind, name)

    def keep(self, octets, kind, name):
        """A screenshot, as PNG."""
        shot = Image.open(io.BytesIO(octets)).convert("RGB")
        size = "phone" if shot.width < 600 else "desktop"
        if shot.height > TALLEST[size]:
            shot = shot.crop((0, 0, shot.width, TALLEST[size]))
        small = shot.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
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
