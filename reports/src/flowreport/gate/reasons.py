"""The reasons of a verdict, as sentences for a reader."""

from collections.abc import Iterable, Iterator

from flowreport.gate.cells import Cell, Metric, title
from flowreport.gate.judge import Finding, Judgement, State
from flowreport.units import plural


def unfit(judgement: Judgement) -> Iterator[str]:
    """Why nothing can be said on this machine, at this time."""
    if not judgement.conditions.controls:
        yield "no unchanged executable was measured beside, so nothing tells the machine's noise from a change"
    if not judgement.findings:
        yield "no case was measured in both arms"
    yield from judgement.conditions.problems


def open_ends(judgement: Judgement, confirmed: Iterable[Finding]) -> Iterator[str]:
    """What kept a candidate from passing that is no regression."""
    again = {f.cell.identity for f in confirmed}
    for f in judgement.of(State.REGRESSION):
        if f.cell.identity not in again:
            yield f"{sentence(f)}; measured again, it did not recur"
    for f in judgement.of(State.UNDECIDED):
        why = "neither surely slower nor surely within the margin"
        if not judgement.could_tell(f):
            why = "too few pairs to call anything slower among so many cells: more rounds, more looks or fewer cases"
        yield f"{sentence(f)}; {why}"
    for f in judgement.of(State.TOO_FEW):
        yield f"{name(f.cell)}: only {plural(f.cell.pairs, 'pair')} of processes that count"
    yield from _blind(judgement)


def found(judgement: Judgement, confirmed: Iterable[Finding]) -> Iterator[str]:
    """What is slower or larger, and what the second measurement of it showed, where there was one."""
    first = {f.cell.identity: f for f in judgement.findings}
    for again in confirmed:
        finding = first[again.cell.identity]
        ratio, pairs = f"{again.ratio:.3f}", plural(again.cell.pairs, "pair")
        yield sentence(finding) + ("" if again is finding else f"; measured again: {ratio} times, {pairs}")


def _blind(judgement: Judgement) -> Iterator[str]:
    """Why a gate saw too little to let anything pass: no time of the candidate could be gated."""
    times = [f for f in judgement.findings if not f.cell.control and f.cell.metric is not Metric.MEMORY]
    if times and all(f.state is State.NOT_GATED for f in times):
        yield "not one time could be gated: the machine is too restless, or the cases are too short"


def passed(judgement: Judgement) -> Iterator[str]:
    """What a pass rests on."""
    within = judgement.of(State.PASS, State.IMPROVEMENT)
    yield f"{plural(len(within), 'cell')} compared, none surely slower or larger, all surely within their margin"


def notices(judgement: Judgement) -> Iterator[str]:
    """What a reader should know though it decided nothing."""
    for f in judgement.of(State.IMPROVEMENT):
        yield f"better: {sentence(f)}"
    not_gated = judgement.of(State.NOT_GATED)
    if not_gated:
        yield f"{plural(len(not_gated), 'cell')} not gated: even the last look could only find a change above 10 %"
    for f in not_gated:
        if f.low is not None and f.margin is not None and f.low > 1.0 + f.margin:
            yield f"not gated, but look at it: {sentence(f)}"


def cleared(findings: Iterable[Finding]) -> Iterator[str]:
    """Alarms that did not recur; the figures are those of all pairs."""
    for f in findings:
        yield f"looked slower or larger once, and not when it was measured again: {sentence(f)}"


def name(cell: Cell) -> str:
    """A cell in words: subject/workload/tasks metric."""
    return " ".join(filter(None, (title(cell.key), cell.metric.value, cell.part)))


def sentence(finding: Finding) -> str:
    """One finding for a reader: its cell, the ratio with interval, the number of pairs, the margin."""
    interval = "" if finding.low is None else f" [{finding.low:.3f}, {finding.high:.3f}]"
    margin = "" if finding.margin is None else f", margin {finding.margin:.1%}"
    pairs = plural(finding.cell.pairs, "pair")
    return f"{name(finding.cell)}: {finding.ratio:.3f} times the base{interval}, {pairs}{margin}"
