"""What fails a gate, or makes it invalid, without statistics: answers, crashes, lost cases, other binaries."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flowreport.gate.cells import Key, title
from flowreport.model import Run, Status, Subject
from flowreport.outcomes import words

Arms = tuple[Run, Run]

# A build that measures nothing: without optimisation, or with a sanitizer in it.
_UNFIT = re.compile(r"-O0\b|-Og\b|-fsanitize=|--coverage\b|\bdebug[ _-]?build\b", re.IGNORECASE)


@dataclass(frozen=True)
class Problem:
    """One line for the reader. `fails`: the candidate is at fault, a regression; else nothing can be said: invalid."""

    kind: str
    text: str
    fails: bool


def problems(looks: Sequence[Arms], expected: Mapping[str, tuple[str, str]] | None = None) -> tuple[Problem, ...]:
    """Everything wrong with runs that were measured for one gate, each said once.

    expected: sha256 of base and candidate by subject, as they were built; None where nobody knows. An executable that
    is the same in both arms is never at fault: that it fails tells of the machine.
    """
    found = dict.fromkeys(p for arms in looks for p in _of_arms(arms, expected or {}))
    return tuple(found)


def _of_arms(arms: Arms, expected: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    yield from _missing_trials(arms)
    yield from _binaries(arms, expected)
    yield from _builds(arms)
    yield from _workloads(arms)
    yield from _answers(arms)
    yield from _cases(arms)


def _missing_trials(arms: Arms) -> Iterator[Problem]:
    for run, arm in ((arms[0], "base"), (arms[1], "candidate")):
        missing = run.plan.trials - len({process.trial for process in run.processes})
        if missing > 0:
            text = f"{missing} of {run.plan.trials} planned trials of the {arm} are not there (run {run.id})"
            yield Problem("incomplete", f"{text}; measure again", fails=False)


def _binaries(arms: Arms, expected: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    for run, arm, place in ((arms[0], "base", 0), (arms[1], "candidate", 1)):
        for subject in run.subjects:
            wanted = expected.get(subject.id)
            if wanted and subject.sha256 and subject.sha256 != wanted[place]:
                text = f"{subject.id}: what was measured as the {arm} is not the executable that was built"
                yield Problem("other_binary", text, fails=False)


def _builds(arms: Arms) -> Iterator[Problem]:
    for run, arm in ((arms[0], "base"), (arms[1], "candidate")):
        for subject in run.subjects:
            why = unfit_build(subject)
            if why:
                yield Problem("debug_build", f"{subject.id} of the {arm} is no release build: {why}", fails=False)


def unfit_build(subject: Subject) -> str | None:
    """The flag that makes a subject's build one that must not be measured."""
    found = _UNFIT.search(subject.build.flags) if subject.build else None
    return found.group() if found else None


def _workloads(arms: Arms) -> Iterator[Problem]:
    base, candidate = ({w.id: (w.task, w.holds, w.answer) for w in run.workloads} for run in arms)
    for workload in base:
        if workload in candidate and base[workload] != candidate[workload]:
            text = f"workload {workload} is not the same work in both: its description changed"
            yield Problem("other_workload", text, fails=False)


def _answers(arms: Arms) -> Iterator[Problem]:
    base, candidate = arms
    if base.answer_seed != candidate.answer_seed:
        return
    known = {(a.workload, a.tasks): a.answer for a in base.oracle}
    for answer in candidate.oracle:
        if known.get((answer.workload, answer.tasks), answer.answer) != answer.answer:
            text = f"{answer.workload} with {answer.tasks} tasks: the oracles of base and candidate disagree"
            yield Problem("wrong_answer", text, fails=True)


def same_executables(arms: Arms) -> frozenset[str]:
    """The subjects that were the same file in both runs, by their sha256."""
    base, candidate = ({s.id: s.sha256 for s in run.subjects if s.sha256} for run in arms)
    return frozenset(id_ for id_, digest in base.items() if candidate.get(id_) == digest)


def _cases(arms: Arms) -> Iterator[Problem]:
    base, candidate = (_states(run) for run in arms)
    same = same_executables(arms)
    for key, before in base.items():
        for problem in _case(key, before, candidate.get(key)):
            blameless = key.subject in same and problem.kind != "vanished"
            yield replace(problem, fails=False) if blameless else problem
    for key, after in candidate.items():
        bad = _bad(after)
        if bad and key not in base:
            yield Problem(bad.value, f"{title(key)}: {words(bad)} ({after[bad][0]}); it is new", fails=True)


def _case(key: Key, before: "States", after: "States | None") -> Iterator[Problem]:
    works = Status.OK in before and _bad(before) is None
    if after is None or not after:
        if works:
            yield Problem("vanished", f"{title(key)}: the base has it, the candidate does not", fails=True)
        return
    bad, was_bad = _bad(after), _bad(before)
    if bad and not was_bad:
        yield Problem(bad.value, f"{title(key)}: {words(bad)} ({after[bad][0]})", fails=True)
    elif bad and was_bad:
        text = f"{title(key)}: {words(bad)} in the candidate, {words(was_bad)} in the base; it cannot be compared"
        yield Problem(bad.value, text, fails=bad is Status.WRONG_ANSWER)
    elif works and Status.OK not in after:
        for status in (Status.UNSUPPORTED, Status.NOT_BUILT):
            if status in after:
                text = f"{title(key)}: {words(status)} in the candidate ({after[status][0]})"
                yield Problem("vanished", text, fails=True)


# The states of a case's processes, with the reasons given.
States = Mapping[Status, Sequence[str]]


def _states(run: Run) -> Mapping[Key, States]:
    """By case: those of the plan, those that are known not to run, and those that were tried."""
    found: dict[Key, dict[Status, list[str]]] = {c.case: {} for c in run.plan.cases}
    found |= {b.case: {} for b in run.plan.benchmarks}
    for process in run.processes:
        if not process.warmup:
            found.setdefault(process.case, {}).setdefault(process.status, []).append(process.reason)
    return found


def _bad(states: States) -> Status | None:
    """The state that the subject is most to blame for. That it was too late once may be the machine's fault."""
    failed = {status: len(reasons) for status, reasons in states.items() if status.failed}
    counts = Counter({status: n for status, n in failed.items() if status is not Status.MISTIMED})
    return min(counts, key=lambda s: list(Status).index(s), default=None)
