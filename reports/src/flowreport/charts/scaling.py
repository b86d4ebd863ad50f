"""One quantity against the number of tasks, one line per subject, both axes logarithmic."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, Locator, LogLocator, MaxNLocator, NullFormatter, NullLocator

from flowreport import units
from flowreport.charts.style import INK, look
from flowreport.charts.svg import inline_svg
from flowreport.stats.estimate import Estimate

_INCHES = (5.6, 3.5)
_FONT_POINTS = 8.5
# Spans of a logarithmic axis (highest over lowest) below which it is labelled evenly, or at 1, 2 and 5.
SHORT, LONG = 6.0, 60.0


@dataclass(frozen=True)
class Point:
    """What one case measured: its estimate, and the value of each trial."""

    tasks: int
    estimate: Estimate
    values: tuple[float, ...]


@dataclass(frozen=True)
class Series:
    """The points of one subject, by rising number of tasks. `subject` is its place in run.json."""

    subject: int
    points: tuple[Point, ...]


def scaling_chart(
    series: Sequence[Series], *, quantity: str, key: str, title: str, description: str
) -> tuple[Markup, Markup]:
    """Lines through the medians, the interval as a band and a bar, every trial as a dot: logarithmic, and linear.

    `quantity` names the vertical axis with its unit. On the logarithmic one values below 1 fall into a linear strip at
    the bottom, since a logarithm has no place for 0. The number of tasks is on a logarithmic axis in both.
    """
    logarithmic = _chart(series, quantity, key, (title, description), linear=False)
    return logarithmic, _chart(series, quantity, f"{key}-linear", (title, description), linear=True)


def _chart(series: Sequence[Series], quantity: str, key: str, label: tuple[str, str], *, linear: bool) -> Markup:
    figure = Figure(figsize=_INCHES)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for one in series:
        _draw(axes, one)
    _scale(axes, series, linear=linear)
    _place(figure, axes)
    axes.set_xlabel("tasks (logarithmic)", fontsize=_FONT_POINTS, color=INK)
    axes.set_ylabel(f"{quantity}, lower is better", fontsize=_FONT_POINTS, color=INK)
    axes.grid(visible=True, which="major", color=INK, alpha=0.13, linewidth=0.6, clip_on=False)
    axes.tick_params(which="both", labelsize=_FONT_POINTS, color=INK, labelcolor=INK, width=0.6)
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(INK)
        spine.set_linewidth(0.6)
    return inline_svg(
        figure, key=key, title=label[0], description=label[1], kind="scale-linear" if linear else "scale-logarithmic"
    )


def _place(figure: Figure, axes: Axes) -> None:
    """Margins that hold the labels: matplotlib's own layout measures every text, which takes as long as drawing."""
    low, high = axes.get_ylim()
    labels = [f"{t:,.9g}" for t in axes.yaxis.get_major_locator().tick_values(low, high) if low <= t <= high]
    letters = max((len(label) for label in labels), default=1)
    width, height = (72 * inches for inches in _INCHES)
    left = (2.2 + 0.6 * letters) * _FONT_POINTS
    figure.subplots_adjust(
        left=left / width, right=1 - 3 / width, bottom=3.7 * _FONT_POINTS / height, top=1 - 3 / height
    )


def _draw(axes: Axes, series: Series) -> None:
    style = look(series.subject)
    # Each artist gets its own gid, since matplotlib writes it as an id; the second number only keeps them apart.
    tasks = np.array([p.tasks for p in series.points], dtype=float)
    medians = np.array([p.estimate.value for p in series.points])
    sure = [p for p in series.points if p.estimate.interval]
    bounds = [(p.tasks, p.estimate.interval.low, p.estimate.interval.high) for p in sure if p.estimate.interval]
    if bounds:
        at, low, high = (np.array(column, dtype=float) for column in zip(*bounds, strict=True))
        band = axes.fill_between(at, low, high, color=style.light, alpha=0.13, linewidth=0, clip_on=False)
        band.set_gid(f"subject:{series.subject}:band")
        bars = axes.vlines(at, low, high, color=style.light, linewidth=1.1, alpha=0.8, clip_on=False)
        bars.set_gid(f"subject:{series.subject}:bars")
    dots = [(p.tasks, v) for p in series.points for v in p.values]
    x, y = (np.array(column, dtype=float) for column in zip(*dots, strict=True))
    (raw,) = axes.plot(
        x, y, linestyle="none", marker="o", markersize=2, color=style.light, alpha=0.45, mew=0, clip_on=False
    )
    raw.set_gid(f"subject:{series.subject}:raw")
    (line,) = axes.plot(
        tasks, medians, color=style.light, linewidth=1.5, marker=style.marker, markersize=5, mew=0, clip_on=False
    )
    if style.dashes:
        line.set_dashes(style.dashes)
    line.set_gid(f"subject:{series.subject}:line")


def _scale(axes: Axes, series: Sequence[Series], *, linear: bool) -> None:
    sizes = sorted({p.tasks for s in series for p in s.points})
    values = [v for s in series for p in s.points for v in p.values]
    axes.set_xscale("log")
    axes.set_xlim(sizes[0] / 1.5, sizes[-1] * 1.5)
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: units.size(round(at))))
    axes.xaxis.set_minor_locator(NullLocator())
    least, most = min(values), max(values)
    if linear:
        axes.set_ylim(min(least, 0) * 1.05, max(most * 1.05, 0.1))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    elif least < 1:
        axes.set_yscale("symlog", linthresh=1.0, linscale=0.5)
        axes.set_ylim(min(least, 0) - 0.1, max(most, 1) * 1.6)
        decades = np.ceil(np.log10(max(most, 1)))
        axes.yaxis.set_major_locator(FixedLocator([0.0, *(10.0 ** np.arange(0, decades + 1))]))
        axes.yaxis.set_minor_locator(NullLocator())
    else:
        axes.set_yscale("log")
        margin = max(1.06, (most / least) ** 0.06)
        axes.set_ylim(least / margin, most * margin)
        axes.yaxis.set_major_locator(_labels(most / least))
        axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{at:,.9g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _labels(span: float) -> Locator:
    """Where to label a logarithmic axis: powers of ten alone would leave a short one with a label or none."""
    if span < SHORT:
        return MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10])
    return LogLocator(base=10, subs=(1.0, 2.0, 5.0) if span < LONG else (1.0,), numticks=12)
