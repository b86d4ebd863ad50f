"""The trials of each case of a workload: dots, median and interval, beside what a process of that case used."""

from collections.abc import Sequence

from markupsafe import Markup

from flowreport import units
from flowreport.cases import Analysis, Result
from flowreport.charts.panels import PanelRow, Quantity, Reading, panels
from flowreport.pages.names import Names
from flowreport.stats.estimate import Estimate


def strip_plot(analysis: Analysis, names: Names, results: Sequence[Result], title: str, key: str) -> Markup:
    """Time and memory per task of every trial."""
    quantities = (
        Quantity("Time per task, cold", "ns, lower is better", units.number),
        Quantity("Memory per task", "bytes, lower is better", units.number),
    )
    rows = [
        case_row(analysis, names, r, (reading(r.cold, r.cold_values), reading(r.memory, r.memory_values)))
        for r in results
    ]
    return panels(
        quantities,
        rows,
        key=f"{key}-strips",
        title=f"{title}: every trial of each case",
        description="A dot is a trial, the stroke across the median, the line its 95 % interval.",
    )


def resource_plot(analysis: Analysis, names: Names, results: Sequence[Result], title: str, key: str) -> Markup:
    """What a process used: CPU time, CPUs at once, context switches, and its time from start to end."""
    quantities = (
        Quantity("CPU time", "ns per task, cold", units.number),
        Quantity("CPUs used", "CPU time / wall time", units.number),
        Quantity("Voluntary switches", "per 1,000 tasks", units.number),
        Quantity("Involuntary switches", "per 1,000 tasks", units.number),
        Quantity("Whole process", "ms, start to exit", units.number),
    )
    rows = [
        case_row(
            analysis,
            names,
            r,
            (*(reading(e) for e in (r.cpu, r.cpus, r.voluntary, r.involuntary)), reading(r.process, unit=1e6)),
        )
        for r in results
    ]
    return panels(
        quantities,
        rows,
        key=f"{key}-resources",
        title=f"{title}: CPU time, context switches and process time of each case",
        description="The stroke across is the median over trials, the line its 95 % interval.",
    )


def reading(estimate: Estimate, values: tuple[float, ...] = (), *, unit: float = 1.0) -> Reading:
    """An estimate as a chart takes it, in the given unit."""
    low, high = (estimate.interval.low / unit, estimate.interval.high / unit) if estimate.interval else (None, None)
    return Reading(estimate.value / unit, low, high, tuple(v / unit for v in values))


def case_row(analysis: Analysis, names: Names, result: Result, readings: tuple[Reading | None, ...]) -> PanelRow:
    """A case as a row of panels, below those of the same number of tasks."""
    case = result.case
    label = f"{names.title(case.subject)}{'' if analysis.run.unlike(case) is None else ' †'}"
    return PanelRow(f"{units.size(case.tasks)} tasks", label, names.place(case.subject), readings)
