"""The page of a gate: the verdict, why, and every cell with its ratio, its margin and the controls beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from markupsafe import Markup

from flowreport.charts.forest import ForestRow, Tone, forest_plot
from flowreport.gate.cells import Metric
from flowreport.gate.judge import Finding, State
from flowreport.gate.reasons import name
from flowreport.gate.texts import HEAD, WORDS, cells
from flowreport.gate.verdict import Ruling, Verdict
from flowreport.pages.document import render, script_of
from flowreport.pages.table import Cell, Column, Row, Table
from flowreport.units import count

_PAGE_TONES = {Verdict.PASS: "good", Verdict.INCONCLUSIVE: "mixed", Verdict.INVALID: "mixed", Verdict.REGRESSION: "bad"}
_TONES = {
    State.REGRESSION: Tone.REGRESSION,
    State.UNDECIDED: Tone.UNCLEAR,
    State.TOO_FEW: Tone.UNCLEAR,
    State.NOT_GATED: Tone.NOT_GATED,
    State.IMPROVEMENT: Tone.IMPROVEMENT,
    State.PASS: Tone.PASS,
    State.CONTROL: Tone.CONTROL,
}
_CELL_TONES = {State.REGRESSION: "fail", State.UNDECIDED: "warn", State.TOO_FEW: "warn", State.NOT_GATED: "absent"}
_TITLES = {
    Metric.COLD: "Cold time per task",
    Metric.WARM: "Warm time per task",
    Metric.OPERATION: "Time of one operation",
    Metric.MEMORY: "Memory of the process",
}


@dataclass(frozen=True)
class MetricSection:
    """One metric: pictures of its cells and of its controls, where there are ratios to draw, and its table."""

    title: str
    figure: Markup | None
    controls: Markup | None
    table: Table


def render_gate(ruling: Ruling) -> str:
    """The ruling as one HTML document. The same ruling gives the same bytes."""
    findings = () if ruling.judgement is None else ruling.judgement.findings
    sections = [_section(metric, of_metric, ruling) for metric, of_metric in _by_metric(findings)]
    tally = {state: sum(f.state is state for f in findings) for state in WORDS}
    view: Mapping[str, object] = {
        "ruling": ruling,
        "tone": _PAGE_TONES[ruling.verdict],
        "facts": [(count(n), WORDS[state]) for state, n in tally.items() if n],
        "conditions": None if ruling.judgement is None else ruling.judgement.conditions,
        "sections": sections,
        "rules": ruling.rules,
    }
    return render("gate.html.j2", view, script=script_of("sort"))


def _by_metric(findings: Sequence[Finding]) -> list[tuple[Metric, list[Finding]]]:
    grouped = [(metric, [f for f in findings if f.cell.metric is metric]) for metric in Metric]
    return [(metric, found) for metric, found in grouped if found]


def _section(metric: Metric, findings: Sequence[Finding], ruling: Ruling) -> MetricSection:
    """Worst first."""
    order = list(WORDS)
    ordered = sorted(findings, key=lambda f: (order.index(f.state), -f.ratio if isfinite(f.ratio) else 0.0))
    columns = (Column(HEAD[0], words=True), *(Column(head) for head in HEAD[1:-1]), Column(HEAD[-1], words=True))
    table = Table(f"cells-{metric.value}", _TITLES[metric], columns, tuple(_row(f) for f in ordered))
    controls = [f for f in ordered if f.state is State.CONTROL]
    others = [f for f in ordered if f.state is not State.CONTROL]
    figure, beside = (_figure(metric, of_kind, ruling) for of_kind in (others, controls))
    return MetricSection(_TITLES[metric], figure, beside, table)


def _figure(metric: Metric, findings: Sequence[Finding], ruling: Ruling) -> Markup | None:
    rows = [
        ForestRow(name(f.cell).removesuffix(f" {metric.value}"), f.ratio, _end(f.low), f.high, _TONES[f.state])
        for f in findings
        # A process that needed no memory and now needs some has a difference, and no ratio.
        if isfinite(f.ratio) and f.ratio > 0 and (f.high is None or f.high > 0)
    ]
    if not rows:
        return None
    key = "controls" if findings[0].state is State.CONTROL else "cells"
    is_memory = metric is Metric.MEMORY
    conditions = ruling.judgement.conditions if ruling.judgement else None
    return forest_plot(
        rows,
        key=f"forest-{metric.value}-{key}",
        title=f"{_TITLES[metric]}: candidate over base",
        description="Each line is a cell: the ratio with its interval; left of 1 is better.",
        axis="candidate / base, lower is better",
        margin=None if is_memory else ruling.rules.time_margin,
        noise_floor=None if is_memory or conditions is None else conditions.noise_floor,
        words={tone: WORDS[state] for state, tone in _TONES.items() if any(f.state is state for f in findings)},
    )


def _end(low: float | None) -> float | None:
    return None if low is None or low <= 0 else low


def _row(finding: Finding) -> Row:
    first, *middle, last = cells(finding)
    numbers = (finding.base, finding.candidate, finding.ratio, finding.low, finding.margin, finding.detectable)
    sorts = [None if n is None or not isfinite(n) else n for n in (*numbers, float(finding.cell.pairs))]
    return Row(
        (
            Cell(first, head=True),
            *(Cell(text, sort) for text, sort in zip(middle, sorts, strict=True)),
            Cell(last, tone=_CELL_TONES.get(finding.state, "")),
        )
    )
