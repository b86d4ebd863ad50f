"""Two runs side by side: what each case measured in both, the ratio, and what only one of them has."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import exp
from zlib import crc32

import numpy as np
from numpy.random import Generator, default_rng

from flowreport import units
from flowreport.components import ITERATION, components
from flowreport.exports.entries import Entry, WorkloadEntry, entries, workload_entries
from flowreport.fingerprint import Fingerprint, differences
from flowreport.model import OPERATION, Benchmark, Case, Run, Trial
from flowreport.outcomes import listing, workers_suffix
from flowreport.stats.estimate import Estimate, Interval
from flowreport.stats.median import median_estimate
from flowreport.stats.ratio import ratio_of_medians
from flowreport.stats.signed_rank import signed_rank_estimate

TIME, MEMORY = "time per task", "memory per task"
Key = tuple[Case | Benchmark, str]
# The round of a trial and its value.
Values = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Compared:
    """One quantity of a case in both runs. `ratio` is candidate over base; None where the base is not above 0.

    It is that of the medians; in runs that are the arms of one pair, that within pairs of the same round.
    """

    case: Case | Benchmark
    measure: str
    base: Estimate
    candidate: Estimate
    ratio: Estimate | None


@dataclass(frozen=True)
class Lone:
    """A case without a comparison, and what became of it where it has no numbers."""

    case: Case | Benchmark
    why: str


@dataclass(frozen=True)
class Measured:
    """The values of a run by case and quantity, in the order of workloads, workers, sizes and subjects."""

    run: Run
    values: Mapping[Key, Values]

    @classmethod
    def of(cls, run: Run) -> "Measured":
        """Cold time and memory per task of each case; the times of each benchmark."""
        values: dict[Key, Values] = {}
        workloads = [w.id for w in run.workloads]
        ordered = sorted(
            workload_entries(run), key=lambda e: (workloads.index(e.case.workload), e.case.workers, e.case.tasks)
        )
        for entry in ordered:
            n, trials = entry.case.tasks, [t for t in entry.trials if t.samples]
            if trials:
                values[entry.case, TIME] = tuple((t.round, t.samples[0].wall_ns / n) for t in trials)
                values[entry.case, MEMORY] = tuple((t.round, memory_per_task(t)) for t in trials)
        for c in components(run):
            rounds = [t.round for t in run.benchmark_trials if t.case == c.benchmark and t.counts and t.measurement]
            for time in c.times:
                # A percentile that some trials lack cannot be told by rounds.
                numbered = rounds if len(rounds) == len(time.values) else [0] * len(time.values)
                values[c.benchmark, time.measure] = tuple(zip(numbered, time.values, strict=True))
        return cls(run, values)


class Comparison:
    """A candidate against a base. Deterministic: the draws of each ratio are seeded by the seeds of the runs."""

    def __init__(self, base: Run, candidate: Run) -> None:
        self.base, self.candidate = base, candidate
        self._measured = Measured.of(base), Measured.of(candidate)

    @property
    def differences(self) -> tuple[str, ...]:
        """What differs besides what was to be compared: machine, builds, parameters."""
        return differences(Fingerprint.of(self.base), Fingerprint.of(self.candidate))

    @property
    def paired(self) -> bool:
        """Whether the runs are the two arms of one pair, so that their rounds belong together."""
        a, b = self.base.pair, self.candidate.pair
        return a is not None and b is not None and a.id == b.id and a.arm != b.arm

    @cached_property
    def compared(self) -> tuple[Compared, ...]:
        """What both measured, in the order of the base."""
        base, candidate = (m.values for m in self._measured)
        return tuple(self._compared(key, base[key], candidate[key]) for key in base if key in candidate)

    @cached_property
    def base_only(self) -> tuple[Lone, ...]:
        """Cases that the base alone has numbers of."""
        return tuple(self._lone(*self._measured))

    @cached_property
    def candidate_only(self) -> tuple[Lone, ...]:
        """Cases that the candidate alone has numbers of."""
        return tuple(self._lone(*reversed(self._measured)))

    @cached_property
    def neither(self) -> tuple[Lone, ...]:
        """Cases of either that have numbers in none; `why` is the base's, or the candidate's where they differ."""
        found: dict[Case | Benchmark, str] = {}
        measured = {case for m in self._measured for case, _ in m.values}
        for run in (self.candidate, self.base):
            found |= {e.case: _why(e) for e in entries(run) if e.case not in measured}
        return tuple(Lone(case, why) for case, why in found.items())

    def _compared(self, key: Key, base: Values, candidate: Values) -> Compared:
        b, c = (np.array([value for _, value in values]) for values in (base, candidate))
        ratio = _ratio_of_pairs(base, candidate) if self.paired else None
        if ratio is None and (b > 0).all():
            ratio = ratio_of_medians(c, b, rng=self._rng(key))
        return Compared(*key, median_estimate(b), median_estimate(c), ratio)

    def _lone(self, here: Measured, there: Measured) -> Iterator[Lone]:
        others = {e.case: e for e in entries(there.run)}
        measured = {case for case, _ in there.values}
        for case in dict.fromkeys(case for case, _ in here.values):
            if case not in measured:
                yield Lone(case, _why(others[case]) if case in others else "not planned")

    def _rng(self, key: Key) -> Generator:
        case, measure = key
        label = f"{case_name(case, several_workers=True)}\n{measure}"
        return default_rng([self.base.seed, self.candidate.seed, crc32(label.encode("utf-8", "backslashreplace"))])


def memory_per_task(trial: Trial) -> float:
    """Bytes: what the first sample of a trial needed beyond what was resident before."""
    first = trial.samples[0]
    return (first.peak_rss_bytes - first.rss_before_bytes) / trial.case.tasks


def alike(cases: Iterable[Lone], *, several_workers: bool) -> Iterator[str]:
    """Cases without a comparison in lines: those of one subject with one reason together."""
    groups: dict[tuple[str, str], list[Case | Benchmark]] = {}
    for c in cases:
        groups.setdefault((c.case.subject, c.why), []).append(c.case)
    for (subject, why), members in groups.items():
        yield f"{subject} {listing(members, lambda workload: workload, several_workers=several_workers)}: {why}"


def _ratio_of_pairs(base: Values, candidate: Values) -> Estimate | None:
    """The centre of candidate over base within the same round; None without a pair, or with one that has no logarithm.

    What the machine did in a round meets both, so this is narrower than the ratio of two medians over all rounds.
    """
    a, b = _by_round(base), _by_round(candidate)
    pairs = np.array([(a[r], b[r]) for r in sorted(a.keys() & b.keys())])
    if not pairs.size or (pairs <= 0).any():
        return None
    centre = signed_rank_estimate(np.log(pairs[:, 1] / pairs[:, 0]))
    interval = centre.interval and Interval(exp(centre.interval.low), exp(centre.interval.high), centre.interval.level)
    return Estimate(exp(centre.value), centre.n, interval)


def _by_round(values: Values) -> Mapping[int, float]:
    """The values of rounds that have one."""
    often = Counter(r for r, _ in values)
    return {r: value for r, value in values if often[r] == 1}


def case_name(case: Case | Benchmark, *, several_workers: bool) -> str:
    """A case in short: `subject workload 1K`."""
    if isinstance(case, Benchmark):
        return f"{case.subject} {case.name}"
    return f"{case.subject} {case.workload} {units.size(case.tasks)}{workers_suffix(case.workers) * several_workers}"


def measure_name(measure: str) -> str:
    """What a time of a benchmark is the time of."""
    return {OPERATION: "operation", ITERATION: "iteration"}.get(measure, measure)


def _why(entry: Entry) -> str:
    problem = entry.problems[0] if entry.problems else None
    if problem is None:
        return "no samples" if isinstance(entry, WorkloadEntry) else "not run"
    return f"{problem.state}: {problem.reason}" if problem.reason else problem.state


def unlike(run: Run, case: Case | Benchmark) -> bool:
    """Whether a case's work is not quite what its workload asks for."""
    return isinstance(case, Case) and run.unlike(case) is not None
