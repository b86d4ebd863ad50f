"""Trials that were too late for a rule of their workload, to the last attempt: a slow machine, or a slow candidate.

One such trial says nothing: a process that waits for a CPU misses the rule without fault. So they are counted by round,
base against candidate, and only a candidate that misses surely more often is at fault.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flowreport.gate.cells import Key, title
from flowreport.gate.problems import Arms, Problem, same_executables
from flowreport.model import Run, Status
from flowreport.outcomes import words
from flowreport.stats.holm import holm
from flowreport.stats.sign_test import sign_test_p
from flowreport.units import plural

# The fewest rounds that only the candidate missed before it is worth more rounds to find out.
_RECURS = 2


@dataclass(frozen=True)
class Mistimed:
    """What missed trials say: problems, notices that decide nothing, and cases that more rounds would settle."""

    problems: tuple[Problem, ...] = ()
    notices: tuple[str, ...] = ()
    unsettled: frozenset[Key] = frozenset()


@dataclass(frozen=True)
class _Missed:
    """The rounds of a case that one arm alone missed, and those that both ended well or missed."""

    base: int
    candidate: int
    rounds: int


def mistimed(looks: Sequence[Arms], *, alpha: float) -> Mistimed:
    """All looks together. alpha: the chance that an unchanged candidate is called at fault.

    Rounds in which both arms missed, or one was not there, tell nothing about which of them misses more often.
    """
    missed = _by_case(looks)
    same = frozenset[str]().union(*(same_executables(arms) for arms in looks))
    compared = [key for key in missed if key.subject not in same]
    p_values = holm([sign_test_p(missed[key].candidate, missed[key].base) for key in compared])
    at_fault = {key for key, p in zip(compared, p_values, strict=True) if p <= alpha}
    lost = tuple(Problem("mistimed", _text(key, missed[key]), fails=True) for key in missed if key in at_fault)
    return Mistimed(
        problems=(*lost, *_never(looks)),
        notices=tuple(f"missed: {_text(key, m)}" for key, m in missed.items() if key not in at_fault),
        unsettled=frozenset(
            key for key in compared if key not in at_fault and missed[key].candidate >= missed[key].base + _RECURS
        ),
    )


def _by_case(looks: Sequence[Arms]) -> dict[Key, _Missed]:
    """The cases that either arm missed in some round, in the order of the base's trials."""
    counts: dict[Key, Counter[tuple[bool, bool]]] = {}
    for arms in looks:
        base, candidate = (_last(run) for run in arms)
        for place, status in base.items():
            other = candidate.get(place)
            if {status, other} <= {Status.OK, Status.MISTIMED}:
                missed = (status is Status.MISTIMED, other is Status.MISTIMED)
                counts.setdefault(place[0], Counter())[missed] += 1
    return {
        key: _Missed(found[True, False], found[False, True], found.total())
        for key, found in counts.items()
        if found[True, False] or found[False, True] or found[True, True]
    }


def _last(run: Run) -> dict[tuple[Key, int], Status]:
    """How the last attempt of each case in each round ended."""
    return {(p.case, p.round): p.status for p in run.processes if not p.warmup and not p.superseded}


def _never(looks: Sequence[Arms]) -> Iterator[Problem]:
    """Cases of which neither arm has a trial that counts, for no fault of theirs, and new ones that never do."""
    base, candidate = (_ended([arms[place] for arms in looks]) for place in (0, 1))
    for key, after in candidate.items():
        before = base.get(key, frozenset())
        if key not in base and after == {Status.MISTIMED}:
            text = f"{title(key)}: not all tasks were in flight at once, in any process; it is new"
            yield Problem("mistimed", text, fails=True)
        elif before and before | after <= {Status.MISTIMED, Status.CONTAMINATED}:
            why = ", ".join(words(s) for s in Status if s in before | after)
            text = f"{title(key)}: no process of either arm counts ({why}); measure again"
            yield Problem("too_few", text, fails=False)


def _ended(runs: Sequence[Run]) -> dict[Key, frozenset[Status]]:
    found: dict[Key, set[Status]] = {}
    for run in runs:
        for (key, _), status in _last(run).items():
            found.setdefault(key, set()).add(status)
    return {key: frozenset(statuses) for key, statuses in found.items()}


def _text(key: Key, missed: _Missed) -> str:
    return (
        f"{title(key)}: not all tasks were in flight at once, at the last attempt, in the candidate alone in"
        f" {missed.candidate} and in the base alone in {missed.base} of {plural(missed.rounds, 'round')}"
    )
