"""Comparisons as plain text for a terminal: one line per case, one column per run; the first run is the base."""

from collections.abc import Callable, Iterator, Sequence
from string import ascii_uppercase

from flowreport import units
from flowreport.columns import aligned
from flowreport.compare import MEMORY, TIME, Compared, Comparison, Key, Lone, alike, case_name, measure_name, unlike
from flowreport.model import Benchmark, Case, Run
from flowreport.outcomes import count
from flowreport.signs import mark
from flowreport.stats.estimate import Estimate
from flowreport.text import log_line

_UNITS = {TIME: "ns", MEMORY: "B"}


def letter(place: int) -> str:
    """What a run is called in the tables, by its place on the command line: A, B, … Z, A2, B2 …."""
    turn, at = divmod(place, len(ascii_uppercase))
    return ascii_uppercase[at] + (str(turn + 1) if turn else "")


def compare_text(sources: Sequence[str], comparisons: Sequence[Comparison]) -> str:
    """The text, ending in a line end. `sources` says how the runs were named, the base first."""
    runs = [comparisons[0].base, *(c.candidate for c in comparisons)]
    several = len({w for run in runs for w in run.worker_counts}) > 1
    lines = [
        *_runs(sources, runs),
        *_paired(comparisons),
        *_differences(comparisons),
        *_table(comparisons, TIME, "time per task, cold median (lower is better)", several=several),
        *_table(comparisons, MEMORY, "memory per task, median (lower is better)", several=several),
        *_components(comparisons),
        *_lone(comparisons, several=several),
        "",
    ]
    return "\n".join(lines)


def _runs(sources: Sequence[str], runs: Sequence[Run]) -> Iterator[str]:
    for place, (source, run) in enumerate(zip(sources, runs, strict=True)):
        counts = count(run)
        role = " (base)" if place == 0 else ""
        commit = run.tool.commit[:12] + ("+changes" if run.tool.dirty else "")
        trials = f"{units.count(counts.counted)} of {units.plural(counts.planned, 'trial')} counted"
        yield log_line(f"{letter(place)}{role}: {source}, run {run.id}, commit {commit}, {trials}")


def _paired(comparisons: Sequence[Comparison]) -> Iterator[str]:
    for place, c in enumerate(comparisons, 1):
        if c.paired:
            yield f"A and {letter(place)} were measured together: each ratio is that within pairs of the same round"


def _differences(comparisons: Sequence[Comparison]) -> Iterator[str]:
    for place, c in enumerate(comparisons, 1):
        if c.differences:
            yield ""
            yield f"warning: A and {letter(place)} were not measured under the same conditions (A | {letter(place)})"
            yield from (f"  {log_line(d)}" for d in c.differences)


def _table(comparisons: Sequence[Comparison], measure: str, title: str, *, several: bool) -> Iterator[str]:
    rows = _rows(comparisons, lambda key: key[1] == measure and isinstance(key[0], Case))
    if not rows:
        return
    base = comparisons[0].base
    body = []
    for (case, _), cells in rows.items():
        dagger = "† " if unlike(base, case) else ""
        body.append([f"{dagger}{case_name(case, several_workers=several)}", *_figures(cells, _UNITS[measure])])
    yield ""
    yield title
    yield from aligned([_head("case", comparisons), *body])


def _components(comparisons: Sequence[Comparison]) -> Iterator[str]:
    rows = _rows(comparisons, lambda key: isinstance(key[0], Benchmark))
    if not rows:
        return
    body = [
        [f"{case_name(case, several_workers=False)}, {measure_name(measure)}", *_figures(cells, "ns")]
        for (case, measure), cells in rows.items()
    ]
    yield ""
    yield "components, median time of one operation (lower is better)"
    yield from aligned([_head("benchmark", comparisons), *body])


Row = list[Compared | None]


def _rows(comparisons: Sequence[Comparison], wanted: Callable[[Key], bool]) -> dict[Key, Row]:
    """By case and quantity what each comparison says, None where it has none."""
    rows: dict[Key, Row] = {}
    for place, comparison in enumerate(comparisons):
        for c in comparison.compared:
            if wanted((c.case, c.measure)):
                rows.setdefault((c.case, c.measure), [None] * len(comparisons))[place] = c
    return rows


def _head(first: str, comparisons: Sequence[Comparison]) -> list[str]:
    others = [text for place in range(1, len(comparisons) + 1) for text in (letter(place), f"{letter(place)} / A")]
    return [first, "A", *others]


def _figures(cells: Row, unit: str) -> list[str]:
    base = next(c.base for c in cells if c is not None)
    figures = [f"{units.number(base.value)} {unit}"]
    for c in cells:
        figures += [units.DASH] * 2 if c is None else [f"{units.number(c.candidate.value)} {unit}", ratio_text(c.ratio)]
    return figures


def ratio_text(ratio: Estimate | None) -> str:
    """`▲ 1.08× (1.03 – 1.12)`: the sign says whether the interval holds 1."""
    if ratio is None:
        return units.DASH
    shown = f"{mark(ratio)[0]} {units.ratio(ratio.value)}"
    if ratio.interval is None:
        return shown
    return f"{shown} ({units.number(ratio.interval.low)} – {units.number(ratio.interval.high)})"


def _lone(comparisons: Sequence[Comparison], *, several: bool) -> Iterator[str]:
    for place, c in enumerate(comparisons, 1):
        other = letter(place)
        for title, cases in (
            (f"measured in A only, not in {other}", c.base_only),
            (f"measured in {other} only, not in A", c.candidate_only),
            (f"measured neither in A nor in {other}", c.neither),
        ):
            yield from _listed(title, cases, several=several)


def _listed(title: str, cases: Sequence[Lone], *, several: bool) -> Iterator[str]:
    if cases:
        yield ""
        yield f"{title}: {units.plural(len(cases), 'case')}"
        yield from ("  " + log_line(text) for text in alike(cases, several_workers=several))
