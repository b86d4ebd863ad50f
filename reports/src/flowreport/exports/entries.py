"""A run as tools see it that know names and numbers only: each case under a name of its own, with its trials."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flowreport.model import Benchmark, BenchmarkTrial, Case, Run, Status, Trial
from flowreport.outcomes import absence, words
from flowreport.text import visible


@dataclass(frozen=True)
class Problem:
    """Trials of a case that do not count, and why. `status` is None when there was no trial at all."""

    status: Status | None
    state: str
    reason: str
    limit: str
    trials: int
    failed: bool


@dataclass(frozen=True)
class WorkloadEntry:
    """A case of a workload; `trials` are those that count, in the order of the file."""

    case: Case
    name: str
    trials: tuple[Trial, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class BenchmarkEntry:
    """A benchmark of a Google Benchmark binary; `trials` are those that count."""

    case: Benchmark
    name: str
    trials: tuple[BenchmarkTrial, ...]
    problems: tuple[Problem, ...]


Entry = WorkloadEntry | BenchmarkEntry


def entries(run: Run) -> tuple[Entry, ...]:
    """Every case of the run."""
    return (*workload_entries(run), *benchmark_entries(run))


def workload_entries(run: Run) -> tuple[WorkloadEntry, ...]:
    """Every case of a workload that was planned or tried, by subject, then workload, workers and size."""
    subjects, workloads = _places(s.id for s in run.subjects), _places(w.id for w in run.workloads)
    cases = {c.case for c in run.plan.cases} | {t.case for t in run.trials}
    ordered = sorted(cases, key=lambda c: (subjects[c.subject], workloads[c.workload], c.workers, c.tasks))
    trials: dict[Case, list[Trial]] = {case: [] for case in ordered}
    for t in run.trials:
        trials[t.case].append(t)
    names = unique([f"{c.subject}/{c.workload}/{c.tasks}/workers:{c.workers}" for c in ordered])
    return tuple(
        WorkloadEntry(case, name, tuple(t for t in trials[case] if t.counts), _problems(run, case, trials[case]))
        for case, name in zip(ordered, names, strict=True)
    )


def benchmark_entries(run: Run) -> tuple[BenchmarkEntry, ...]:
    """Every benchmark that was planned or tried, in the order of the plan."""
    cases = dict.fromkeys([p.case for p in run.plan.benchmarks] + [t.case for t in run.benchmark_trials])
    trials: dict[Benchmark, list[BenchmarkTrial]] = {case: [] for case in cases}
    for t in run.benchmark_trials:
        trials[t.case].append(t)
    names = unique([f"{c.subject}/{c.name}" for c in cases])
    return tuple(
        BenchmarkEntry(
            case,
            name,
            tuple(t for t in trials[case] if t.counts and t.measurement),
            _problems(run, case, trials[case]),
        )
        for case, name in zip(cases, names, strict=True)
    )


def unbuilt(run: Run) -> tuple[tuple[str, str], ...]:
    """Subjects that were not built and so have no case, with the reason."""
    present = {e.case.subject for e in entries(run)}
    return tuple((s.id, s.reason) for s in run.subjects if not s.built and s.id not in present)


def unique(names: Iterable[str]) -> list[str]:
    """The names made visible; one that then is there already gets a number, so that no two cases become one."""
    taken: set[str] = set()
    found = []
    for name in (visible(name).strip() for name in names):
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"{name}#{number}"
        taken.add(candidate)
        found.append(candidate)
    return found


def _problems(run: Run, case: Case | Benchmark, trials: Sequence[Trial | BenchmarkTrial]) -> tuple[Problem, ...]:
    """What became of the trials that are not ok, worst first; or why there is none at all."""
    bad = [t for t in trials if t.status is not Status.OK]
    if not bad:
        return () if any(t.counts for t in trials) else (_absent(run, case),)
    counts = Counter((t.status, t.reason, t.limit if isinstance(t, Trial) else "", t.failed) for t in bad)
    worst = list(Status)
    return tuple(
        Problem(status, words(status), reason, limit, n, failed)
        for (status, reason, limit, failed), n in sorted(counts.items(), key=lambda c: worst.index(c[0][0]))
    )


def _absent(run: Run, case: Case | Benchmark) -> Problem:
    subject = next(s for s in run.subjects if s.id == case.subject)
    if isinstance(case, Benchmark):
        state = words(Status.NOT_BUILT) if not subject.built else "not run"
        return Problem(None, state, subject.reason, "", 0, failed=False)
    reason = subject.reason or subject.unsupported.get(case.workload, "")
    return Problem(None, absence(run, case).why, reason, "", 0, failed=False)


def _places(ids: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(ids)}
