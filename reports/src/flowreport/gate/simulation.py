"""How often a gate would be wrong: many gates on noise that was recorded once, with changes that were put in. Pure.

The recording is of two arms that ran the same executables. A simulated round is a recorded round, drawn with
replacement, of all cells together, and its arms are swapped by a coin: so disturbances that met several cells at once
still do, and the truth is that nothing changed.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
from numpy.random import Generator

from flowreport.gate.cells import Cell, Key, Metric, pair_up, process_ns, title
from flowreport.gate.judge import FEWEST_PAIRS, Finding, State
from flowreport.gate.looks import End, Looks
from flowreport.gate.rules import Rules
from flowreport.gate.steps import Step, first_step, name_takes
from flowreport.gate.verdict import Verdict
from flowreport.model import Run
from flowreport.stats.estimate import Values

_CHUNK = 4  # gates that a process takes at once
_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class Recording:
    """Cells whose pairs are in the order of the rounds; ns of a process by case."""

    cells: Sequence[Cell]
    durations: Mapping[Key, float]

    @classmethod
    def of(cls, arms: tuple[Run, Run], controls: Collection[str]) -> "Recording":
        """What two runs recorded by cell; those with too few pairs are left out."""
        cells = [cell for cell in pair_up(arms, lambda subject: subject in controls) if cell.pairs >= FEWEST_PAIRS]
        return cls(cells, process_ns(arms))


@dataclass(frozen=True)
class Change:
    """What is put into the candidate: times `time` and memory `memory` of every case that `cases` takes."""

    cases: Callable[[Key], bool]
    time: float = 1.0
    memory: float = 1.0


@dataclass(frozen=True)
class Named:
    """Takes the cases whose title `pattern` matches; none without one."""

    pattern: re.Pattern[str] | None

    def __call__(self, key: Key) -> bool:
        """Whether it takes the case."""
        return self.pattern is not None and self.pattern.search(title(key)) is not None


NO_CHANGE = Change(Named(None))


@dataclass(frozen=True)
class Tally:
    """Verdicts of simulated gates, in how many each cell was found, and why gates came to no verdict.

    `undecided`: inconclusive gates by each cell that they left open. `unfit`: invalid gates by what was wrong, with N
    for its figures.
    """

    verdicts: Mapping[Verdict, int]
    found: Mapping[str, int]
    undecided: Mapping[str, int]
    unfit: Mapping[str, int]

    @property
    def gates(self) -> int:
        """How many gates there were."""
        return sum(self.verdicts.values())


@dataclass(frozen=True)
class _Outcome:
    verdict: Verdict
    found: frozenset[str]
    undecided: frozenset[str]
    unfit: frozenset[str]


def simulate(recording: Recording, rules: Rules, change: Change, draws: Sequence[Generator], *, jobs: int = 1) -> Tally:
    """Simulate a whole gate for each generator, with all looks and the confirmation.

    `jobs` processes share the work; with more than one, `change` must be picklable.
    """
    verdicts: Counter[Verdict] = Counter()
    found: Counter[str] = Counter()
    undecided: Counter[str] = Counter()
    unfit: Counter[str] = Counter()
    outcome = partial(_outcome, recording, rules, change)
    with ProcessPoolExecutor(jobs) if jobs > 1 else nullcontext() as pool:
        outcomes = map(outcome, draws) if pool is None else pool.map(outcome, draws, chunksize=_CHUNK)
        for end in outcomes:
            verdicts[end.verdict] += 1
            found.update(end.found)
            undecided.update(end.undecided)
            unfit.update(end.unfit)
    return Tally({v: verdicts[v] for v in Verdict}, dict(found), dict(undecided), dict(unfit))


def _outcome(recording: Recording, rules: Rules, change: Change, rng: Generator) -> _Outcome:
    end = _gate(recording, rules, change, rng)
    verdict = _verdict(end)
    left = _open(end) if verdict is Verdict.INCONCLUSIVE else ()
    problems = end.judgement.conditions.problems if verdict is Verdict.INVALID else ()
    return _Outcome(
        verdict,
        frozenset(title(f.cell.key) for f in end.confirmed),
        frozenset(f"{title(f.cell.key)} {f.cell.metric.value}" for f in left),
        frozenset(_FIGURES.sub("N", problem) for problem in problems),
    )


def _gate(recording: Recording, rules: Rules, change: Change, rng: Generator) -> End:
    measured: dict[str, Sequence[Cell]] = {}
    answer: Step | End = first_step(rules)
    while isinstance(answer, Step):
        measured[answer.folder] = _measure(recording.cells, answer, change, rng)
        answer = Looks(rules, measured, recording.durations, confirm=True).decide()
    return answer


def _verdict(end: End) -> Verdict:
    if end.judgement.conditions.problems:
        return Verdict.INVALID
    if end.confirmed:
        return Verdict.REGRESSION
    return Verdict.INCONCLUSIVE if _open(end) else Verdict.PASS


def _open(end: End) -> Sequence[Finding]:
    return end.judgement.of(State.REGRESSION, State.UNDECIDED, State.TOO_FEW)


def _measure(recorded: Sequence[Cell], step: Step, change: Change, rng: Generator) -> list[Cell]:
    picks = rng.random(step.rounds)
    swapped = rng.random(step.rounds) < 0.5  # noqa: PLR2004 - a coin
    return [_drawn(cell, picks, swapped, change) for cell in recorded if name_takes(step.filter, cell.key)]


def _drawn(cell: Cell, picks: Values, swapped: npt.NDArray[np.bool_], change: Change) -> Cell:
    rounds = (picks * cell.pairs).astype(np.int64)
    base, candidate = cell.base[rounds], cell.candidate[rounds]
    base, candidate = np.where(swapped, candidate, base), np.where(swapped, base, candidate)
    if not cell.control and change.cases(cell.key):
        candidate = candidate * (change.memory if cell.metric is Metric.MEMORY else change.time)
    return replace(cell, base=base, candidate=candidate)
