"""Ratios with their intervals, one row each, on a logarithmic axis around 1: the forest plot of meta-analyses.

A row reads from left to right: what was compared, the interval as a line with the estimate as its marker, the numbers.
Controls stand together on top, in grey.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, inf, log

from markupsafe import Markup

from flowreport import units
from flowreport.charts.axis import Axis, tick_label
from flowreport.charts.canvas import FONT, LETTER, Canvas, clipped, short
from flowreport.charts.style import TONES

_WIDTH, _LABELS, _NUMBERS = 720.0, 232.0, 132.0
_EDGE = 8.0
_ROOMY, _TIGHT = 17.0, 13.0
# From so many rows on, rows are tight, and the axis is drawn at the top too.
_MANY = 30
_LEGEND, _AXIS = 20.0, 30.0
_MOST_TICKS = 7
# An interval may stretch the axis to so many times what the estimates and the margin need; then it ends in an arrow.
_STRETCH = 3.0


class Tone(StrEnum):
    """What a row says; the value names it in the legend and its colour in the page's CSS."""

    REGRESSION = "regression"
    IMPROVEMENT = "improvement"
    UNCLEAR = "unclear"
    PASS = "pass"  # noqa: S105 - a verdict
    CONTROL = "control"
    NOT_GATED = "not gated"


# Around (0, 0) and about 3.5 pixels to each side. Colour never stands alone, so each tone has a shape.
_SHAPES = {
    Tone.REGRESSION: "m-3.5-3.5h7v7h-7z",
    Tone.IMPROVEMENT: "m0-4.5l4.5 4.5l-4.5 4.5l-4.5-4.5z",
    Tone.UNCLEAR: "m-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0z",
    Tone.PASS: "m-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0z",
    Tone.CONTROL: "m0-3.6l3.6 6.4h-7.2z",
    Tone.NOT_GATED: "m-3-3l6 6m0-6l-6 6",
}
_HOLLOW = (Tone.UNCLEAR, Tone.NOT_GATED)


@dataclass(frozen=True)
class ForestRow:
    """`ratio` > 0, 1.0 = unchanged; `low` and `high` bound it, None where there is no interval (or no such end).

    `subject` is its place in run.json, for the page's filter; `key` lets the page's script find the row again.
    """

    label: str
    ratio: float
    low: float | None
    high: float | None
    tone: Tone
    subject: int | None = None
    key: str | None = None


def forest_plot(  # noqa: PLR0913 - each is a part of the picture
    rows: Sequence[ForestRow],
    *,
    key: str,
    title: str,
    description: str,
    axis: str,
    margin: float | None = None,
    noise_floor: float | None = None,
    words: Mapping[Tone, str] | None = None,
) -> Markup:
    """The rows as one picture, controls first, else in the given order. `key` must be unique in the page.

    `axis` names the ratio under the axis ("time per task, candidate over base"). `margin` 0.05 shades 1/1.05 to
    1.05; `noise_floor` 0.02 draws dashed lines at 1/1.02 and 1.02. `words` name the tones otherwise, and each of
    them is then in the legend, met or not.
    Raises ValueError without rows, or for a ratio that has no logarithm.
    """
    if not rows or any(not 0 < r.ratio < inf for r in rows):
        raise ValueError("expected at least one row, and ratios above 0")
    controls = [r for r in rows if r.tone is Tone.CONTROL]
    others = [r for r in rows if r.tone is not Tone.CONTROL]
    many = len(rows) > _MANY
    pitch = _TIGHT if many else _ROOMY
    top = _LEGEND + (_AXIS if many else 0.0)
    gap = pitch / 2 if controls and others else 0.0
    bottom = top + len(rows) * pitch + gap
    low, high = _span(rows, (margin, noise_floor))
    scale = Axis(low, high, _LABELS, _WIDTH - _NUMBERS, logarithmic=True)
    canvas = Canvas((_WIDTH, bottom + _AXIS), key=key, title=title, description=description, kind="forest")
    named = {tone: tone.value for tone in Tone if any(r.tone is tone for r in rows)} | dict(words or {})
    _legend(canvas, named)
    ends = {"data_start": scale.start, "data_end": scale.end, "data_top": top, "data_bottom": bottom}
    with canvas.group(class_="scale", **ends):
        _background(canvas, scale, (top, bottom), margin, noise_floor)
        _axis(canvas, scale, (top, bottom), axis, many=many)
    y = top + pitch / 2
    for row in controls:
        _row(canvas, scale, row, y, named[row.tone])
        y += pitch
    if gap:
        y += gap
        canvas.lines(
            [(0, y - (pitch + gap) / 2, _WIDTH, y - (pitch + gap) / 2)], stroke="currentColor", stroke_opacity=0.3
        )
    for row in others:
        _row(canvas, scale, row, y, named[row.tone])
        y += pitch
    return canvas.markup()


def _span(rows: Sequence[ForestRow], bands: Sequence[float | None]) -> tuple[float, float]:
    """The ends of the axis: estimates, bands and 1 are within; intervals too, unless they are far wider."""
    bound = [log(1.0 + b) for b in bands if b]
    points = [log(r.ratio) for r in rows]
    low, high = min(0.0, *points, *(-b for b in bound)), max(0.0, *points, *bound)
    room = max(_STRETCH * max(-low, high), 0.02)
    ends = [log(end) for r in rows for end in (r.low, r.high) if end is not None and 0 < end < inf]
    low, high = min([low, *(max(e, -room) for e in ends)]), max([high, *(min(e, room) for e in ends)])
    padding = max(0.04 * (high - low), 0.005)
    return exp(low - padding), exp(high + padding)


def _background(
    canvas: Canvas, scale: Axis, ys: tuple[float, float], margin: float | None, noise_floor: float | None
) -> None:
    top, bottom = ys
    if margin:
        left, right = scale.at(1 / (1 + margin)), scale.at(1 + margin)
        canvas.add("rect", x=left, y=top, width=right - left, height=bottom - top, fill_opacity="0.09", class_="margin")
    if noise_floor:
        at = [scale.at(1 / (1 + noise_floor)), scale.at(1 + noise_floor)]
        canvas.lines(
            [(x, top, x, bottom) for x in at],
            stroke="currentColor", stroke_opacity="0.5", stroke_dasharray="2 3", class_="noise",
        )  # fmt: skip
    canvas.lines(
        [(scale.at(1.0), top, scale.at(1.0), bottom)], stroke="currentColor", stroke_opacity="0.7", class_="one"
    )


def _axis(canvas: Canvas, scale: Axis, ys: tuple[float, float], name: str, *, many: bool) -> None:
    ticks = scale.ticks(_MOST_TICKS)
    top, bottom = ys
    grid = [(scale.at(t), top, scale.at(t), bottom) for t in ticks if t != 1.0]
    canvas.lines(grid, stroke="currentColor", stroke_opacity="0.13")
    for at in (bottom + 11, top - 4) if many else (bottom + 11,):
        with canvas.group(text_anchor="middle"):
            for t in ticks:
                canvas.text(scale.at(t), at, f"{tick_label(round(t, 12))}{units.TIMES}")
    if name:
        canvas.text((scale.start + scale.end) / 2, bottom + 24, f"{name} (logarithmic)", text_anchor="middle")


def _legend(canvas: Canvas, named: Mapping[Tone, str]) -> None:
    x = 0.0
    for tone in Tone:
        if tone in named:
            with canvas.group(data_tone=_css(tone)):
                _marker(canvas, tone, x + 5, 8)
                canvas.text(x + 13, 11.5, named[tone])
            x += 13 + len(named[tone]) * FONT * LETTER + 16


def _row(canvas: Canvas, scale: Axis, row: ForestRow, y: float, word: str) -> None:
    numbers = units.ratio(row.ratio)
    if row.low is not None or row.high is not None:
        ends = ("0" if row.low is None else units.number(row.low), "∞" if row.high is None else units.number(row.high))
        numbers += f" ({ends[0]} – {ends[1]})"
    with canvas.group(data_subject=row.subject, data_key=row.key, class_="row"):
        canvas.add("title", f"{row.label}: {numbers}, {word}")
        canvas.text(0, y + 3.5, clipped(row.label, _LABELS - _EDGE), class_="name")
        if row.low is not None or row.high is not None:
            _interval(canvas, scale, row, y)
        _marker(canvas, row.tone, scale.at(row.ratio), y)
        canvas.text(_WIDTH, y + 3.5, numbers, text_anchor="end", class_="numbers")


def _interval(canvas: Canvas, scale: Axis, row: ForestRow, y: float) -> None:
    """A line with an arrow at each end that lies outside the axis."""
    low, high = row.low or 0.0, inf if row.high is None else row.high
    left = scale.start if low < scale.low else scale.at(low)
    right = scale.end if high > scale.high else scale.at(high)
    path = f"M{short(left)} {short(y)}H{short(right)}"
    if low < scale.low:
        path += f"M{short(left + 4)} {short(y - 3)}l-4 3l4 3"
    if high > scale.high:
        path += f"M{short(right - 4)} {short(y - 3)}l4 3l-4 3"
    colour = TONES[row.tone.name.lower()][0]
    canvas.add("path", d=path, fill="none", stroke=colour, stroke_width="1.4", class_=f"line-{_css(row.tone)}")


def _marker(canvas: Canvas, tone: Tone, x: float, y: float) -> None:
    colour = TONES[tone.name.lower()][0]
    path = f"M{short(x)} {short(y)}{_SHAPES[tone]}"
    if tone in _HOLLOW:
        # The paper's colour inside keeps the interval's line out of a hollow marker.
        canvas.add("path", d=path, fill="none", class_=f"hollow line-{_css(tone)}", stroke=colour, stroke_width="1.5")
    else:
        canvas.add("path", d=path, fill=colour, class_=f"fill-{_css(tone)}")


def _css(tone: Tone) -> str:
    return tone.value.replace(" ", "-")
