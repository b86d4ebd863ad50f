"""Every trial at the moment it started, one strip per subject: what changes with time shows as a slope or a step."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from markupsafe import Markup

from flowreport import units
from flowreport.charts.axis import Axis, tick_label
from flowreport.charts.canvas import Canvas, clipped
from flowreport.charts.style import look

_WIDTH, _LABELS = 960.0, 150.0
_STRIP, _GAP, _TOP, _AXIS = 44.0, 16.0, 6.0, 34.0
_MOST_TICKS = 10
# The strips show at least a tenth up and down, and the central share of all values; the rest lies at their edges.
_LEAST_SPAN, _SHOWN = 1.1, 0.98


@dataclass(frozen=True)
class Strip:
    """The trials of one subject: seconds from the start of the run, and the value over what is usual for its case.

    `trend` is a line through medians; `warmup` are trials that are not counted.
    """

    subject: int
    label: str
    trials: tuple[tuple[float, float], ...]
    warmup: tuple[tuple[float, float], ...]
    trend: tuple[tuple[float, float], ...]


def timeline(strips: Sequence[Strip], *, key: str, title: str, description: str) -> Markup:
    """The strips below each other over one time axis. Raises ValueError without a trial; values are above 0."""
    points = [p for s in strips for p in (*s.trials, *s.warmup)]
    if not points:
        raise ValueError("expected at least one trial")
    bottom = _TOP + len(strips) * (_STRIP + _GAP)
    canvas = Canvas((_WIDTH, bottom + _AXIS), key=key, title=title, description=description, kind="timeline")
    last = max(t for t, _ in points)
    minutes = last >= 180  # noqa: PLR2004 - seconds; above, minutes have fewer digits
    unit = 60.0 if minutes else 1.0
    along = Axis(0.0, max(last / unit, 1e-9), _LABELS + 44, _WIDTH - 6, logarithmic=False)
    ticks = along.ticks(_MOST_TICKS)
    canvas.lines(
        [(along.at(t), _TOP, along.at(t), bottom) for t in ticks], stroke="currentColor", stroke_opacity="0.14"
    )
    for t in ticks:
        canvas.text(along.at(t), bottom + 10, tick_label(round(t, 12)), text_anchor="middle")
    name = f"{'minutes' if minutes else 'seconds'} since the run began"
    canvas.text((along.start + along.end) / 2, bottom + 26, name, text_anchor="middle")
    span = _span([v for _, v in points])
    for place, strip in enumerate(strips):
        top = _TOP + place * (_STRIP + _GAP)
        _strip(canvas, strip, along, Axis(1 / span, span, top + _STRIP, top, logarithmic=True), unit)
    return canvas.markup()


def _span(values: Sequence[float]) -> float:
    away = np.abs(np.log(np.array(values)))
    return max(exp(float(np.quantile(away, _SHOWN))), _LEAST_SPAN)


def _strip(canvas: Canvas, strip: Strip, along: Axis, up: Axis, unit: float) -> None:
    style = look(strip.subject)
    with canvas.group(data_subject=strip.subject):
        canvas.text(0, (up.start + up.end) / 2 + 3.5, clipped(strip.label, _LABELS))
        edges = (up.high, 1.0, up.low)
        canvas.lines(
            [(along.start, up.at(v), along.end, up.at(v)) for v in edges], stroke="currentColor", stroke_opacity="0.25",
            stroke_width="0.6",
        )  # fmt: skip
        for v in edges:
            canvas.text(along.start - 5, up.at(v) + 3.5, f"{v:.2f}{units.TIMES}", text_anchor="end", opacity="0.8")
        stroke = {"stroke": style.light, "class_": f"line-{style.colour}"}
        trials = ((along.at(t / unit), up.at(v)) for t, v in strip.trials)
        canvas.dots(trials, 2.8, stroke_opacity="0.45", **stroke)
        for t, v in strip.warmup:
            canvas.add("circle", cx=along.at(t / unit), cy=up.at(v), r=2.0, fill="none", stroke_opacity="0.7", **stroke)
        canvas.polyline(((along.at(t / unit), up.at(v)) for t, v in strip.trend), stroke_width="1.8", **stroke)
