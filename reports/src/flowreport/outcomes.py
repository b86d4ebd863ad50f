"""What did not reach a chart, and why: trials that do not count, grouped so that a reader can take them in."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flowreport import units
from flowreport.model import Benchmark, BenchmarkTrial, Case, Run, Status, Trial

_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class Outcome:
    """Trials of one subject that ended alike: same state and limit, reasons that differ in their numbers at most.

    `reason` is that of the first trial, `others` the number of different ones. `failed`: a subject is at fault, and was
    not given another chance that it took.
    """

    subject: str
    status: Status
    reason: str
    others: int
    limit: str
    largest: int | None
    cases: Mapping[Case | Benchmark, int]
    logs: tuple[str, ...]
    failed: bool

    @property
    def trials(self) -> int:
        """How many trials ended so."""
        return sum(self.cases.values())


@dataclass(frozen=True)
class Throttled:
    """Cases of one subject whose trials are ok but waited for a resource; `waits` is the most in one trial."""

    subject: str
    reason: str
    waits: int
    cases: Mapping[Case | Benchmark, int]

    @property
    def trials(self) -> int:
        """How many trials waited."""
        return sum(self.cases.values())


@dataclass(frozen=True)
class Counts:
    """The trials of a run by what became of them.

    `missing` were planned and left no record; in `failed` ones the subject was at fault.
    """

    planned: int
    counted: int
    warmup: int
    by_status: Mapping[Status, int]
    missing: int
    failed: int


def count(run: Run) -> Counts:
    """The front page's counts. Warm-up trials that are ok are counted apart."""
    statuses = Counter(t.status for t in run.processes)
    return Counts(
        planned=run.plan.trials,
        counted=sum(t.counts for t in run.processes),
        warmup=sum(t.warmup and t.status is Status.OK for t in run.processes),
        by_status={s: statuses[s] for s in Status if statuses[s]},
        missing=max(run.plan.trials - len({t.trial for t in run.processes}), 0),
        failed=sum(t.failed for t in run.processes),
    )


def outcomes(run: Run) -> tuple[Outcome, ...]:
    """Groups of trials that are not ok, worst state first, then in the order of the run's subjects."""
    groups: dict[tuple[str, Status, str, str], list[Trial | BenchmarkTrial]] = {}
    for t in run.processes:
        if t.status is not Status.OK:
            alike = _NUMBERS.sub("#", t.reason)
            groups.setdefault((t.case.subject, t.status, alike, _limit(t)), []).append(t)
    found = [
        Outcome(
            subject=subject,
            status=status,
            reason=trials[0].reason,
            others=len({t.reason for t in trials}) - 1,
            limit=limit,
            largest=max(filter(None, (t.largest for t in trials if isinstance(t, Trial))), default=None),
            cases=_tally(run, trials),
            logs=tuple(t.log for t in trials if t.log),
            failed=any(t.failed for t in trials),
        )
        for (subject, status, _, limit), trials in groups.items()
    ]
    told = {o.subject for o in found if o.status is Status.NOT_BUILT}
    found += [
        Outcome(s.id, Status.NOT_BUILT, s.reason, 0, "", None, {}, (), failed=False)
        for s in run.subjects
        if not s.built and s.id not in told
    ]
    worst = list(Status)
    place = {s.id: i for i, s in enumerate(run.subjects)}
    return tuple(sorted(found, key=lambda o: (worst.index(o.status), place[o.subject], o.reason)))


def _limit(trial: Trial | BenchmarkTrial) -> str:
    return trial.limit if isinstance(trial, Trial) else ""


def throttled(run: Run) -> tuple[Throttled, ...]:
    """Trials that count but waited for a resource, by subject and reason, in the order of the trials."""
    groups: dict[tuple[str, str], list[Trial]] = {}
    for t in run.trials:
        if t.counts and t.throttled:
            groups.setdefault((t.case.subject, t.throttle_reason), []).append(t)
    return tuple(
        Throttled(subject, reason, max(t.throttled for t in trials), _tally(run, trials))
        for (subject, reason), trials in groups.items()
    )


def _tally(run: Run, trials: Iterable[Trial | BenchmarkTrial]) -> Mapping[Case | Benchmark, int]:
    """How many trials each case has, in the order of the run's workloads, then workers, then sizes; then benchmarks."""
    place = {w.id: i for i, w in enumerate(run.workloads)}
    counts = Counter[Case | Benchmark](t.case for t in trials)

    def order(case: Case | Benchmark) -> tuple[int, int, int, str]:
        if isinstance(case, Benchmark):
            return len(place), 0, 0, case.name
        return place[case.workload], case.workers, case.tasks, ""

    return {c: counts[c] for c in sorted(counts, key=order)}


@dataclass(frozen=True)
class Absence:
    """Why a case has no result, in a few words; `failed` when a trial of it failed."""

    why: str
    failed: bool = False


def absence(run: Run, case: Case) -> Absence:
    """Why a case has no result."""
    ended = {t.status for t in run.trials if t.case == case and t.status is not Status.OK}
    if ended:
        return Absence(", ".join(words(s) for s in Status if s in ended), any(s.failed for s in ended))
    subject = next(s for s in run.subjects if s.id == case.subject)
    if not subject.built:
        return Absence(words(Status.NOT_BUILT))
    if any(t.case == case for t in run.trials):
        return Absence("no samples")
    if any(c.case == case for c in run.plan.cases):
        return Absence("not run")
    return Absence(words(Status.UNSUPPORTED) if case.workload in subject.unsupported else "not planned")


def words(status: Status) -> str:
    """A state as a reader says it."""
    return status.value.replace("_", " ")


def listing(cases: Iterable[Case | Benchmark], title: Callable[[str], str], *, several_workers: bool) -> str:
    """Cases of one subject in short: `Sleep 10K, 100K; Yield 1K`. Workers are told where there are several."""
    sizes: dict[str, set[int]] = {}
    for case in cases:
        if isinstance(case, Benchmark):
            sizes[case.name] = set()
            continue
        name = f"{title(case.workload)}{workers_suffix(case.workers) if several_workers else ''}"
        sizes.setdefault(name, set()).add(case.tasks)
    return "; ".join(" ".join([name, ", ".join(map(units.size, sorted(ns)))]).rstrip() for name, ns in sizes.items())


def workers_suffix(workers: int) -> str:
    """` on 2 workers`, to follow the title of a workload."""
    return f" on {units.plural(workers, 'worker')}"
