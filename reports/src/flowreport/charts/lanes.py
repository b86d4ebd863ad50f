"""A trace as a picture: one lane a worker, slices as bars, instants as marks above them, over one axis of time."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from flowreport.charts.style import INK, LIGHT, LIGHT_BACKGROUND
from flowreport.errors import ReportError
from flowreport.trace import Lane, Slices

_WIDTH_INCHES, _LANE_INCHES, _REST_INCHES, _DPI = 11.0, 0.75, 1.25, 100
_BAR_FROM, _BAR_HEIGHT, _MARKS = -0.44, 0.68, 0.36  # from the middle of the lane; marks lie above the bars
_BARS = {"run": LIGHT[0], "parked": "#d7dbe0"}
_MARKERS = {"spawn": ("|", LIGHT[2]), "steal": ("v", LIGHT[1]), "timer": ("o", LIGHT[3])}
_MILLISECONDS_FROM = 3_000.0


def draw(lanes: Sequence[Lane], path: Path, *, title: str, between: tuple[float, float] | None = None) -> None:
    """Write a PNG of the lanes, of the time `between` (microseconds) or of all. Raises ReportError."""
    begin, end = between or (0.0, max(max(lane.ends) for lane in lanes))
    if not any(_inside(lane, begin, end) for lane in lanes):
        raise ReportError(f"nothing happened between {begin:g} and {end:g} µs")
    unit, name = (1_000.0, "ms") if end - begin >= _MILLISECONDS_FROM else (1.0, "µs")
    figure = Figure(
        figsize=(_WIDTH_INCHES, _REST_INCHES + _LANE_INCHES * len(lanes)), dpi=_DPI, facecolor=LIGHT_BACKGROUND
    )
    axes = figure.subplots()
    for place, lane in enumerate(lanes):
        y = len(lanes) - 1 - place
        for kind, colour in _BARS.items():
            bars = _cut(lane.slices.get(kind, []), begin, end)
            axes.broken_barh(
                [(b / unit, (e - b) / unit) for b, e in bars], (y + _BAR_FROM, _BAR_HEIGHT), color=colour, lw=0
            )
        for kind, (marker, colour) in _MARKERS.items():
            times = [at / unit for at in lane.instants.get(kind, []) if begin <= at <= end]
            axes.plot(times, [y + _MARKS] * len(times), marker, color=colour, markersize=5, alpha=0.8, clip_on=False)
    axes.set_yticks([len(lanes) - 1 - i for i in range(len(lanes))], [lane.name for lane in lanes], color=INK)
    axes.set_xlim(begin / unit, end / unit)
    axes.set_ylim(-0.6, len(lanes) - 0.4)
    axes.set_xlabel(f"{name} since the trace began", color=INK)
    axes.set_title(title, color=INK, loc="left", fontsize=11)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    patches = [Patch(color=colour, label=kind) for kind, colour in _BARS.items()]
    marks = [
        Line2D([], [], linestyle="", marker=marker, color=colour, label=kind)
        for kind, (marker, colour) in _MARKERS.items()
    ]
    figure.legend(
        handles=[*patches, *marks], loc="upper right", ncols=len(patches) + len(marks), frameon=False, fontsize=9
    )
    figure.tight_layout()
    try:
        figure.savefig(path, format="png", metadata={"Software": None})
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def _cut(slices: Slices, begin: float, end: float) -> Slices:
    return [(max(b, begin), min(e, end)) for b, e in slices if e > begin and b < end]


def _inside(lane: Lane, begin: float, end: float) -> bool:
    return any(_cut(slices, begin, end) for slices in lane.slices.values()) or any(
        begin <= at <= end for instants in lane.instants.values() for at in instants
    )
