"""The benchmarks of single components: one row per time, with the figure of history beside it where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass

from flowreport import units
from flowreport.components import ITERATION, Component, Time, anchor_figure, benchmarks, components, missing
from flowreport.model import OPERATION, Anchor, Run
from flowreport.pages.names import Names
from flowreport.pages.table import NOTHING, Cell, Column, Row, Table
from flowreport.signs import TOO_FEW

_MEASURES = {OPERATION: "operation", ITERATION: "iteration"}


@dataclass(frozen=True)
class ComponentsSection:
    """`table` is None when nothing was measured; `missing` are (name, why); `debug` are builds other than release."""

    table: Table | None
    anchors: Table | None
    missing: tuple[tuple[str, str], ...]
    debug: tuple[str, ...]


def components_section(run: Run, names: Names) -> ComponentsSection | None:
    """The section; None when the run has no benchmarks."""
    if not benchmarks(run):
        return None
    measured = components(run)
    anchored = any(t.anchor for c in measured for t in c.times)
    planned = {p.case: p.rounds for p in run.plan.benchmarks}
    rows = tuple(_row(c, t, planned.get(c.benchmark), anchored, names) for c in measured for t in c.times)
    columns = (
        Column("Benchmark", words=True),
        Column("Subject", words=True),
        Column("Time of one", words=True),
        Column("Median", "ns"),
        Column("95 % interval", "ns"),
        Column("n", "trials"),
        Column("Iterations", "per trial"),
        Column("CPU time", "ns/iteration"),
        *((Column("Historical anchor"), Column("Speed-up", "over the anchor")) if anchored else ()),
    )
    types = dict.fromkeys(t for c in measured for t in c.library_build_types)
    return ComponentsSection(
        table=Table("components-all", "Time of one operation of each component", columns, rows) if rows else None,
        anchors=_anchors(measured) if anchored else None,
        missing=tuple((m.benchmark.name, m.why) for m in missing(run)),
        debug=tuple(t for t in types if t != "release"),
    )


def _row(component: Component, time: Time, planned: int | None, anchored: bool, names: Names) -> Row:  # noqa: FBT001
    subject = component.benchmark.subject
    estimate = time.estimate
    interval = Cell(units.DASH, note=TOO_FEW)
    if estimate.interval is not None:
        low, high = estimate.interval.low, estimate.interval.high
        interval = Cell(f"{units.number(low)} – {units.number(high)}", high - low)
    lost = planned is not None and planned != estimate.n
    cells = [
        Cell(component.benchmark.name, head=True, note=_note(component, time)),
        names.cell(subject),
        Cell(_MEASURES.get(time.measure, time.measure)),
        Cell(units.number(estimate.value), estimate.value, "strong"),
        interval,
        Cell(f"{estimate.n} of {planned}", estimate.n, "warn") if lost else Cell(units.count(estimate.n), estimate.n),
        Cell(units.count(component.iterations), component.iterations),
        Cell(units.number(component.cpu_ns), component.cpu_ns),
    ]
    if anchored:
        speed_up = time.speed_up
        cells.append(_anchor_cell(time.anchor) if time.anchor else NOTHING)
        cells.append(NOTHING if speed_up is None else Cell(units.ratio(speed_up), speed_up))
    return Row(tuple(cells), names.place(subject))


def _note(component: Component, time: Time) -> str:
    counters = [f"{name} {units.number(value)}" for name, value in component.counters.items()]
    return "; ".join([*([time.anchor.component] if time.anchor else []), *component.labels, *counters])


def _anchor_cell(anchor: Anchor) -> Cell:
    return Cell(anchor_figure(anchor), note=f"{anchor.operations} in one of ours" if anchor.operations > 1 else "")


def _anchors(measured: Sequence[Component]) -> Table:
    """Each figure once, with what it was."""
    anchors = [t.anchor for c in measured for t in c.times if t.anchor]
    rows = dict.fromkeys((a.seed, anchor_figure(a), a.original) for a in anchors)
    columns = (Column("Claim", words=True), Column("Figure"), Column("What was measured then", words=True))
    cells = (Row((Cell(seed), Cell(figure), Cell(original or units.DASH))) for seed, figure, original in rows)
    return Table("components-anchors", "Historical anchors", columns, tuple(cells), sortable=False)
