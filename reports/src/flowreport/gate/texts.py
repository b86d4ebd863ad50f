"""A ruling as text: for a terminal, and as Markdown for the page of a CI run."""

from collections.abc import Iterator

from flowreport import units
from flowreport.columns import aligned
from flowreport.escape.markdown import code, code_cell, table
from flowreport.gate.cells import Metric
from flowreport.gate.judge import Finding, State
from flowreport.gate.reasons import name
from flowreport.gate.verdict import Arm, Ruling
from flowreport.text import log_line

# What a reader must see first; the rest is a count.
SHOWN = (State.REGRESSION, State.UNDECIDED, State.TOO_FEW, State.IMPROVEMENT)
WORDS = {
    State.REGRESSION: "slower or larger",
    State.UNDECIDED: "undecided",
    State.TOO_FEW: "too few pairs",
    State.NOT_GATED: "not gated",
    State.IMPROVEMENT: "better",
    State.PASS: "within the margin",
    State.CONTROL: "control",
}
HEAD = ("cell", "base", "candidate", "ratio", "interval", "margin", "detectable", "pairs", "state")


def terminal_text(ruling: Ruling) -> str:
    """The verdict, its reasons and the cells that stand out, for a terminal."""
    lines = [f"verdict: {ruling.verdict.value}", *(f"  {log_line(r)}" for r in ruling.reasons)]
    if ruling.notices:
        lines += ["notices", *(f"  {log_line(n)}" for n in ruling.notices)]
    rows = [cells(f) for f in _shown(ruling)]
    if rows:
        lines += ["", *aligned([list(HEAD), *rows])]
    return "\n".join([*lines, *_conditions(ruling), ""])


def markdown_text(ruling: Ruling) -> str:
    """The same for a page of Markdown, with every cell in a table of its own at the end."""
    lines = [
        f"## Benchmark gate: {ruling.verdict.value}",
        "",
        f"{_arm(ruling.candidate)} against {_arm(ruling.base)}.",
        "",
        *(f"- {code(r)}" for r in ruling.reasons),
    ]
    if ruling.notices:
        lines += ["", "Notices:", "", *(f"- {code(n)}" for n in ruling.notices)]
    shown = [_markdown_row(f) for f in _shown(ruling)]
    if shown:
        lines += ["", *table(list(HEAD), shown)]
    conditions = list(_conditions(ruling))
    if conditions:
        lines += ["", *conditions]
    if ruling.judgement is not None:
        everything = [_markdown_row(f) for f in ruling.judgement.findings]
        lines += ["", "<details><summary>All cells</summary>", "", *table(list(HEAD), everything), "", "</details>"]
    return "\n".join([*lines, ""])


def cells(finding: Finding) -> list[str]:
    """The columns of HEAD for a finding. Lower is better; times are of one task or operation."""
    f = finding
    return [
        name(f.cell),
        value(f, f.base),
        value(f, f.candidate),
        units.DASH if f.ratio != f.ratio else units.ratio(f.ratio),
        units.DASH if f.low is None or f.high is None else f"{f.low:.3f} – {f.high:.3f}",
        percent(f.margin),
        percent(f.detectable),
        units.count(f.cell.pairs),
        WORDS[f.state],
    ]


def value(finding: Finding, number: float) -> str:
    """A median of a finding with its unit."""
    if number != number:  # noqa: PLR0124 - NaN: too few pairs
        return units.DASH
    return units.memory(number) if finding.cell.metric is Metric.MEMORY else units.duration(number)


def percent(increase: float | None) -> str:
    """0.05 as 5.0 %."""
    return units.DASH if increase is None else f"{100 * increase:.1f} %"


def _markdown_row(finding: Finding) -> list[str]:
    first, *others = cells(finding)
    return [code_cell(first), *others]


def _shown(ruling: Ruling) -> tuple[Finding, ...]:
    if ruling.judgement is None:
        return ()
    found = ruling.judgement.of(*SHOWN)
    return tuple(sorted(found, key=lambda f: (SHOWN.index(f.state), -f.ratio)))


def _conditions(ruling: Ruling) -> Iterator[str]:
    if ruling.judgement is None:
        return
    yield ""
    tally = {state: len(ruling.judgement.of(state)) for state in WORDS}
    yield "cells: " + ", ".join(f"{n} {WORDS[state]}" for state, n in tally.items() if n)
    c = ruling.judgement.conditions
    if c.drift is not None:
        yield (
            f"controls: drift {100 * c.drift:+.2f} %, noise floor {percent(c.noise_floor)}, "
            f"scatter {c.time_inflation:.2f} times their own spread (times), {c.memory_inflation:.2f} (memory)"
        )


def _arm(arm: Arm) -> str:
    commit = f" ({code(arm.commit[:12])})" if arm.commit else ""
    return f"{code(arm.title)}{commit}{' with uncommitted changes' if arm.dirty else ''}"
