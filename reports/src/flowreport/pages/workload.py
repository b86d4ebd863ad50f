"""One workload: what a task does, its charts, the short lines, and the full table."""

from dataclasses import dataclass, replace

from markupsafe import Markup

from flowreport import units
from flowreport.cases import Analysis, Group, Result
from flowreport.charts.scaling import Point, Series, scaling_chart
from flowreport.model import Case, Workload
from flowreport.outcomes import absence
from flowreport.pages.names import Mark, Names, case_key, unlike_key
from flowreport.pages.overview import ratio_cell
from flowreport.pages.ratios import ratio_plot
from flowreport.pages.strips import resource_plot, strip_plot
from flowreport.pages.table import NOTHING, Cell, Column, Row, Table
from flowreport.pages.times import LATENESS, SHARES, times_plot, times_table
from flowreport.signs import TOO_FEW
from flowreport.stats.buckets import percentile_bound
from flowreport.stats.estimate import Estimate


@dataclass(frozen=True)
class Unlike:
    """How the work of a subject is not quite the same. `key` is the element that the marks lead to."""

    key: str
    place: int
    title: str
    how: str


@dataclass(frozen=True)
class Charts:
    """`time` and `memory` against the number of tasks are there twice: logarithmic, and linear."""

    time: tuple[Markup, Markup]
    memory: tuple[Markup, Markup]
    ratios: Markup
    strips: Markup
    resources: Markup


@dataclass(frozen=True)
class WorkloadSection:
    """`missing` are (subject, sizes, why) without a result; `charts` is None when nothing was measured.

    `place` is that of the workload in the run, which the filter knows the section by.
    """

    key: str
    title: str
    workload: Workload
    marks: tuple[Mark, ...]
    place: int
    charts: Charts | None
    lines: Table | None
    table: Table
    lateness: Table | None
    times: Table | None
    times_plot: Markup | None
    missing: tuple[tuple[str, str, str], ...]
    unlike: tuple[Unlike, ...]


def workload_section(analysis: Analysis, names: Names, group: Group, place: int) -> WorkloadSection:
    """Everything on one workload at one number of workers. `place` numbers it in the page."""
    key, title = f"w{place}", names.group(group)
    cases = [Case(s.id, group.workload.id, n, group.workers) for n in group.sizes for s in analysis.run.runtimes]
    results = [analysis.results[c] for c in cases if c in analysis.results]
    measured = {r.case.subject for r in results}
    return WorkloadSection(
        key=key,
        title=title,
        workload=group.workload,
        marks=tuple(names.marks[names.place(s.id)] for s in analysis.run.runtimes if s.id in measured),
        place=analysis.run.workloads.index(group.workload),
        charts=_charts(analysis, names, results, title, key) if results else None,
        lines=_lines(analysis, names, results, key),
        table=_table(analysis, names, results, title, key),
        lateness=_lateness(names, results, key),
        times=times_table(names, results, key),
        times_plot=times_plot(analysis, names, results, title, key),
        missing=_missing(analysis, names, cases),
        unlike=_unlike(analysis, names, results),
    )


def _unlike(analysis: Analysis, names: Names, results: list[Result]) -> tuple[Unlike, ...]:
    found = {}
    for r in results:
        how = analysis.run.unlike(r.case)
        if how is not None:
            place = names.place(r.case.subject)
            found[place] = Unlike(unlike_key(analysis.run, r.case), place, names.title(r.case.subject), how)
    return tuple(found[place] for place in sorted(found))


def _missing(analysis: Analysis, names: Names, cases: list[Case]) -> tuple[tuple[str, str, str], ...]:
    groups: dict[tuple[str, str], list[str]] = {}
    for c in cases:
        if c not in analysis.results:
            groups.setdefault((names.title(c.subject), absence(analysis.run, c).why), []).append(units.size(c.tasks))
    return tuple((title, ", ".join(sizes), why) for (title, why), sizes in groups.items())


def _charts(analysis: Analysis, names: Names, results: list[Result], title: str, key: str) -> Charts:
    return Charts(
        time=_time_chart(analysis, names, results, title, key),
        memory=_memory_chart(analysis, names, results, title, key),
        ratios=ratio_plot(analysis, names, results, title, key),
        strips=strip_plot(analysis, names, results, title, key),
        resources=resource_plot(analysis, names, results, title, key),
    )


def _time_chart(analysis: Analysis, names: Names, results: list[Result], title: str, key: str) -> tuple[Markup, Markup]:
    return scaling_chart(
        _series(analysis, names, [(r, r.cold, r.cold_values) for r in results]),
        quantity="time per task (ns)",
        key=f"{key}-time",
        title=f"{title}: time per task against the number of tasks",
        description="Cold median, 95 % interval and every trial of each subject; the table below has the numbers.",
    )


def _memory_chart(
    analysis: Analysis, names: Names, results: list[Result], title: str, key: str
) -> tuple[Markup, Markup]:
    return scaling_chart(
        _series(analysis, names, [(r, r.memory, r.memory_values) for r in results]),
        quantity="memory per task (bytes)",
        key=f"{key}-memory",
        title=f"{title}: memory per task against the number of tasks",
        description="Median, 95 % interval and every trial of each subject; the table below has the numbers.",
    )


def _series(
    analysis: Analysis, names: Names, measured: list[tuple[Result, Estimate, tuple[float, ...]]]
) -> list[Series]:
    points: dict[str, list[Point]] = {}
    for result, estimate, values in measured:
        points.setdefault(result.case.subject, []).append(Point(result.case.tasks, estimate, values))
    return [Series(names.place(s.id), tuple(points[s.id])) for s in analysis.run.runtimes if s.id in points]


def _lines(analysis: Analysis, names: Names, results: list[Result], key: str) -> Table | None:
    """The four numbers a reader of the project's first documents looks for: reference next to baseline."""
    run = analysis.run
    shown = [s.id for s in (run.reference, run.baseline) if s]
    rows = tuple(
        Row(
            (
                Cell(units.count(r.case.tasks), r.case.tasks),
                names.case_cell(r.case),
                Cell(units.duration(r.cold.value * r.case.tasks), r.cold.value * r.case.tasks),
                Cell(units.count(r.tasks_per_second), r.tasks_per_second),
                Cell(units.number(r.memory.value), r.memory.value),
                _speed_up_cell(analysis, r),
            ),
            names.place(r.case.subject),
        )
        for r in results
        if r.case.subject in shown
    )
    against = f"against {run.baseline.title}" if run.baseline else "no baseline in this run"
    columns = (
        Column("任务数 / tasks"),
        Column("方案 / subject", words=True),
        Column("执行时间 / time", "all tasks, cold"),
        Column("吞吐量 / throughput", "tasks/s"),
        Column("内存使用 / memory", "bytes per task"),
        Column("性能提升 / speed-up", against),
    )
    return Table(f"{key}-lines", "In four numbers", columns, rows) if rows else None


def _speed_up_cell(analysis: Analysis, result: Result) -> Cell:
    speed_up = analysis.speed_up(result)
    return NOTHING if speed_up is None else Cell(units.ratio(speed_up), speed_up)


def _table(analysis: Analysis, names: Names, results: list[Result], title: str, key: str) -> Table:
    anchor = analysis.anchor
    in_flight = any(r.in_flight is not None for r in results)
    columns = (
        Column("Tasks"),
        Column("Subject", words=True),
        Column("Cold", "ns/task"),
        Column("95 % interval", "ns/task"),
        Column("n", "trials"),
        Column("Warm", "ns/task"),
        Column("CPU time", "ns/task, cold"),
        Column("Throughput", "tasks/s"),
        Column("Memory", "bytes/task"),
        Column("Process", "ms, whole"),
        Column("Switches", "voluntary, per 1,000 tasks"),
        Column("Switches", "involuntary, per 1,000 tasks"),
        *((Column("In flight", "least, cold"),) if in_flight else ()),
        *((Column("Ratio", "to ", base=anchor.title),) if anchor else ()),
        Column("Ratio", "to the best"),
    )
    rows = []
    for r in results:
        best = analysis.best(r.case)
        cells = [
            Cell(units.size(r.case.tasks), r.case.tasks),
            names.case_cell(r.case),
            Cell(units.number(r.cold.value), r.cold.value, "strong"),
            _interval_cell(r.cold),
            _count_cell(analysis, r),
            NOTHING if r.warm_ns is None else Cell(units.number(r.warm_ns), r.warm_ns),
            Cell(units.number(r.cpu_ns), r.cpu_ns),
            Cell(units.count(r.tasks_per_second), r.tasks_per_second),
            Cell(units.number(r.memory.value), r.memory.value),
            Cell(units.number(r.process_ns / 1e6), r.process_ns),
            Cell(units.number(r.voluntary.value), r.voluntary.value),
            Cell(units.number(r.involuntary.value), r.involuntary.value),
        ]
        if in_flight:
            cells.append(NOTHING if r.in_flight is None else Cell(units.count(r.in_flight), r.in_flight))
        if anchor:
            ratio = ratio_cell(analysis, r, analysis.result_of(anchor, r.case))
            cells.append(replace(ratio, key=case_key(analysis, names, r.case)))
        cells.append(ratio_cell(analysis, r, best))
        rows.append(Row(tuple(cells), names.place(r.case.subject)))
    return Table(f"{key}-all", f"{title}: all measured cases", columns, tuple(rows))


def _interval_cell(estimate: Estimate) -> Cell:
    if estimate.interval is None:
        return Cell(units.DASH, note=TOO_FEW)
    low, high = estimate.interval.low, estimate.interval.high
    return Cell(f"{units.number(low)} – {units.number(high)}", high - low)


def _count_cell(analysis: Analysis, result: Result) -> Cell:
    planned = analysis.planned.get(result.case)
    if planned is None or planned == result.cold.n:
        return Cell(units.count(result.cold.n), result.cold.n)
    return Cell(f"{result.cold.n} of {planned}", result.cold.n, "warn")


def _lateness(names: Names, results: list[Result], key: str) -> Table | None:
    rows = []
    for r in results:
        lateness = r.histograms.get(LATENESS)
        if not lateness:
            continue
        bounds = [percentile_bound(lateness, share) for share in SHARES]
        total = sum(n for _, n in lateness)
        cells = (
            Cell(units.size(r.case.tasks), r.case.tasks),
            names.case_cell(r.case),
            *(Cell(f"≤ {units.duration(b)}", b) for b in bounds),
            Cell(units.count(total), total),
        )
        rows.append(Row(cells, names.place(r.case.subject)))
    heads = ("median", "90 %", "99 %", "99.9 %", "latest")
    columns = (
        *(Column("Tasks"), Column("Subject", words=True)),
        *(Column(h, "late by at most") for h in heads),
        Column("Wakes", "all trials"),
    )
    return Table(f"{key}-late", "How late sleepers woke", columns, tuple(rows)) if rows else None
