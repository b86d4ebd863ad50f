"""Ratios of every subject to every other: the forest plot to the reference, and the data for another choice."""

import json
from collections.abc import Sequence

from markupsafe import Markup

from flowreport import units
from flowreport.cases import Analysis, Result
from flowreport.charts.forest import ForestRow, Tone, forest_plot
from flowreport.model import Case
from flowreport.pages.document import embedded_json
from flowreport.pages.names import Names, case_key
from flowreport.signs import mark
from flowreport.stats.estimate import Estimate

_TONES = {"faster": Tone.IMPROVEMENT, "slower": Tone.REGRESSION, "alike": Tone.UNCLEAR, "unsure": Tone.NOT_GATED}
_WORDS = {
    Tone.IMPROVEMENT: "faster",
    Tone.REGRESSION: "slower",
    Tone.UNCLEAR: "the interval holds 1",
    Tone.PASS: "the base itself",
    Tone.NOT_GATED: "too few trials",
}


def ratio_plot(analysis: Analysis, names: Names, results: Sequence[Result], title: str, key: str) -> Markup:
    """Ratios of the cold medians of a workload's cases, the base of each included, as a forest plot."""
    anchor = analysis.anchor
    rows = []
    for r in results:
        base = analysis.result_of(anchor, r.case) if anchor else analysis.best(r.case)
        if base:
            rows.append(_row(analysis, names, r, base))
        else:
            # Nothing to compare with: the script may choose another base, for which the row must be there.
            rows.append(_row(analysis, names, r, r))
    return forest_plot(
        rows,
        key=f"{key}-forest",
        title=f"{title}: ratio of each case to {anchor.title if anchor else 'the fastest of its size'}",
        description="The marker is the ratio of the cold medians, the line its 95 % interval; left of 1 is faster.",
        axis="time per task over that of the base, lower is better",
        words=_WORDS,
    )


def _row(analysis: Analysis, names: Names, result: Result, base: Result) -> ForestRow:
    ratio = analysis.ratio(result, base)
    tone = Tone.PASS if result is base else _TONES[mark(ratio)[1]]
    unlike = "" if analysis.run.unlike(result.case) is None else " †"
    return ForestRow(
        f"{units.size(result.case.tasks)} · {names.title(result.case.subject)}{unlike}",
        ratio.value,
        ratio.interval.low if ratio.interval else None,
        ratio.interval.high if ratio.interval else None,
        tone,
        names.place(result.case.subject),
        case_key(analysis, names, result.case),
    )


def ratio_json(analysis: Analysis, names: Names) -> Markup:
    """For each comparison: who was measured, whose work is unlike, and every ordered pair's ratio with its ends.

    `ratios` has a row per measured subject and in it a cell per base: null for itself, else value, low and high,
    the ends left out where there is no interval.
    """
    groups = []
    for workload, workers, tasks in analysis.comparisons:
        cases = [Case(s.id, workload, tasks, workers) for s in analysis.run.runtimes]
        results = [analysis.results[c] for c in cases if c in analysis.results]
        unlike = [names.place(r.case.subject) for r in results if analysis.run.unlike(r.case) is not None]
        groups.append(
            {
                "measured": [names.place(r.case.subject) for r in results],
                "unlike": unlike,
                "ratios": [[_pair(analysis, r, base) for base in results] for r in results],
            }
        )
    anchor = analysis.anchor
    base = None if anchor is None else names.place(anchor.id)
    return embedded_json(json.dumps({"base": base, "groups": groups}, separators=(",", ":"), allow_nan=False))


def _pair(analysis: Analysis, result: Result, base: Result) -> list[float] | None:
    return None if result is base else _numbers(analysis.ratio(result, base))


def _numbers(ratio: Estimate) -> list[float]:
    ends = (ratio.interval.low, ratio.interval.high) if ratio.interval else ()
    return [float(f"{v:.6g}") for v in (ratio.value, *ends)]
