"""Comma-separated values: one line per sample, or per trial that has none; every trial, whatever became of it.

A trial that is not ok has its state and its reason, and nothing where times and answers stand.
"""

import json
from collections.abc import Iterator

from flowreport.escape.spreadsheet import csv_field
from flowreport.model import BenchmarkTrial, Run, Sample, Status, Trial

_CASE = ("subject", "workload", "tasks", "workers", "benchmark")
_PROCESS = (
    "trial", "round", "order", "warmup", "status", "reason", "exit_code", "signal", "started", "log",
)  # fmt: skip
# Numbers of a process, which only one that is ok shows.
_NUMBERS = (
    "wall_ns", "user_ns", "sys_ns", "voluntary_switches", "involuntary_switches", "minor_faults", "major_faults",
    "max_rss_bytes", "steal_ns", "cpu_pressure_ns", "memory_pressure_ns", "io_pressure_ns",
)  # fmt: skip
_WORKLOAD = ("phases", "completed", "answer", "throttled", "throttle_reason", "limit", "largest")
_SAMPLE = ("i", "wall_ns", "cpu_ns", "rss_before_bytes", "peak_rss_bytes", "max_in_flight")
_MEASUREMENT = ("iterations", "wall_ns", "cpu_ns", "threads", "label", "library_build_type")
# A limit and the size that was reached say why a case could not be done: they are no results.
_REASONS = frozenset({"phases", "limit", "largest"})
COLUMNS = (
    "run", *_CASE, *_PROCESS, *_NUMBERS, *_WORKLOAD, *(f"sample_{c}" for c in _SAMPLE),
    *(f"benchmark_{c}" for c in _MEASUREMENT), "counters",
)  # fmt: skip


def export(run: Run) -> str:
    """The file as RFC 4180 has it, with a line of names."""
    rows: list[list[object]] = [list(COLUMNS), *(row for t in run.trials for row in _trial(run, t))]
    rows += [_benchmark(run, t) for t in run.benchmark_trials]
    return "".join(",".join(map(csv_field, row)) + "\r\n" for row in rows)


def _trial(run: Run, trial: Trial) -> Iterator[list[object]]:
    ok = trial.status is Status.OK
    c = trial.case
    row = [
        *(run.id, c.subject, c.workload, c.tasks, c.workers, None),
        *_process(trial),
        *(getattr(trial, name) if ok or name in _REASONS else None for name in _WORKLOAD),
    ]
    nothing: list[object] = [None] * (len(_MEASUREMENT) + 1)
    samples: tuple[Sample | None, ...] = trial.samples if ok and trial.samples else (None,)
    for sample in samples:
        yield [*row, *(getattr(sample, name) if sample else None for name in _SAMPLE), *nothing]


def _benchmark(run: Run, trial: BenchmarkTrial) -> list[object]:
    m = trial.measurement if trial.status is Status.OK else None
    return [
        *(run.id, trial.case.subject, None, None, None, trial.case.name),
        *_process(trial),
        *[None] * (len(_WORKLOAD) + len(_SAMPLE)),
        *(getattr(m, name) if m else None for name in _MEASUREMENT),
        json.dumps(dict(m.counters), allow_nan=False) if m else None,
    ]


def _process(trial: Trial | BenchmarkTrial) -> list[object]:
    ok = trial.status is Status.OK
    own: list[object] = [getattr(trial, name) for name in _PROCESS]
    own[_PROCESS.index("status")] = trial.status.value
    return [*own, *(getattr(trial, name) if ok else None for name in _NUMBERS)]
