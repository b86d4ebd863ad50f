"""Memory across sizes: a straight line per subject and workload; its slope is a task, its intercept the rest."""

from flowreport import units
from flowreport.cases import Analysis
from flowreport.model import Case
from flowreport.pages.names import Names
from flowreport.pages.table import NOTHING, Cell, Column, Row, Table
from flowreport.stats.estimate import Estimate


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
            rows.append(Row(cells, names.place(s.id)))
    caption = "Peak resident memory of a process as a straight line over the number of tasks"
    return Table("memory-lines", caption, columns, tuple(rows)) if rows else None


def _interval(estimate: Estimate, unit: float) -> Cell:
    if estimate.interval is None:
        return NOTHING
    low, high = estimate.interval.low / unit, estimate.interval.high / unit
    return Cell(f"{units.number(low)} – {units.number(high)}", high - low)
