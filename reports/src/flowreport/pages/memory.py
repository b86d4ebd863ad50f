"""Memory across sizes: a straight line per subject and workload; its slope is a task, its intercept the rest."""

from dataclasses import dataclass

from markupsafe import Markup

from flowreport import units
from flowreport.cases import Analysis, Group
from flowreport.charts.panels import PanelRow, Quantity, panels
from flowreport.model import Case
from flowreport.pages.names import Mark, Names
from flowreport.pages.strips import reading
from flowreport.pages.table import NOTHING, Cell, Column, Row, Table
from flowreport.stats.estimate import Estimate


@dataclass(frozen=True)
class MemorySection:
    """One figure per workload, with its place in the run, and the table with the numbers of all."""

    figures: tuple[tuple[int, Markup], ...]
    marks: tuple[Mark, ...]
    table: Table


def memory_section(analysis: Analysis, names: Names) -> MemorySection | None:
    """None when no subject has two sizes of a workload."""
    table = memory_table(analysis, names)
    if table is None:
        return None
    workloads = [analysis.run.workloads.index(g.workload) for g in analysis.groups]
    figures = [
        (w, _figure(analysis, names, g, i)) for i, (w, g) in enumerate(zip(workloads, analysis.groups, strict=True))
    ]
    places = {row.subject for row in table.rows}
    return MemorySection(
        tuple((w, f) for w, f in figures if f), tuple(m for m in names.marks if m.place in places), table
    )


def _figure(analysis: Analysis, names: Names, group: Group, place: int) -> Markup | None:
    """Intercept and slope of each subject, side by side."""
    rows = []
    for s in analysis.run.runtimes:
        line = analysis.memory_line(s.id, group)
        if line:
            readings = (reading(line.intercept, unit=1024.0), reading(line.slope))
            rows.append(PanelRow(names.group(group), s.title, names.place(s.id), readings))
    if not rows:
        return None
    title = names.group(group)
    return panels(
        (
            Quantity("Intercept: the process without tasks", "KiB, lower is better", units.number),
            Quantity("Slope: one further task", "bytes, lower is better", units.number),
        ),
        rows,
        key=f"memory-{place}",
        title=f"{title}: memory as intercept and slope",
        description="Peak resident memory as a straight line over the number of tasks; the line is the 95 % interval.",
    )


def memory_table(analysis: Analysis, names: Names) -> Table | None:
    """Slope, intercept and fit; None when no subject has two sizes of a workload."""
    columns = (
        Column("Workload", words=True),
        Column("Subject", words=True),
        Column("Slope", "bytes per further task"),
        Column("95 % interval", "bytes"),
        Column("Intercept", "KiB, without tasks"),
        Column("95 % interval", "KiB"),
        Column("Before", "KiB, runtime started"),
        Column("R²", "of the line"),
    )
    rows = []
    for g in analysis.groups:
        for s in analysis.run.runtimes:
            line = analysis.memory_line(s.id, g)
            if line is None:
                continue
            results = [analysis.results.get(Case(s.id, g.workload.id, n, g.workers)) for n in g.sizes]
            first = next(r for r in results if r)
            cells = (
                Cell(names.group(g), head=True),
                names.case_cell(first.case),
                Cell(units.number(line.slope.value), line.slope.value, "strong"),
                _interval(line.slope, 1.0),
                Cell(units.number(line.intercept.value / 1024), line.intercept.value),
                _interval(line.intercept, 1024.0),
                Cell(units.number(first.before_bytes / 1024), first.before_bytes),
                Cell(f"{line.r_squared:.3f}", line.r_squared),
            )
            rows.append(Row(cells, names.place(s.id), analysis.run.workloads.index(g.workload)))
    caption = "Peak resident memory of a process as a straight line over the number of tasks"
    return Table("memory-lines", caption, columns, tuple(rows)) if rows else None


def _interval(estimate: Estimate, unit: float) -> Cell:
    if estimate.interval is None:
        return NOTHING
    low, high = estimate.interval.low / unit, estimate.interval.high / unit
    return Cell(f"{units.number(low)} – {units.number(high)}", high - low)
