"""From what has been measured to a ruling, or to what must be measured next. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import inf

from flowreport.gate import reasons
from flowreport.gate.cells import Cell, Key, pair_up, process_ns
from flowreport.gate.judge import Finding, Judgement, State, judge
from flowreport.gate.problems import Arms, Problem, problems
from flowreport.gate.rules import Rules
from flowreport.gate.steps import CONFIRM, Step, first_step, look_name, repeats_of, steps
from flowreport.gate.verdict import Arm, Ruling, Verdict

IDENTICAL = "every executable is byte for byte the same in base and candidate, so nothing can have changed"


@dataclass(frozen=True)
class Question:
    """What a gate is asked.

    `controls`: subjects whose executables are the same in both arms and that are not gated; None: all that are the
    same. `expected`: sha256 of base and candidate by subject. `known`: problems found before anything was measured.
    `identical`: every executable is the same in both arms, so that there is nothing to measure.
    """

    base: Arm
    candidate: Arm
    rules: Rules
    confirm: bool = True
    controls: frozenset[str] | None = None
    expected: Mapping[str, tuple[str, str]] | None = None
    known: tuple[Problem, ...] = ()
    identical: bool = False


@dataclass(frozen=True)
class _Evidence:
    """What a verdict rests on; `confirmed` are the findings that count as regressions."""

    problems: tuple[Problem, ...] = ()
    judgement: Judgement | None = None
    confirmed: tuple[Finding, ...] = ()


def decide(question: Question, measured: Mapping[str, Arms]) -> Ruling | Step:
    """Rule on looks that were measured one after the other, or say what to measure next.

    measured: base and candidate run by the name of their folder, in the order of measuring.
    """
    if question.known:
        return _rule(question, measured, _Evidence(question.known))
    if question.identical:
        return _ruling(question, measured, Verdict.PASS, (IDENTICAL,), _Evidence())
    if look_name(1) not in measured:
        return first_step(question.rules)
    wrong = problems(list(measured.values()), question.expected)
    if wrong:
        return _rule(question, measured, _Evidence(wrong))
    return _Looks(question, measured).decide()


def decide_once(question: Question, arms: Arms) -> Ruling:
    """Rule on two stored runs: nothing can be measured again, so there is one look and no confirmation."""
    measured = {"": arms}
    found = (*question.known, *problems([arms], question.expected))
    if found:
        return _rule(question, measured, _Evidence(found))
    cells = pair_up([arms], _controls(question, arms))
    if cells and all(cell.control for cell in cells):
        return _ruling(question, measured, Verdict.PASS, (IDENTICAL,), _Evidence())
    judgement = judge(cells, question.rules, alpha=question.rules.alpha_once)
    return _rule(question, measured, _Evidence(judgement=judgement, confirmed=judgement.of(State.REGRESSION)))


def same_executables(arms: Arms) -> frozenset[str]:
    """The subjects that were the same file in both runs, by their sha256."""
    base, candidate = ({s.id: s.sha256 for s in run.subjects if s.sha256} for run in arms)
    return frozenset(id_ for id_, digest in base.items() if candidate.get(id_) == digest)


def _controls(question: Question, arms: Arms) -> Callable[[str], bool]:
    same = same_executables(arms)
    return (same if question.controls is None else same & question.controls).__contains__


class _Looks:
    """Looks at what was measured so far; everything follows from the question and the runs."""

    def __init__(self, question: Question, measured: Mapping[str, Arms]) -> None:
        self.question = question
        self.rules = question.rules
        self.measured = measured
        first = measured[look_name(1)]
        self.is_control = _controls(question, first)
        self.durations = process_ns([first])
        self.keys = dict.fromkeys((cell.key, cell.control) for cell in pair_up([first], self.is_control))

    def decide(self) -> Ruling | Step:
        looks = self.rules.looks
        for look in range(1, len(looks) + 1):
            judgement = self._judge(look)
            if judgement.conditions.problems or not judgement.conditions.controls:
                break
            if judgement.of(State.REGRESSION):
                return self._confirm(judgement, look)
            undecided = {f.cell.key for f in judgement.of(State.UNDECIDED, State.TOO_FEW)}
            if not undecided or look == len(looks):
                break
            step = self._missing(look_name(look + 1), looks[look] - looks[look - 1], undecided)
            if step:
                return step
        return self._rule(_Evidence(judgement=judgement))

    def _judge(self, look: int) -> Judgement:
        """All pairs up to a look together."""
        so_far = [arms for name, arms in self.measured.items() if _look_of(name) in range(1, look + 1)]
        first, last = self.rules.looks[0], self.rules.looks[-1]

        def more(cell: Cell) -> float:
            at_last = first + (last - first) * repeats_of(cell.key, self.durations, self.rules)
            return max(1.0, at_last / cell.pairs)

        alpha = self.rules.alpha if len(self.rules.looks) > 1 else self.rules.alpha_once
        return judge(pair_up(so_far, self.is_control), self.rules, alpha=alpha, more=more)

    def _confirm(self, judgement: Judgement, look: int) -> Ruling | Step:
        """Measure what was found slower once more, with another seed; only what is found again is a regression."""
        found = judgement.of(State.REGRESSION)
        if not self.question.confirm:
            return self._rule(_Evidence(judgement=judgement, confirmed=found))
        step = self._missing(CONFIRM, self.rules.looks[look - 1], {f.cell.key for f in found})
        if step:
            return step
        again = [arms for name, arms in self.measured.items() if name.startswith(CONFIRM)]
        alarms = {(f.cell.key, f.cell.metric, f.cell.part) for f in found}
        cells = [c for c in pair_up(again, self.is_control) if c.control or (c.key, c.metric, c.part) in alarms]
        # What was found once is asked again, however wide its spread.
        second = judge(cells, replace(self.rules, detectable=inf), alpha=self.rules.alpha_once)
        if second.conditions.problems:
            return self._rule(_Evidence(judgement=replace(judgement, conditions=second.conditions)))
        return self._rule(_Evidence(judgement=judgement, confirmed=second.of(State.REGRESSION)))

    def _missing(self, name: str, rounds: int, wanted: set[Key]) -> Step | None:
        """The first step towards measuring `wanted` that has not been taken."""
        planned = steps(
            Step(name, rounds, None), wanted, self.keys, lambda key: repeats_of(key, self.durations, self.rules)
        )
        return next((step for step in planned if step.folder not in self.measured), None)

    def _rule(self, evidence: _Evidence) -> Ruling:
        return _rule(self.question, self.measured, evidence)


def _look_of(folder: str) -> int:
    """The number of the look that a folder belongs to; 0 for one that is no look."""
    words = folder.split("-")
    return int(words[1]) if words[0] == "look" and len(words) > 1 and words[1].isdigit() else 0


def _rule(question: Question, measured: Mapping[str, Arms], evidence: _Evidence) -> Ruling:
    """The verdict from all that is known: faults of the candidate first, then what makes it invalid, then cells."""
    judgement = evidence.judgement
    faults = tuple(p.text for p in evidence.problems if p.fails)
    doubts = tuple(p.text for p in evidence.problems if not p.fails)
    doubts += () if judgement is None else tuple(reasons.unfit(judgement))
    slower = tuple(map(reasons.sentence, evidence.confirmed))
    open_ends = () if judgement is None else tuple(reasons.open_ends(judgement, evidence.confirmed))
    passed = () if judgement is None else tuple(reasons.passed(judgement))
    for verdict, found in (
        (Verdict.REGRESSION, (*faults, *doubts) if faults else ()),
        (Verdict.INVALID, doubts),
        (Verdict.REGRESSION, slower),
        (Verdict.INCONCLUSIVE, open_ends),
    ):
        if found:
            return _ruling(question, measured, verdict, found, evidence)
    return _ruling(question, measured, Verdict.PASS, passed, evidence)


def _ruling(
    question: Question, measured: Mapping[str, Arms], verdict: Verdict, why: tuple[str, ...], evidence: _Evidence
) -> Ruling:
    judgement = evidence.judgement
    return Ruling(
        verdict=verdict,
        reasons=why,
        notices=() if judgement is None else tuple(reasons.notices(judgement)),
        base=question.base,
        candidate=question.candidate,
        problems=evidence.problems,
        judgement=judgement,
        confirmed=evidence.confirmed,
        measured={name: arms[0].plan.rounds for name, arms in measured.items()},
        rules=question.rules,
    )
