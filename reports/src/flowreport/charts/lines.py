"""One quantity against a small whole number (workers, samples), one line per subject, on linear axes."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from flowreport.charts.axis import Axis, axis_over, tick_label
from flowreport.charts.canvas import Canvas, short
from flowreport.charts.style import look, marker_outline

_SIZE = (403.0, 252.0)
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 396.0, 10.0, 214.0
_MARKER = 3.4
_MOST_TICKS = 6


@dataclass(frozen=True)
class LinePoint:
    """`low` and `high` bound `y`; None where there is no interval."""

    x: int
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Line:
    """The points of one subject, by rising x. `subject` is its place in run.json."""

    subject: int
    points: tuple[LinePoint, ...]


def line_chart(  # noqa: PLR0913 - each is a part of the picture
    lines: Sequence[Line],
    *,
    axes: tuple[str, str],
    key: str,
    title: str,
    description: str,
    ideal: Sequence[tuple[float, float]] = (),
) -> Markup:
    """Lines through the points, their intervals as bars; `axes` names x and y.

    `ideal` is drawn dashed in ink. Raises ValueError without a point.
    """
    points = [p for line in lines for p in line.points]
    xs = sorted({p.x for p in points})
    ys = [v for p in points for v in (p.y, p.low, p.high) if v is not None]
    vertical = axis_over([0.0, *ys, *(y for _, y in ideal)], _BOTTOM, _TOP, logarithmic=False)
    room = 0.06 * (xs[-1] - xs[0]) or 0.5
    horizontal = Axis(xs[0] - room, xs[-1] + room, _LEFT, _RIGHT, logarithmic=False)
    canvas = Canvas(_SIZE, key=key, title=title, description=description)
    _frame(canvas, horizontal, vertical, xs, axes)
    canvas.polyline(
        [(horizontal.at(x), vertical.at(y)) for x, y in ideal],
        stroke="currentColor", stroke_dasharray="4 3", stroke_opacity="0.6", class_="ideal",
    )  # fmt: skip
    for line in lines:
        _line(canvas, line, horizontal, vertical)
    return canvas.markup()


def _frame(canvas: Canvas, horizontal: Axis, vertical: Axis, xs: Sequence[int], axes: tuple[str, str]) -> None:
    ticks = vertical.ticks(_MOST_TICKS)
    grid = [(_LEFT, vertical.at(t), _RIGHT, vertical.at(t)) for t in ticks]
    canvas.lines(grid, stroke="currentColor", stroke_opacity="0.13", stroke_width="0.7")
    canvas.lines([(_LEFT, _BOTTOM, _RIGHT, _BOTTOM)], stroke="currentColor", stroke_width="0.7")
    for t in ticks:
        canvas.text(_LEFT - 5, vertical.at(t) + 3.5, tick_label(round(t, 12)), text_anchor="end")
    for x in xs:
        canvas.text(horizontal.at(x), _BOTTOM + 13, str(x), text_anchor="middle")
    canvas.text((_LEFT + _RIGHT) / 2, _BOTTOM + 30, axes[0], text_anchor="middle")
    middle = short((_TOP + _BOTTOM) / 2)
    canvas.text(9, (_TOP + _BOTTOM) / 2, axes[1], text_anchor="middle", transform=f"rotate(-90 9 {middle})")


def _line(canvas: Canvas, line: Line, horizontal: Axis, vertical: Axis) -> None:
    style = look(line.subject)
    at = [(horizontal.at(p.x), vertical.at(p.y)) for p in line.points]
    with canvas.group(data_subject=line.subject):
        dashes = " ".join(short(d * 1.5) for d in style.dashes) or None
        stroke = {"stroke": style.light, "class_": f"line-{style.colour}"}
        canvas.polyline(at, stroke_width="1.5", stroke_dasharray=dashes, **stroke)
        bars = [
            (horizontal.at(p.x), vertical.at(p.low), horizontal.at(p.x), vertical.at(p.high))
            for p in line.points
            if p.low is not None and p.high is not None
        ]
        canvas.lines(bars, stroke_width="1.2", stroke_opacity="0.8", **stroke)
        for x, y in at:
            canvas.add(
                "path", d=marker_outline(style.marker), transform=f"translate({short(x)} {short(y)}) scale({_MARKER})",
                fill=style.light, class_=f"fill-{style.colour}",
            )  # fmt: skip
