"""From what has been measured to a ruling, or to what must be measured next. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flowreport.gate import reasons
from flowreport.gate.cells import pair_up, process_ns
from flowreport.gate.judge import Finding, Judgement, State, judge
from flowreport.gate.looks import Looks
from flowreport.gate.mistimed import mistimed
from flowreport.gate.problems import Arms, Problem, problems, same_executables
from flowreport.gate.rules import Rules
from flowreport.gate.steps import Step, first_step, look_name
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
    notices: tuple[str, ...] = ()
    judgement: Judgement | None = None
    confirmed: tuple[Finding, ...] = ()


def decide(question: Question, measured: Mapping[str, Arms]) -> Ruling | Step:
    """Rule on looks that were measured one after the other, or say what to measure next.

    measured: base and candidate run by the name of their folder, in the order of measuring.
    """
    if question.known:
        return _rule_known(question, measured)
    if question.identical:
        return _ruling(question, measured, Verdict.PASS, (IDENTICAL,), _Evidence())
    if look_name(1) not in measured:
        return first_step(question.rules)
    late = mistimed(list(measured.values()), alpha=question.rules.alpha)
    wrong = (*problems(list(measured.values()), question.expected), *late.problems)
    if wrong:
        return _rule(question, measured, _Evidence(wrong, late.notices))
    first = measured[look_name(1)]
    cells = {name: pair_up(arms, _controls(question, first)) for name, arms in measured.items()}
    looks = Looks(question.rules, cells, process_ns(first), confirm=question.confirm, unsettled=late.unsettled)
    found = looks.decide()
    if isinstance(found, Step):
        return found
    notices = (*late.notices, *reasons.cleared(found.cleared))
    return _rule(question, measured, _Evidence((), notices, found.judgement, found.confirmed))


def _rule_known(question: Question, measured: Mapping[str, Arms]) -> Ruling:
    """Rule by what was known before; where a first look was taken all the same, its cells are shown."""
    first = measured.get(look_name(1))
    if first is None:
        return _rule(question, measured, _Evidence(question.known))
    cells = pair_up(first, _controls(question, first))
    late = mistimed([first], alpha=question.rules.alpha)
    found = (*question.known, *problems([first], question.expected), *late.problems)
    judgement = judge(cells, question.rules, alpha=question.rules.alpha)
    return _rule(question, measured, _Evidence(found, late.notices, judgement))


def rule_without_runs(question: Question) -> Ruling:
    """Rule by what is known where there is nothing to compare: `question.known` says why, and must say something."""
    return _rule(question, {}, _Evidence(question.known))


def decide_once(question: Question, arms: Arms, *, look_anyway: bool = False) -> Ruling:
    """Rule on two stored runs: nothing can be measured again, so there is one look and no confirmation.

    look_anyway: judge the cells though there are problems; the verdict is what the problems make it.
    """
    measured = {"": arms}
    late = mistimed([arms], alpha=question.rules.alpha_once)
    found = (*question.known, *problems([arms], question.expected), *late.problems)
    if found and not look_anyway:
        return _rule(question, measured, _Evidence(found, late.notices))
    cells = pair_up(arms, _controls(question, arms))
    if cells and all(cell.control for cell in cells):
        return _ruling(question, measured, Verdict.PASS, (IDENTICAL,), _Evidence())
    judgement = judge(cells, question.rules, alpha=question.rules.alpha_once)
    return _rule(question, measured, _Evidence(found, late.notices, judgement, judgement.of(State.REGRESSION)))


def _controls(question: Question, arms: Arms) -> Callable[[str], bool]:
    same = same_executables(arms)
    return (same if question.controls is None else same & question.controls).__contains__


def _rule(question: Question, measured: Mapping[str, Arms], evidence: _Evidence) -> Ruling:
    """The verdict from all that is known: faults of the candidate first, then what makes it invalid, then cells."""
    judgement = evidence.judgement
    faults = tuple(p.text for p in evidence.problems if p.fails)
    doubts = tuple(p.text for p in evidence.problems if not p.fails)
    doubts += () if judgement is None else tuple(reasons.unfit(judgement))
    slower = () if judgement is None else tuple(reasons.found(judgement, evidence.confirmed))
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
        notices=(*evidence.notices, *(() if judgement is None else reasons.notices(judgement))),
        base=question.base,
        candidate=question.candidate,
        problems=evidence.problems,
        judgement=judgement,
        confirmed=evidence.confirmed,
        measured={name: arms[0].plan.rounds for name, arms in measured.items()},
        rules=question.rules,
    )
