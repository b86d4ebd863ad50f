"""Cases below each other, quantities side by side: every trial a dot, the interval a line, the median a stroke across.

Each quantity has an axis of its own, so that it can be read without the others. Every axis is drawn twice, logarithmic
and linear; the page's style shows one of the two, and without the page's script it is the logarithmic one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from flowreport.charts.axis import Axis, axis_over, tick_label
from flowreport.charts.canvas import FONT, LETTER, Canvas, clipped, short
from flowreport.charts.style import look

LOGARITHMIC, LINEAR = "logarithmic", "linear"
SCALES = (LOGARITHMIC, LINEAR)
_WIDTH, _LABELS = 960.0, 190.0
_BETWEEN, _NUMBERS = 20.0, 62.0
_PITCH, _APART, _HEAD, _AXIS = 16.0, 6.0, 30.0, 18.0
_DOT = 4.4
_TICK_WIDTH = 46.0


@dataclass(frozen=True)
class Quantity:
    """What a column shows; `unit` is its second line, `text` formats a value."""

    label: str
    unit: str
    text: Callable[[float], str]


@dataclass(frozen=True)
class Reading:
    """One number with its interval, where there is one, and the values of the trials, where they are shown."""

    value: float
    low: float | None = None
    high: float | None = None
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class PanelRow:
    """A case: one reading per quantity, None where there is none. Rows of one `group` share a heading."""

    group: str
    label: str
    subject: int
    readings: tuple[Reading | None, ...]


def panels(
    quantities: Sequence[Quantity], rows: Sequence[PanelRow], *, key: str, title: str, description: str
) -> Markup:
    """The rows as one picture, in the given order. `key` must be unique in the page. Raises ValueError without rows."""
    if not rows:
        raise ValueError("expected at least one row")
    places = _places(rows)
    bottom = places[-1][0] + _PITCH / 2
    canvas = Canvas((_WIDTH, bottom + _AXIS), key=key, title=title, description=description, kind="panels")
    width = (_WIDTH - _LABELS) / len(quantities)
    columns = []
    for k, quantity in enumerate(quantities):
        start, end = _LABELS + k * width + _BETWEEN, _LABELS + (k + 1) * width - _NUMBERS
        canvas.text(start, 10, quantity.label, font_weight="600")
        canvas.text(start, 22, quantity.unit, opacity="0.75")
        columns.append(_axes([r.readings[k] for r in rows], start, end))
    for name in SCALES:
        with canvas.group(class_=f"scale-{name}"):
            for axes in columns:
                _scale(canvas, axes[name], bottom)
    for y, row, heading in places:
        if heading:
            canvas.text(0, y - _PITCH + 3.5, heading, font_weight="600")
        with canvas.group(data_subject=row.subject, transform=f"translate(0 {short(y)})"):
            canvas.text(10, 3.5, clipped(row.label, _LABELS - 10))
            with canvas.group(text_anchor="end"):
                for k, (quantity, reading) in enumerate(zip(quantities, row.readings, strict=True)):
                    if reading:
                        canvas.text(_LABELS + (k + 1) * width, 3.5, quantity.text(reading.value))
            _readings(canvas, columns, row)
    return canvas.markup()


def _places(rows: Sequence[PanelRow]) -> list[tuple[float, PanelRow, str]]:
    """The middle of each row, and its heading where it is the first of its group."""
    places: list[tuple[float, PanelRow, str]] = []
    y = _HEAD
    for group, members in groupby(rows, key=lambda r: r.group):
        y += (_PITCH + _APART if places else _PITCH) if group else 0.0
        for i, row in enumerate(members):
            places.append((y + _PITCH / 2, row, group if i == 0 else ""))
            y += _PITCH
    return places


def _axes(readings: Sequence[Reading | None], start: float, end: float) -> dict[str, Axis]:
    """Both axes of a column. Where nothing is above 0 there is no logarithm, and both are linear."""
    values = [v for r in readings if r for v in (r.value, *r.values, r.low, r.high) if v is not None] or [0.0]
    return {name: axis_over(values, start, end, logarithmic=name == LOGARITHMIC) for name in SCALES}


def _scale(canvas: Canvas, axis: Axis, bottom: float) -> None:
    ticks = list(axis.ticks(max(int((axis.end - axis.start) / _TICK_WIDTH), 2)))
    labels = [(axis.at(t), tick_label(round(t, 12))) for t in ticks]
    if axis.zero is not None:
        labels.insert(0, (axis.zero, "≤0"))
    canvas.lines(
        [(x, _HEAD, x, bottom) for x, _ in labels], stroke="currentColor", stroke_opacity="0.14", stroke_width="0.7"
    )
    with canvas.group(text_anchor="middle", opacity="0.8"):
        free = 0.0
        for x, label in labels:
            half = len(label) * FONT * LETTER / 2
            if x - half >= free:
                canvas.text(x, bottom + 12, label)
                free = x + half + 4


def _readings(canvas: Canvas, columns: Sequence[dict[str, Axis]], row: PanelRow) -> None:
    """The shapes of all columns of a row as one path of dots and one of lines per kind of axis."""
    style = look(row.subject)
    with canvas.group(class_=f"line-{style.colour}", stroke=style.light, stroke_width="1.3"):
        for name in SCALES:
            dots: list[tuple[float, float]] = []
            strokes: list[tuple[float, float, float, float]] = []
            for axes, reading in zip(columns, row.readings, strict=True):
                if reading is None:
                    continue
                axis = axes[name]
                dots += [(axis.at(v), 0.0) for v in reading.values]
                x = axis.at(reading.value)
                strokes.append((x, -5, x, 5))
                if reading.low is not None and reading.high is not None:
                    strokes.append((axis.at(reading.low), 0, axis.at(reading.high), 0))
            canvas.dots(dots, _DOT, stroke_opacity="0.45", class_=f"scale-{name}")
            canvas.lines(strokes, class_=f"scale-{name}")
