"""The text of `go test -bench`, for benchstat: one line per trial.

Subject, size and benchmark are keys in the name, so that `benchstat -col /subject` sets subjects side by side. The only
setting in the file is the machine: benchstat makes a table of its own for each value of a setting, so two runs of one
machine meet in one table.
"""

import re
import statistics
from collections.abc import Iterator

from flowreport.components import operation_ns, percentiles_ns
from flowreport.exports.entries import BenchmarkEntry, WorkloadEntry, benchmark_entries, unique, workload_entries
from flowreport.fingerprint import Fingerprint
from flowreport.model import BenchmarkTrial, Run, Trial
from flowreport.text import visible


def export(run: Run) -> str:
    """The text; ends in a line end."""
    return "\n".join([*_head(run), *_workloads(run), *_components(run), ""])


def _head(run: Run) -> Iterator[str]:
    yield f"# run {visible(run.id)}, commit {visible(run.tool.commit)}, {visible(run.environment.kernel)}"
    yield f"cpu: {visible(run.environment.cpu_model).strip() or 'unknown'}"
    yield f"machine: {Fingerprint.of(run).key}"
    yield ""


def _workloads(run: Run) -> Iterator[str]:
    entries = workload_entries(run)
    names = unique(_workload_name(e) for e in entries)
    for entry, name in zip(entries, names, strict=True):
        for trial in entry.trials:
            if trial.samples:
                yield f"Benchmark{name}-{entry.case.workers} {_workload_figures(trial)}"


def _components(run: Run) -> Iterator[str]:
    entries = benchmark_entries(run)
    names = unique(_component_name(e) for e in entries)
    for entry, name in zip(entries, names, strict=True):
        for trial in entry.trials:
            yield f"Benchmark{name}-{_threads(trial)} {_component_figures(trial)}"


def _workload_name(entry: WorkloadEntry) -> str:
    c = entry.case
    # After "Benchmark" comes anything but a small letter.
    return f"{_word(c.workload).capitalize()}/subject={_word(c.subject)}/tasks={c.tasks}"


def _component_name(entry: BenchmarkEntry) -> str:
    return f"Component/subject={_word(entry.case.subject)}/name={_word(entry.case.name)}"


def _word(text: str) -> str:
    """A part of a name: no space of any kind, or the line would end there."""
    return re.sub(r"\s", "_", visible(text).strip()) or "_"


def _workload_figures(trial: Trial) -> str:
    n, (first, *later) = trial.case.tasks, trial.samples
    figures = [
        (first.wall_ns / n, "ns/op"),
        *([(statistics.median(s.wall_ns for s in later) / n, "warm-ns/op")] if later else []),
        (first.cpu_ns / n, "cpu-ns/op"),
        ((first.peak_rss_bytes - first.rss_before_bytes) / n, "B/op"),
        (first.peak_rss_bytes, "peak-B"),
        (trial.wall_ns, "process-ns"),
    ]
    return _line(n, figures)


def _component_figures(trial: BenchmarkTrial) -> str:
    m = trial.measurement
    assert m is not None  # noqa: S101 - an entry's trials have one
    percentiles = [(value, f"{name}-ns/op") for name, value in percentiles_ns(m).items()]
    return _line(
        m.iterations, [(operation_ns(m), "ns/op"), (m.cpu_ns / m.iterations, "cpu-ns/iteration"), *percentiles]
    )


def _threads(trial: BenchmarkTrial) -> int:
    return trial.measurement.threads if trial.measurement else 1


def _line(iterations: int, figures: list[tuple[float, str]]) -> str:
    return " ".join([str(iterations), *(f"{value!r} {unit}" for value, unit in figures)])
