"""An SVG picture put together shape by shape, for charts of few kinds of shapes that a page holds many of.

The result obeys the rules of flowreport.charts.svg: no inline style, ink is currentColor, text is escaped, and the same
calls give the same bytes. Coordinates are CSS pixels of the picture's full width, rounded to a tenth.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from xml.etree import ElementTree as ET

from markupsafe import Markup

from flowreport.text import visible

FONT = 10.0
# The mean width of a letter over the font's size, in the sans-serif fonts that the page asks for; a little generous.
LETTER = 0.56


def short(value: float) -> str:
    """A coordinate: at most one decimal, and none that is zero."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


def clipped(text: str, width: float, font: float = FONT) -> str:
    """Text that fits into `width` pixels, its middle left out where it is too long: both ends tell names apart."""
    text = visible(text)
    most = max(int(width / (font * LETTER)), 3)
    if len(text) <= most:
        return text
    head = most // 2
    return f"{text[:head]}…{text[len(text) - (most - head - 1) :]}"


def dots_path(points: Iterable[tuple[float, float]]) -> str:
    """Path data of a stroke without length at each point, in steps from one to the next: those are short numbers."""
    parts = []
    at: tuple[int, int] | None = None
    for x, y in points:
        tenths = (round(x * 10), round(y * 10))
        if at is None:
            parts.append(f"M{short(tenths[0] / 10)} {short(tenths[1] / 10)}h0")
        else:
            right, down = (_step(tenths[k] - at[k]) for k in range(2))
            parts.append(f"m{right}{'' if down.startswith('-') else ' '}{down}h0")
        at = tenths
    return "".join(parts)


def _step(tenths: int) -> str:
    """A distance without the zero that SVG does not need: .3, -.3, 12."""
    return short(tenths / 10).replace("0.", ".", 1) if abs(tenths) < 10 else short(tenths / 10)  # noqa: PLR2004 - a pixel


class Canvas:
    """One picture; `key` must be unique in the page. Threads: one."""

    def __init__(self, size: tuple[float, float], *, key: str, title: str, description: str, kind: str = "") -> None:
        self._root = ET.Element(
            "svg",
            {
                "viewBox": f"0 0 {short(size[0])} {short(size[1])}",
                "class": f"chart {kind}".strip(),
                "role": "img",
                "aria-labelledby": f"{key}-title {key}-desc",
                "font-size": short(FONT),
                "fill": "currentColor",
            },
        )
        self._open = [self._root]
        for tag, text in (("title", title), ("desc", description)):
            self.add(tag, text, id=f"{key}-{tag}")

    def add(self, tag: str, text: str | None = None, /, **attributes: object) -> None:
        """Add an element. Names of attributes are written with `_` for `-`, and with a `_` behind a word of Python."""
        element = ET.SubElement(self._open[-1], tag, _attributes(attributes))
        element.text = None if text is None else visible(text)

    def text(self, x: float, y: float, text: str, **attributes: object) -> None:
        """Text whose base line starts (or ends, or is centred: text_anchor) at a point."""
        self.add("text", text, x=x, y=y, **attributes)

    def lines(self, strokes: Iterable[tuple[float, float, float, float]], **attributes: object) -> None:
        """Separate straight lines from (x, y) to (x, y) as one path, relative where that is shorter."""
        parts = []
        for x1, y1, x2, y2 in strokes:
            if y1 == y2:
                to = f"H{short(x2)}"
            elif x1 == x2:
                to = f"V{short(y2)}"
            else:
                to = f"L{short(x2)} {short(y2)}"
            parts.append(f"M{short(x1)} {short(y1)}{to}")
        if parts:
            self.add("path", None, d="".join(parts), fill="none", **attributes)

    def dots(self, points: Iterable[tuple[float, float]], size: float, **attributes: object) -> None:
        """Round dots of this diameter as one path: a line without length and with round ends is a dot."""
        path = dots_path(points)
        if path:
            self.add("path", None, d=path, fill="none", stroke_width=size, stroke_linecap="round", **attributes)

    def polyline(self, points: Iterable[tuple[float, float]], **attributes: object) -> None:
        """A line through points."""
        path = "L".join(f"{short(x)} {short(y)}" for x, y in points)
        if path:
            self.add("path", None, d=f"M{path}", fill="none", **attributes)

    @contextmanager
    def group(self, **attributes: object) -> Iterator[None]:
        """What is drawn within belongs to one <g>; an empty one is not kept."""
        group = ET.SubElement(self._open[-1], "g", _attributes(attributes))
        self._open.append(group)
        yield
        self._open.pop()
        if len(group) == 0:
            self._open[-1].remove(group)

    def markup(self) -> Markup:
        """The picture as an <svg> element."""
        return Markup(ET.tostring(self._root, encoding="unicode"))  # noqa: S704 - ElementTree escapes text and attributes


def _attributes(given: dict[str, object]) -> dict[str, str]:
    named = {name.removesuffix("_").replace("_", "-"): value for name, value in given.items() if value is not None}
    return {name: short(value) if isinstance(value, float) else str(value) for name, value in named.items()}
