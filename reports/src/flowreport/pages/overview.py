"""One matrix: each subject's cold median over the reference's, per workload and size."""

from dataclasses import dataclass, replace

import numpy as np

from flowreport import units
from flowreport.cases import Analysis, Result
from flowreport.model import Case, Subject
from flowreport.outcomes import absence
from flowreport.pages.names import Names, unlike_key
from flowreport.pages.table import NOTHING, Cell, Column, Row, Table
from flowreport.signs import BASE, TOO_FEW, mark
from flowreport.stats.estimate import Estimate
from flowreport.stats.ratio import geometric_mean


@dataclass(frozen=True)
class Overview:
    """`against` says what 1.00× is, `unlike` whether a cell has the mark of work that is not quite the same."""

    against: str
    table: Table
    means: Table | None
    unlike: bool


def overview(analysis: Analysis, names: Names) -> Overview:
    """The matrix, and geometric means where there is a reference to share."""
    anchor = analysis.anchor
    against = anchor.title if anchor else "the fastest of the row (no reference was measured)"
    columns = (
        Column("Workload", words=True),
        Column("Tasks"),
        *(Column(s.title, subject=names.place(s.id)) for s in analysis.run.runtimes),
    )
    rows = tuple(
        Row(
            (
                Cell(names.group(g), head=True),
                Cell(units.size(n), n),
                *(_cell(analysis, anchor, Case(s.id, g.workload.id, n, g.workers)) for s in analysis.run.runtimes),
            )
        )
        for g in analysis.groups
        for n in g.sizes
    )
    table = Table("overview", f"Time per task as a multiple of {against}; lower is better", columns, rows)
    unlike = any(cell.unlike for row in rows for cell in row.cells)
    return Overview(against, table, _means(analysis, anchor, names) if anchor else None, unlike)


def interval_words(estimate: Estimate) -> str:
    """The interval of a number that needs no unit, or why there is none."""
    if estimate.interval is None:
        return TOO_FEW
    return f"{units.number(estimate.interval.low)} to {units.number(estimate.interval.high)}"


def ratio_cell(analysis: Analysis, result: Result, base: Result | None) -> Cell:
    """The ratio of two cases with its sign, its tone and its interval."""
    if base is None:
        return Cell(units.DASH, note="nothing to compare with")
    ratio = analysis.ratio(result, base)
    if result.case == base.case:
        return Cell(f"{BASE} {units.ratio(1.0)}", 1.0, "base")
    sign, tone = mark(ratio)
    return Cell(f"{sign} {units.ratio(ratio.value)}", ratio.value, tone, note=interval_words(ratio))


def _cell(analysis: Analysis, anchor: Subject | None, case: Case) -> Cell:
    result = analysis.results.get(case)
    if result is None:
        missing = absence(analysis.run, case)
        return Cell(missing.why, tone="fail" if missing.failed else "absent")
    base = analysis.result_of(anchor, case) if anchor else analysis.best(case)
    # The tables of the workloads give the intervals; here the sign says what they say.
    return replace(ratio_cell(analysis, result, base), note="", unlike=unlike_key(analysis.run, case))


def _means(analysis: Analysis, anchor: Subject, names: Names) -> Table:
    rows = []
    for s in analysis.run.runtimes:
        pairs = [
            (r, base)
            for case, r in analysis.results.items()
            if case.subject == s.id and s.id != anchor.id
            for base in [analysis.result_of(anchor, case)]
            if base and analysis.run.unlike(case) is None and analysis.run.unlike(base.case) is None
        ]
        if not pairs:
            continue
        mean = geometric_mean(np.array([analysis.ratio(r, base).value for r, base in pairs]))
        cells = (names.cell(s.id), Cell(units.ratio(mean), mean), Cell(units.count(len(pairs)), len(pairs)))
        rows.append(Row((*cells, Cell(s.note) if s.note else NOTHING), names.place(s.id)))
    columns = (
        Column("Subject", words=True),
        Column("Geometric mean", f"× {anchor.title}"),
        Column("Cases", "measured by both"),
        Column("Note", words=True),
    )
    return Table("means", "Geometric mean of the ratios above that have no †", columns, tuple(rows))
