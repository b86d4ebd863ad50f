"""The page of a comparison: for each candidate the ratios as a picture and as a table, and what is not comparable.

It has no script: nothing on it needs one, and its policy admits none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from flowreport import units
from flowreport.charts.forest import ForestRow, Tone, forest_plot
from flowreport.compare import MEMORY, TIME, Compared, Comparison, Lone, alike, case_name, measure_name, unlike
from flowreport.compare_text import letter
from flowreport.model import Benchmark, Run
from flowreport.outcomes import count
from flowreport.pages.document import render
from flowreport.pages.table import NOTHING, Cell, Column, Row, Table
from flowreport.signs import TOO_FEW, mark
from flowreport.stats.estimate import LEVEL, Estimate

_TONES = {"faster": Tone.IMPROVEMENT, "slower": Tone.REGRESSION, "alike": Tone.PASS, "unsure": Tone.NOT_GATED}
_LESS = {"time": ("faster", "slower"), "memory": ("less", "more")}


@dataclass(frozen=True)
class Ratios:
    """One quantity of one candidate: `picture` is None where no ratio has a logarithm."""

    title: str
    picture: Markup | None
    table: Table


@dataclass(frozen=True)
class Candidate:
    """One candidate; `lone` are (title, lines) of cases that have no ratio."""

    letter: str
    run: Run
    paired: bool
    differences: tuple[str, ...]
    parts: tuple[Ratios, ...]
    lone: tuple[tuple[str, tuple[str, ...]], ...]


def render_compare(sources: Sequence[str], comparisons: Sequence[Comparison]) -> str:
    """The page as one HTML document; the same runs give the same bytes. `sources` says how the runs were named."""
    runs = [comparisons[0].base, *(c.candidate for c in comparisons)]
    several = len({w for run in runs for w in run.worker_counts}) > 1
    view: dict[str, object] = {
        "runs": _runs(sources, runs),
        "candidates": [_candidate(c, place, several=several) for place, c in enumerate(comparisons, 1)],
        "differ": any(c.differences for c in comparisons),
        "level": f"{LEVEL:.0%}",
    }
    return render("compare.html.j2", view)


def _runs(sources: Sequence[str], runs: Sequence[Run]) -> Table:
    columns = (
        *(Column(name, words=True) for name in ("Run", "Named as", "Id", "Created", "Commit", "Machine")),
        Column("Trials", "that count"),
    )
    rows = []
    for place, (source, run) in enumerate(zip(sources, runs, strict=True)):
        e = run.environment
        commit = run.tool.commit[:12] + (" + changes" if run.tool.dirty else "")
        machine = f"{e.cpu_model}, {len(e.cpus_allowed)} of {e.cpus_online} CPUs, {e.kernel}"
        head = Cell(letter(place), head=True, note="base" if place == 0 else "")
        texts = (Cell(text) for text in (source, run.id, run.created, commit, machine))
        rows.append(Row((head, *texts, Cell(units.count(count(run).counted)))))
    return Table("runs", "What is compared", columns, tuple(rows), sortable=False)


def _candidate(comparison: Comparison, place: int, *, several: bool) -> Candidate:
    name = letter(place)
    titles = (
        (f"Measured in A only, not in {name}", comparison.base_only),
        (f"Measured in {name} only, not in A", comparison.candidate_only),
        (f"Measured neither in A nor in {name}", comparison.neither),
    )
    return Candidate(
        letter=name,
        run=comparison.candidate,
        paired=comparison.paired,
        differences=comparison.differences,
        parts=tuple(_parts(comparison, place, several=several)),
        lone=tuple((title, _lines(cases, several=several)) for title, cases in titles if cases),
    )


def _lines(cases: Sequence[Lone], *, several: bool) -> tuple[str, ...]:
    return tuple(alike(cases, several_workers=several))


def _parts(comparison: Comparison, place: int, *, several: bool) -> Iterator[Ratios]:
    benchmarks = [c for c in comparison.compared if isinstance(c.case, Benchmark)]
    others = [c for c in comparison.compared if not isinstance(c.case, Benchmark)]
    for title, kind, unit, rows in (
        ("Time per task, cold", "time", "ns", [c for c in others if c.measure == TIME]),
        ("Memory per task", "memory", "bytes", [c for c in others if c.measure == MEMORY]),
        ("Time of one operation of each component", "time", "ns", benchmarks),
    ):
        if rows:
            key = f"c{place}-{title.split(maxsplit=1)[0].lower()}-{'b' if rows is benchmarks else 'w'}"
            named = [(_name(comparison.base, c, several=several), c) for c in rows]
            yield Ratios(title, _picture(named, key, title, kind, place), _table(named, key, title, unit, place))


def _name(base: Run, compared: Compared, *, several: bool) -> str:
    name = case_name(compared.case, several_workers=several)
    if isinstance(compared.case, Benchmark):
        return f"{name}, {measure_name(compared.measure)}"
    return f"{name} †" if unlike(base, compared.case) else name


def _picture(named: Sequence[tuple[str, Compared]], key: str, title: str, kind: str, place: int) -> Markup | None:
    rows = [_forest_row(name, c.ratio) for name, c in named if c.ratio is not None and c.ratio.value > 0]
    if not rows:
        return None
    less, more = _LESS[kind]
    return forest_plot(
        rows,
        key=key,
        title=f"{title}: {letter(place)} over A",
        description="Each row is a case: the ratio of the medians with its interval. The table below has the numbers.",
        axis=f"{letter(place)} over A",
        words={
            Tone.IMPROVEMENT: less, Tone.REGRESSION: more, Tone.PASS: "the interval holds 1", Tone.NOT_GATED: TOO_FEW,
        },
    )  # fmt: skip


def _forest_row(name: str, ratio: Estimate) -> ForestRow:
    interval = ratio.interval
    low, high = (interval.low, interval.high) if interval else (None, None)
    # An end at or below 0 has no place on the axis: the line then runs to its edge.
    return ForestRow(name, ratio.value, low if low is None or low > 0 else None, high, _TONES[mark(ratio)[1]])


def _table(named: Sequence[tuple[str, Compared]], key: str, title: str, unit: str, place: int) -> Table:
    columns = (
        Column("Case", words=True),
        Column("A", unit),
        Column("n"),
        Column(letter(place), unit),
        Column("n"),
        Column(f"{letter(place)} / A"),
        Column("Interval"),
    )
    rows = tuple(Row((Cell(name, head=True), *_cells(c))) for name, c in named)
    return Table(key, f"{title}: {letter(place)} and A", columns, rows, sortable=False)


def _cells(c: Compared) -> Iterator[Cell]:
    for estimate in (c.base, c.candidate):
        yield Cell(units.number(estimate.value), note=_interval(estimate) if estimate.interval else "")
        yield Cell(units.count(estimate.n))
    if c.ratio is None:
        yield Cell(units.DASH, note="A is not above 0")
        yield NOTHING
        return
    sign, tone = mark(c.ratio)
    yield Cell(f"{sign} {units.ratio(c.ratio.value)}", tone=tone)
    yield Cell(_interval(c.ratio))


def _interval(estimate: Estimate) -> str:
    if estimate.interval is None:
        return TOO_FEW
    return f"{units.number(estimate.interval.low)} – {units.number(estimate.interval.high)}"
