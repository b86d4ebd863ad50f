"""The JSON that Google Benchmark writes, for its compare.py and for whatever reads it.

A trial is a repetition. Times are ns per task, cold and warm apart; a benchmark of a component keeps its own times.
What was not measured is told in the context, where no reader takes it for a number.
"""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flowreport.exports.entries import BenchmarkEntry, Entry, WorkloadEntry, benchmark_entries, unique, workload_entries
from flowreport.model import BenchmarkTrial, Run, Trial
from flowreport.text import visible

# Keys of Google Benchmark's own; a counter of that name gets out of the way.
_OWN = frozenset(
    {
        "name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "repetition_index",
        "threads", "aggregate_name", "aggregate_unit", "iterations", "real_time", "cpu_time", "time_unit", "label",
        "error_occurred", "error_message", "skipped", "skip_message", "big_o", "rms",
    }
)  # fmt: skip
# An aggregate needs two repetitions.
_FEWEST = 2


@dataclass(frozen=True)
class _Repetition:
    """One trial: ns per iteration, and counters."""

    iterations: int
    real_time: float
    cpu_time: float
    threads: int
    counters: Mapping[str, float]
    label: str


def export(run: Run) -> str:
    """The document; ends in a line end."""
    workloads, components = workload_entries(run), benchmark_entries(run)
    families = [*(f for e in workloads for f in _workload(e)), *(_component(e) for e in components if e.trials)]
    names = unique(name for name, _ in families)
    benchmarks = [
        record
        for family, (name, (_, repetitions)) in enumerate(zip(names, families, strict=True))
        for record in _records(family, name, repetitions)
    ]
    document = {"context": _context(run, [*workloads, *components]), "benchmarks": benchmarks}
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _context(run: Run, entries: Sequence[Entry]) -> dict[str, object]:
    types = {t.measurement.library_build_type for t in run.benchmark_trials if t.measurement}
    return {
        "date": run.created,
        "host_name": "",
        "executable": visible(run.command[0]) if run.command else "",
        "num_cpus": run.environment.cpus_online,
        "mhz_per_cpu": 0,
        "cpu_scaling_enabled": run.environment.governor not in (None, "performance"),
        "caches": [],
        "load_avg": [run.environment.load1_milli / 1000],
        **({"library_build_type": visible(" ".join(sorted(types)))} if types else {}),
        "json_schema_version": 1,
        "run": visible(run.id),
        "cpu_model": visible(run.environment.cpu_model),
        "kernel": visible(run.environment.kernel),
        "commit": visible(run.tool.commit),
        "not_counted": [
            {"name": e.name, "state": p.state, "reason": visible(p.reason), "trials": p.trials}
            for e in entries
            for p in e.problems
        ],
    }


def _workload(entry: WorkloadEntry) -> Iterator[tuple[str, Sequence[_Repetition]]]:
    cold = [_cold(t) for t in entry.trials if t.samples]
    if cold:
        yield f"{entry.name}/cold", cold
    warm = [_warm(t) for t in entry.trials if len(t.samples) > 1]
    if warm:
        yield f"{entry.name}/warm", warm


def _cold(trial: Trial) -> _Repetition:
    first, n = trial.samples[0], trial.case.tasks
    counters = {
        "bytes_per_task": (first.peak_rss_bytes - first.rss_before_bytes) / n,
        "peak_rss_bytes": float(first.peak_rss_bytes),
        "process_ns": float(trial.wall_ns),
        "voluntary_switches": float(trial.voluntary_switches),
        "involuntary_switches": float(trial.involuntary_switches),
    }
    return _Repetition(n, first.wall_ns / n, first.cpu_ns / n, trial.case.workers, counters, "")


def _warm(trial: Trial) -> _Repetition:
    later, n = trial.samples[1:], trial.case.tasks
    wall = statistics.median(s.wall_ns for s in later)
    cpu = statistics.median(s.cpu_ns for s in later)
    return _Repetition(n, wall / n, cpu / n, trial.case.workers, {"samples": float(len(later))}, "")


def _component(entry: BenchmarkEntry) -> tuple[str, Sequence[_Repetition]]:
    return entry.name, [_own(t) for t in entry.trials]


def _own(trial: BenchmarkTrial) -> _Repetition:
    m = trial.measurement
    assert m is not None  # noqa: S101 - an entry's trials have one
    counters = {visible(name): value for name, value in m.counters.items()}
    return _Repetition(
        m.iterations, m.wall_ns / m.iterations, m.cpu_ns / m.iterations, m.threads, counters, visible(m.label)
    )


def _records(family: int, name: str, repetitions: Sequence[_Repetition]) -> Iterator[dict[str, object]]:
    def common(run_type: str) -> dict[str, object]:
        return {
            "family_index": family,
            "per_family_instance_index": 0,
            "run_name": name,
            "run_type": run_type,
            "repetitions": len(repetitions),
        }

    for index, r in enumerate(repetitions):
        yield {
            "name": name,
            **common("iteration"),
            "repetition_index": index,
            "threads": r.threads,
            "iterations": r.iterations,
            "real_time": r.real_time,
            "cpu_time": r.cpu_time,
            "time_unit": "ns",
            **({"label": r.label} if r.label else {}),
            **_counters(r.counters),
        }
    if len(repetitions) < _FEWEST:
        return
    shared = set.intersection(*(set(r.counters) for r in repetitions))
    columns = {"real_time": [r.real_time for r in repetitions], "cpu_time": [r.cpu_time for r in repetitions]}
    counters = {c: [r.counters[c] for r in repetitions] for c in repetitions[0].counters if c in shared}
    for aggregate, unit, of in _AGGREGATES:
        yield {
            "name": f"{name}_{aggregate}",
            **common("aggregate"),
            "threads": repetitions[0].threads,
            "aggregate_name": aggregate,
            "aggregate_unit": unit,
            "iterations": len(repetitions),
            **{column: of(values) for column, values in columns.items()},
            "time_unit": "ns",
            **_counters({c: of(values) for c, values in counters.items()}),
        }


def _counters(counters: Mapping[str, float]) -> dict[str, float]:
    return {f"counter {name}" if name in _OWN else name: value for name, value in counters.items()}


def _mean(values: Sequence[float]) -> float:
    return statistics.fmean(values)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _stddev(values: Sequence[float]) -> float:
    return statistics.stdev(values)


def _variation(values: Sequence[float]) -> float:
    mean = statistics.fmean(values)
    return statistics.stdev(values) / mean if mean else 0.0


_AGGREGATES = (
    ("mean", "time", _mean),
    ("median", "time", _median),
    ("stddev", "time", _stddev),
    ("cv", "percentage", _variation),
)
