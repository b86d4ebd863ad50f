"""The first thing on the page: what became of the trials, and everything that is not in a chart."""

from collections.abc import Sequence
from dataclasses import dataclass

from flowreport import units
from flowreport.cases import Analysis
from flowreport.components import components, missing
from flowreport.gate_verdict import GateVerdict
from flowreport.model import Run, Status, Trial
from flowreport.outcomes import Outcome, count, outcomes, throttled, words
from flowreport.pages.names import Names
from flowreport.pages.table import NOTHING, Cell, Column, Row, Table

MANY_LOGS = 3
MANY_REASONS = 3
_GATE_TONES = {"pass": "good", "regression": "bad", "inconclusive": "mixed", "invalid": "mixed"}


@dataclass(frozen=True)
class GateBanner:
    """What the gate said, and why; `more` counts the reasons that are left out."""

    tone: str
    verdict: str
    reasons: tuple[str, ...]
    more: int


@dataclass(frozen=True)
class Front:
    """`tone` is good, mixed or bad; each fact is (number, what). `gate` is what a gate said."""

    tone: str
    verdict: str
    facts: tuple[tuple[str, str], ...]
    notices: tuple[str, ...]
    gate: GateBanner | None
    not_counted: Table | None
    throttled: Table | None


def front(analysis: Analysis, names: Names, gate: GateVerdict | None = None) -> Front:
    """The verdict, its counts, what the reader must know first, and the trials that do not count."""
    run = analysis.run
    counts = count(run)
    tone, verdict = _verdict(analysis)
    facts = [
        (units.count(counts.planned), "trials planned"),
        (units.count(counts.counted), "counted"),
        (units.count(_measured(analysis)), f"of {units.count(_planned(analysis.run))} cases measured"),
    ]
    facts += [(units.count(n), words(s)) for s, n in counts.by_status.items() if s is not Status.OK]
    if counts.warmup:
        facts.append((units.count(counts.warmup), "warm-up, never counted"))
    if counts.missing:
        facts.append((units.count(counts.missing), "without a record"))
    banner = _gate(gate) if gate else None
    return Front(tone, verdict, tuple(facts), _notices(run), banner, _not_counted(run, names), _throttled(run, names))


def _gate(gate: GateVerdict) -> GateBanner:
    more = max(len(gate.reasons) - MANY_REASONS, 0)
    return GateBanner(
        _GATE_TONES.get(gate.verdict, "mixed"), gate.verdict or "no verdict", gate.reasons[:MANY_REASONS], more
    )


def _measured(analysis: Analysis) -> int:
    return len(analysis.results) + len(components(analysis.run))


def _planned(run: Run) -> int:
    return len(run.plan.cases) + len(run.plan.benchmarks)


def _verdict(analysis: Analysis) -> tuple[str, str]:
    counts = count(analysis.run)
    if counts.failed:
        return "bad", f"{units.count(counts.failed)} of {units.count(len(analysis.run.processes))} trials failed"
    if not _measured(analysis):
        return "bad", "Nothing was measured"
    if counts.missing:
        return "mixed", "The run is not complete"
    lacking = [case for case in analysis.planned if case not in analysis.results]
    if lacking or missing(analysis.run) or any(not s.built for s in analysis.run.subjects):
        return "mixed", "No trial failed; some cases could not be measured"
    return "good", "Every planned case was measured"


def _notices(run: Run) -> tuple[str, ...]:
    notices = []
    if run.torn:
        notices.append(run.torn)
    lost = count(run).missing
    if lost:
        notices.append(
            f"{units.count(lost)} planned trials have no record: the run was interrupted or is still going on."
        )
    if run.tool.dirty:
        notices.append("The harness was built from a tree with uncommitted changes: the commit does not tell it all.")
    notices += [_unknown_keys(subject.id, found) for subject in run.subjects if (found := _made_up(run, subject.id))]
    return (*notices, *run.environment.warnings)


def _made_up(run: Run, subject: str) -> tuple[Trial, ...]:
    return tuple(t for t in run.trials if t.case.subject == subject and t.unknown_keys)


def _unknown_keys(subject: str, trials: Sequence[Trial]) -> str:
    keys = sum(t.unknown_keys for t in trials)
    return (
        f"{subject} wrote {units.plural(keys, 'key')} that the contract does not know, in"
        f" {units.plural(len(trials), 'trial')}: they were ignored."
    )


def _not_counted(run: Run, names: Names) -> Table | None:
    rows = tuple(_outcome_row(o, names) for o in outcomes(run))
    columns = (
        Column("State", words=True),
        Column("Subject", words=True),
        Column("Cases", words=True),
        Column("Trials"),
        Column("Reason", words=True),
        Column("Limit", words=True),
        Column("Largest", "tasks reached"),
    )
    return Table("not-counted", "Trials that are in no chart and no table below", columns, rows) if rows else None


def _outcome_row(outcome: Outcome, names: Names) -> Row:
    notes = []
    if outcome.others:
        notes.append(f"and {units.count(outcome.others)} more that differ in their numbers")
    if outcome.logs:
        more = len(outcome.logs) - MANY_LOGS
        notes.append(f"log: {', '.join(outcome.logs[:MANY_LOGS])}{f' and {more} more' if more > 0 else ''}")
    cells = (
        Cell(words(outcome.status), tone="fail" if outcome.failed else "absent"),
        names.cell(outcome.subject),
        Cell(names.cases(outcome.cases) if outcome.cases else "all"),
        Cell(units.count(outcome.trials), outcome.trials),
        Cell(outcome.reason or units.DASH, note="; ".join(notes)),
        Cell(outcome.limit) if outcome.limit else NOTHING,
        NOTHING if outcome.largest is None else Cell(units.count(outcome.largest), outcome.largest),
    )
    return Row(cells, names.place(outcome.subject))


def _throttled(run: Run, names: Names) -> Table | None:
    rows = tuple(
        Row(
            (
                names.cell(t.subject),
                Cell(names.cases(t.cases)),
                Cell(units.count(t.trials), t.trials),
                Cell(units.count(t.waits), t.waits),
                Cell(t.reason or units.DASH),
            ),
            names.place(t.subject),
        )
        for t in throttled(run)
    )
    columns = (
        Column("Subject", words=True),
        Column("Cases", words=True),
        Column("Trials"),
        Column("Waits", "most in a trial"),
        Column("Reason", words=True),
    )
    caption = "Counted, but held up: the subject had to wait before it could start all its tasks"
    return Table("throttled", caption, columns, rows) if rows else None
