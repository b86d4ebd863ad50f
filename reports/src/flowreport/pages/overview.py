"""One matrix: each subject's cold median over the reference's, per workload and size."""

from dataclasses import dataclass, replace

import numpy as np

from flowreport import units
from flowreport.cases import Analysis, Result
from flowreport.model import Case, Subject
from flowreport.outcomes import absence
from flowreport.pages.names import Mark, Names, case_key, unlike_key
from flowreport.pages.table import NOTHING, Cell, Column, Row, Table
from flowreport.signs import BASE, TOO_FEW, mark
from flowreport.stats.estimate import Estimate
from flowreport.stats.ratio import geometric_mean


@dataclass(frozen=True)
class Overview:
    """`against` says what 1.00× is, `base` its place, if it is a subject, and `marks` what else it could be.

    `unlike` says whether a cell has the mark of work that is not quite the same.
    """

    against: str
    base: int | None
    marks: tuple[Mark, ...]
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
                *(
                    _cell(analysis, names, anchor, Case(s.id, g.workload.id, n, g.workers))
                    for s in analysis.run.runtimes
                ),
            ),
            workload=analysis.run.workloads.index(g.workload),
        )
        for g in analysis.groups
        for n in g.sizes
    )
    table = Table("overview", "Time per task, lower is better, as a multiple of ", columns, rows, base=against)
    unlike = any(cell.unlike for row in rows for cell in row.cells)
    measured = {case.subject for case in analysis.results}
    marks = tuple(names.marks[names.place(s.id)] for s in analysis.run.runtimes if s.id in measured)
    base = names.place(anchor.id) if anchor else None
    return Overview(against, base, marks, table, _means(analysis, anchor, names) if anchor else None, unlike)


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


def _cell(analysis: Analysis, names: Names, anchor: Subject | None, case: Case) -> Cell:
    result = analysis.results.get(case)
    if result is None:
        missing = absence(analysis.run, case)
        return Cell(missing.why, tone="fail" if missing.failed else "absent")
    base = analysis.result_of(anchor, case) if anchor else analysis.best(case)
    # The tables of the workloads give the intervals; here the sign says what they say.
    cell = ratio_cell(analysis, result, base)
    return replace(cell, note="", unlike=unlike_key(analysis.run, case), key=case_key(analysis, names, case))


def _means(analysis: Analysis, anchor: Subject, names: Names) -> Table:
    rows = []
    for s in analysis.run.runtimes:
        pairs = [
            (r, base)
            for case, r in analysis.results.items()
            if case.subject == s.id
            for base in [analysis.result_of(anchor, case)]
            if base and analysis.run.unlike(case) is None and analysis.run.unlike(base.case) is None
        ]
        if s.id == anchor.id:
            rows.append(
                Row(
                    (
                        names.cell(s.id),
                        Cell(f"{BASE} {units.ratio(1.0)}", 1.0),
                        Cell(units.count(len(pairs)), len(pairs)),
                        NOTHING,
                    ),
                    names.place(s.id),
                )
            )
            continue
        if not pairs:
            continue
        mean = geometric_mean(np.array([analysis.ratio(r, base).value for r, base in pairs]))
        cells = (names.cell(s.id), Cell(units.ratio(mean), mean), Cell(units.count(len(pairs)), len(pairs)))
        rows.append(Row((*cells, Cell(s.note) if s.note else NOTHING), names.place(s.id)))
    columns = (
        Column("Subject", words=True),
        Column("Geometric mean", "× ", base=anchor.title),
        Column("Cases", "measured by both"),
        Column("Note", words=True),
    )
    return Table("means", "Geometric mean of the ratios above that have no †", columns, tuple(rows))
