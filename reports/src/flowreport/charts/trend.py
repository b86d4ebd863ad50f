"""One number over the commits: a dot per run with its interval, the level between changes, a mark at each change."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from flowreport import units
from flowreport.charts.axis import Axis, tick_label
from flowreport.charts.canvas import FONT, LETTER, Canvas
from flowreport.charts.style import TONES, look

_WIDTH, _HEIGHT = 400.0, 180.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 10.0, 20.0, 22.0
_MOST_TICKS = 4
# The vertical axis shows at least this share of its largest value, so that noise does not look like mountains.
_LEAST_SPAN = 0.04
# A logarithmic axis from this factor on between the least and the largest value.
_LOGARITHMIC = 5.0
_DOT, _MARK = 4.2, 4.0


@dataclass(frozen=True)
class TrendPoint:
    """A run: `tick` names its code in a few signs, `label` tells all of it."""

    tick: str
    label: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class TrendChange:
    """`index` is the first point after the change; `before` and `after` are the levels on both sides."""

    index: int
    before: float
    after: float
    label: str


@dataclass(frozen=True)
class Trend:
    """The points in their order; `quantity` names the vertical axis with its unit, `subject` decides the colour.

    With `hover` a pointer finds what each point is; in a page of many long series that is most of the bytes.
    """

    points: Sequence[TrendPoint]
    changes: Sequence[TrendChange]
    quantity: str
    subject: int = 0
    hover: bool = True


def trend_chart(trend: Trend, *, key: str, title: str, description: str) -> Markup:
    """The points from left to right at equal distances. `key` must be unique in the page.

    Raises ValueError without a point.
    """
    points, changes = trend.points, trend.changes
    if not points:
        raise ValueError("expected at least one point")
    canvas = Canvas((_WIDTH, _HEIGHT), key=key, title=title, description=description, kind="trend")
    up = _vertical(points)
    # Room at both ends keeps a lone point in the middle and the outermost ones off the edges.
    along = Axis(-0.5, len(points) - 0.5, _LEFT, _WIDTH - _RIGHT, logarithmic=False)
    canvas.text(0, 10, trend.quantity, opacity="0.75")
    ticks = up.ticks(_MOST_TICKS)
    canvas.lines(
        [(_LEFT, up.at(t), _WIDTH - _RIGHT, up.at(t)) for t in ticks], stroke="currentColor", stroke_opacity="0.13"
    )
    with canvas.group(text_anchor="end"):
        for t in ticks:
            canvas.text(_LEFT - 5, up.at(t) + 3.5, tick_label(round(t, 12)))
    _names(canvas, along, points, changes)
    style = look(trend.subject)
    stroke = {"stroke": style.light, "class_": f"line-{style.colour}"}
    _levels(canvas, along, up, len(points), changes)
    sure = [(along.at(i), p.low, p.high) for i, p in enumerate(points)]
    bars = [(x, up.at(low), x, up.at(high)) for x, low, high in sure if low is not None and high is not None]
    canvas.lines(bars, stroke_width="1.2", stroke_opacity="0.6", **stroke)
    canvas.polyline(
        ((along.at(i), up.at(p.value)) for i, p in enumerate(points)), stroke_width="1", stroke_opacity="0.5", **stroke
    )
    canvas.dots(((along.at(i), up.at(p.value)) for i, p in enumerate(points)), _DOT, **stroke)
    if trend.hover:
        _hovers(canvas, along, points)
    for change in changes:
        _change(canvas, along, change)
    return canvas.markup()


def _vertical(points: Sequence[TrendPoint]) -> Axis:
    values = [v for p in points for v in (p.value, p.low, p.high) if v is not None]
    low, high = min(values), max(values)
    start, end = _HEIGHT - _BOTTOM, _TOP
    if low > 0 and high / low >= _LOGARITHMIC:
        room = (high / low) ** 0.06
        return Axis(low / room, high * room, start, end, logarithmic=True)
    missing = max(_LEAST_SPAN * max(abs(low), abs(high), 1e-9) - (high - low), 0.0)
    room = 0.08 * (high - low) + missing / 2
    return Axis(low - room, high + room, start, end, logarithmic=False)


def _names(canvas: Canvas, along: Axis, points: Sequence[TrendPoint], changes: Sequence[TrendChange]) -> None:
    """The code of the first and the last point and, where there is room, of the changes."""
    taken: list[tuple[float, float]] = []
    wanted = [0, len(points) - 1, *(c.index for c in changes)]
    for i in dict.fromkeys(wanted):
        width = len(points[i].tick) * FONT * LETTER
        left = min(max(along.at(i) - width / 2, _LEFT), _WIDTH - width)
        if all(left > end or left + width < start for start, end in taken):
            taken.append((left - 4, left + width + 4))
            at_edge = left + width >= _WIDTH  # the widths are estimates; there the text must not be cut off
            canvas.text(
                _WIDTH if at_edge else left, _HEIGHT - 8, points[i].tick, text_anchor="end" if at_edge else None
            )


def _levels(canvas: Canvas, along: Axis, up: Axis, count: int, changes: Sequence[TrendChange]) -> None:
    ends = [*(c.index for c in changes), count]
    levels = [changes[0].before, *(c.after for c in changes)] if changes else []
    starts = [0, *ends]
    canvas.lines(
        [
            (along.at(start - 0.5), up.at(level), along.at(end - 0.5), up.at(level))
            for start, end, level in zip(starts, ends, levels, strict=False)
        ],
        stroke="currentColor", stroke_width="1.6", stroke_opacity="0.45", stroke_dasharray="5 3", class_="level",
    )  # fmt: skip


def _hovers(canvas: Canvas, along: Axis, points: Sequence[TrendPoint]) -> None:
    """A column per point that a pointer finds: a dot alone is small, and tells nothing."""
    width = along.at(1) - along.at(0)
    with canvas.group(fill_opacity="0"):
        for i, p in enumerate(points):
            with canvas.group():
                canvas.add("title", p.label)
                canvas.add("rect", x=along.at(i - 0.5), y=_TOP, width=width, height=_HEIGHT - _TOP - _BOTTOM)


def _change(canvas: Canvas, along: Axis, change: TrendChange) -> None:
    """A line before the first point after the change; a triangle up for more, down for less, which is better."""
    x = along.at(change.index - 0.5)
    worse = change.after > change.before
    tone = "regression" if worse else "improvement"
    top = _TOP - 4.0
    triangle = f"h{2 * _MARK:g}l-{_MARK:g} {'-' if worse else ''}{1.6 * _MARK:g}z"
    start = f"M{x - _MARK:.1f} {top if worse else top - 1.6 * _MARK:.1f}"
    with canvas.group(class_="change"):
        canvas.add("title", f"{change.label}: {units.number(change.before)} → {units.number(change.after)}")
        canvas.lines([(x, top, x, _HEIGHT - _BOTTOM)], stroke=TONES[tone][0], stroke_width="1.2", class_=f"line-{tone}")
        canvas.add("path", d=f"{start}{triangle}", fill=TONES[tone][0], class_=f"fill-{tone}")
