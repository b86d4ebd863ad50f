"""The samples in the order in which they were taken: over the run, and within a process."""

from dataclasses import dataclass

from markupsafe import Markup

from flowreport.cases import Analysis
from flowreport.charts.lines import Line, LinePoint, line_chart
from flowreport.charts.timeline import Strip, timeline
from flowreport.pages.names import Mark, Names
from flowreport.sequence import BINS, TimeOrder, in_time_order, within_process


@dataclass(frozen=True)
class SequenceSection:
    """`within` is None when no trial has more than one sample; `bins` is the number of pieces of the trend."""

    marks: tuple[Mark, ...]
    over_run: Markup
    within: Markup | None
    bins: int


def sequence_section(analysis: Analysis, names: Names) -> SequenceSection | None:
    """Both charts; None when no case was measured."""
    orders = in_time_order(analysis)
    if not orders:
        return None
    marks = tuple(names.marks[names.place(o.subject)] for o in orders)
    strips = [_strip(o, names) for o in orders]
    over_run = timeline(
        strips,
        key="sequence-run",
        title="Every trial in the order of the run",
        description="Cold time of a trial over the median of its case, one strip per subject; the line joins medians.",
    )
    return SequenceSection(marks, over_run, _within(analysis, names), BINS)


def _strip(order: TimeOrder, names: Names) -> Strip:
    place = names.place(order.subject)
    return Strip(place, names.title(order.subject), order.trials, order.warmup, order.trend)


def _within(analysis: Analysis, names: Names) -> Markup | None:
    means = within_process(analysis)
    if not means:
        return None
    lines = [
        Line(names.place(subject), tuple(LinePoint(i, value) for i, value in enumerate(values)))
        for subject, values in means.items()
    ]
    return line_chart(
        lines,
        axes=("sample within its process (0 is cold)", "time over that of sample 0"),
        key="sequence-process",
        title="How the samples of a process change",
        description="Per subject, the geometric mean over its cases of the median of sample i over sample 0.",
    )
