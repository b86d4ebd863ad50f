"""The JSON of pyperf: a trial is a run of pyperf's, its samples are the values.

Each case is up to three benchmarks: cold and warm in seconds per task, and the peak of memory in bytes. pyperf knows
positive values only, so bytes per task, which may be 0, are not among them.
"""

import json
from collections.abc import Callable, Iterator, Sequence

from flowreport.components import operation_ns
from flowreport.exports.entries import WorkloadEntry, benchmark_entries, unique, workload_entries
from flowreport.model import BenchmarkTrial, Run, Sample, Trial
from flowreport.text import visible

_NS = 1e9
_Record = dict[str, object]


def export(run: Run) -> str:
    """The document; ends in a line end. A run without a trial that counts gives no benchmarks, which pyperf refuses."""
    families = [
        *(f for e in workload_entries(run) for f in _workload(e)),
        *((e.name, "second", [_own(t) for t in e.trials]) for e in benchmark_entries(run) if e.trials),
    ]
    names = unique(name for name, _, _ in families)
    benchmarks: list[_Record] = [
        {"metadata": {"name": name, "unit": unit}, "runs": runs}
        for name, (_, unit, runs) in zip(names, families, strict=True)
    ]
    document = {"version": "1.0", "metadata": _metadata(run), "benchmarks": benchmarks}
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def _metadata(run: Run) -> _Record:
    e = run.environment
    texts = {"cpu_model_name": e.cpu_model, "platform": e.kernel, "run": run.id, "commit": run.tool.commit}
    # pyperf refuses texts that are empty or have spaces at their ends.
    return {"cpu_count": e.cpus_online, **{k: v for k, t in texts.items() if (v := visible(t).strip())}}


def _workload(entry: WorkloadEntry) -> Iterator[tuple[str, str, Sequence[_Record]]]:
    trials = [t for t in entry.trials if t.samples]
    if trials:
        yield f"{entry.name}/cold", "second", [_run(t, [_per_task(t, t.samples[0])], []) for t in trials]
        peak: Callable[[Trial], int] = lambda t: t.samples[0].peak_rss_bytes  # noqa: E731
        if all(peak(t) > 0 for t in trials):
            yield f"{entry.name}/peak_rss", "byte", [{"values": [peak(t)]} for t in trials]
    several = [t for t in trials if len(t.samples) > 1]
    if several:
        yield f"{entry.name}/warm", "second", [_warm(t) for t in several]


def _warm(trial: Trial) -> _Record:
    """Warm samples are values; the cold one is what pyperf calls a warm-up: [loops, seconds per task]."""
    first, *later = trial.samples
    return _run(trial, [_per_task(trial, s) for s in later], [[1, _per_task(trial, first)]])


def _run(trial: Trial, values: Sequence[float], warmups: Sequence[object]) -> _Record:
    """`inner_loops` is what one loop does: with it pyperf finds the time of the whole sample again."""
    return {
        "metadata": {"loops": 1, "inner_loops": trial.case.tasks, "duration": trial.wall_ns / _NS},
        **({"warmups": warmups} if warmups else {}),
        "values": values,
    }


def _own(trial: BenchmarkTrial) -> _Record:
    m = trial.measurement
    assert m is not None  # noqa: S101 - an entry's trials have one
    return {
        "metadata": {"loops": m.iterations, "duration": trial.wall_ns / _NS},
        "values": [operation_ns(m) / _NS],
    }


def _per_task(trial: Trial, sample: Sample) -> float:
    return sample.wall_ns / trial.case.tasks / _NS
