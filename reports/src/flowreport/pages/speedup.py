"""Speed-up against the number of workers, where a run has several: each subject over itself with the fewest."""

from dataclasses import dataclass

from markupsafe import Markup

from flowreport import units
from flowreport.cases import Analysis
from flowreport.charts.lines import Line, LinePoint, line_chart
from flowreport.model import Case, Workload
from flowreport.pages.names import Mark, Names
from flowreport.pages.overview import interval_words
from flowreport.pages.table import NOTHING, Cell, Column, Row, Table


@dataclass(frozen=True)
class SpeedUpFigure:
    """One workload, by its place in the run, at one number of tasks."""

    title: str
    chart: Markup
    workload: int


@dataclass(frozen=True)
class SpeedUpSection:
    """`fewest` says how many workers are 1.00×."""

    fewest: str
    marks: tuple[Mark, ...]
    figures: tuple[SpeedUpFigure, ...]
    table: Table


def speed_up_section(analysis: Analysis, names: Names) -> SpeedUpSection | None:
    """A figure per workload and size; None unless a case was measured with two numbers of workers."""
    counts = analysis.run.worker_counts
    sizes = sorted({c.tasks for c in analysis.results})
    figures, rows, shown = [], [], set()
    for place, workload in enumerate(analysis.run.workloads):
        for tasks in sizes:
            lines = _lines(analysis, names, workload, tasks)
            if not lines:
                continue
            title = f"{workload.title}, {units.size(tasks)} tasks"
            figures.append(SpeedUpFigure(title, _chart(lines, counts, title, f"speed-up-{place}-{tasks}"), place))
            shown |= {line.subject for line in lines}
            rows += [_row(analysis, names, workload, tasks, line) for line in lines]
    if not figures:
        return None
    columns = (
        Column("Workload", words=True),
        Column("Tasks"),
        Column("Subject", words=True),
        *(Column(f"{w} workers" if w > 1 else "1 worker", "speed-up") for w in counts[1:]),
    )
    table = Table("speed-up-all", f"Speed-up over {_workers(counts[0])}; higher is better", columns, tuple(rows))
    marks = tuple(m for m in names.marks if m.place in shown)
    return SpeedUpSection(units.plural(counts[0], "worker"), marks, tuple(figures), table)


def _workers(count: int) -> str:
    return f"the same subject with {units.plural(count, 'worker')}"


def _lines(analysis: Analysis, names: Names, workload: Workload, tasks: int) -> list[Line]:
    lines = []
    fewest, *more = analysis.run.worker_counts
    for s in analysis.run.runtimes:
        first = analysis.results.get(Case(s.id, workload.id, tasks, fewest))
        results = [analysis.results.get(Case(s.id, workload.id, tasks, w)) for w in more]
        if first is None or not any(results):
            continue
        points = [LinePoint(fewest, 1.0)]
        for r in results:
            if r:
                speed_up = analysis.ratio(first, r)
                ends = (speed_up.interval.low, speed_up.interval.high) if speed_up.interval else (None, None)
                points.append(LinePoint(r.case.workers, speed_up.value, *ends))
        lines.append(Line(names.place(s.id), tuple(points)))
    return lines


def _chart(lines: list[Line], counts: tuple[int, ...], title: str, key: str) -> Markup:
    return line_chart(
        lines,
        axes=("workers", "speed-up, higher is better"),
        key=key,
        title=f"{title}: speed-up against the number of workers",
        description=f"Cold median with {counts[0]} over that with more workers; dashed: in proportion to the workers.",
        ideal=[(w, w / counts[0]) for w in counts],
    )


def _row(analysis: Analysis, names: Names, workload: Workload, tasks: int, line: Line) -> Row:
    subject = analysis.run.subjects[line.subject].id
    counts = analysis.run.worker_counts
    first = analysis.results[Case(subject, workload.id, tasks, counts[0])]
    cells = []
    for w in counts[1:]:
        result = analysis.results.get(Case(subject, workload.id, tasks, w))
        if result is None:
            cells.append(NOTHING)
            continue
        speed_up = analysis.ratio(first, result)
        cells.append(Cell(units.ratio(speed_up.value), speed_up.value, note=interval_words(speed_up)))
    head = (Cell(workload.title, head=True), Cell(units.size(tasks), tasks), names.case_cell(first.case))
    return Row((*head, *cells), line.subject, analysis.run.workloads.index(workload))
