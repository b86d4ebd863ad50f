"""What each benchmark of a Google Benchmark binary measured: one summary per time, over the trials that count.

As with workloads the process is the unit of replication: a trial gives one value for each time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from flowreport import units
from flowreport.model import OPERATION, Anchor, Benchmark, BenchmarkTrial, Measurement, Run, Status, Subject
from flowreport.stats.estimate import Estimate
from flowreport.stats.median import median_estimate

NS_PER_S = 1e9
# What a time is called that no counter gives: that of an iteration, by the wall clock.
ITERATION = "iteration"
# Counters that are times in seconds, by the contract: that of an operation, and percentiles.
_TIME = re.compile(rf"{OPERATION}|p[0-9]+", re.ASCII)


@dataclass(frozen=True)
class Time:
    """One time of a benchmark, in ns per operation; `measure` is the counter that gave it, or ITERATION."""

    benchmark: Benchmark
    measure: str
    estimate: Estimate
    values: tuple[float, ...]
    anchor: Anchor | None

    @property
    def speed_up(self) -> float | None:
        """How many times as fast as the anchor; None without one, or where the time is 0."""
        if self.anchor is None or self.estimate.value <= 0:
            return None
        figure_ns = self.anchor.figure if self.anchor.unit == "ns" else NS_PER_S / self.anchor.figure
        return figure_ns * self.anchor.operations / self.estimate.value


@dataclass(frozen=True)
class Component:
    """One measured benchmark: its times, the main one first, and medians of the counters that are none."""

    benchmark: Benchmark
    times: tuple[Time, ...]
    cpu_ns: float
    iterations: float
    counters: Mapping[str, float]
    labels: tuple[str, ...]
    library_build_types: tuple[str, ...]


@dataclass(frozen=True)
class Missing:
    """A benchmark without numbers, and why, in a few words; `failed` when a trial of it failed."""

    benchmark: Benchmark
    why: str
    failed: bool


def anchor_figure(anchor: Anchor) -> str:
    """The figure of an anchor with its unit: 231 ns, 45.5 M/s."""
    return units.duration(anchor.figure) if anchor.unit == "ns" else units.rate(anchor.figure)


def operation_ns(measurement: Measurement) -> float:
    """The time of one operation in one trial; that of an iteration where the benchmark counts no operations."""
    operation = measurement.counters.get(OPERATION)
    return measurement.wall_ns / measurement.iterations if operation is None else operation * NS_PER_S


def percentiles_ns(measurement: Measurement) -> Mapping[str, float]:
    """The percentiles of one operation within one trial."""
    found = measurement.counters.items()
    return {name: value * NS_PER_S for name, value in found if name != OPERATION and _TIME.fullmatch(name)}


def benchmarks(run: Run) -> tuple[Benchmark, ...]:
    """Every benchmark of the run, in the order of its plan."""
    return tuple(dict.fromkeys([p.case for p in run.plan.benchmarks] + [t.case for t in run.benchmark_trials]))


def components(run: Run) -> tuple[Component, ...]:
    """The benchmarks that were measured, in the order of the plan."""
    measured: dict[Benchmark, list[Measurement]] = {b: [] for b in benchmarks(run)}
    for t in run.benchmark_trials:
        if t.counts and t.measurement:
            measured[t.case].append(t.measurement)
    subjects = {s.id: s for s in run.subjects}
    return tuple(_component(b, ms, subjects[b.subject]) for b, ms in measured.items() if ms)


def main_time(measurement: Measurement) -> tuple[str, float]:
    """The time that stands for a benchmark, its name and ns: of an operation, else a percentile, else an iteration."""
    times = sorted(name for name in measurement.counters if _TIME.fullmatch(name))
    for name in [OPERATION] if OPERATION in times else times:
        return name, measurement.counters[name] * NS_PER_S
    return ITERATION, measurement.wall_ns / measurement.iterations


def missing(run: Run) -> tuple[Missing, ...]:
    """The benchmarks that have no trial that counts."""
    trials: dict[Benchmark, list[BenchmarkTrial]] = {b: [] for b in benchmarks(run)}
    for t in run.benchmark_trials:
        trials[t.case].append(t)
    return tuple(_missing(b, ts) for b, ts in trials.items() if not any(t.counts for t in ts))


def _missing(benchmark: Benchmark, trials: Sequence[BenchmarkTrial]) -> Missing:
    ended = {t.status for t in trials if t.status is not Status.OK}
    why = ", ".join(s.value.replace("_", " ") for s in Status if s in ended) or "not run"
    return Missing(benchmark, why, any(s.failed for s in ended))


def _component(benchmark: Benchmark, measurements: Sequence[Measurement], subject: Subject) -> Component:
    names = dict.fromkeys(name for m in measurements for name in m.counters)
    anchors = [a for a in subject.anchors if a.benchmark == benchmark.name]
    times = {name for name in names if _TIME.fullmatch(name)} | ({a.measure for a in anchors} & set(names))
    others = {
        name: [m.counters[name] for m in measurements if name in m.counters] for name in names if name not in times
    }
    return Component(
        benchmark=benchmark,
        times=tuple(_times(benchmark, measurements, sorted(times - {OPERATION}), anchors)),
        cpu_ns=float(np.median([m.cpu_ns / m.iterations for m in measurements])),
        iterations=float(np.median([m.iterations for m in measurements])),
        counters={name: float(np.median(values)) for name, values in others.items()},
        labels=tuple(dict.fromkeys(m.label for m in measurements if m.label)),
        library_build_types=tuple(dict.fromkeys(m.library_build_type for m in measurements)),
    )


def _times(
    benchmark: Benchmark, measurements: Sequence[Measurement], counters: Sequence[str], anchors: Sequence[Anchor]
) -> Iterator[Time]:
    """The time of an operation, then `counters`; without any, of an iteration. With several anchors once with each."""
    counted = [OPERATION] if all(OPERATION in m.counters for m in measurements) else []
    for measure in [*counted, *counters] or [ITERATION]:
        if measure == ITERATION:
            values = [m.wall_ns / m.iterations for m in measurements]
        else:
            values = [m.counters[measure] * NS_PER_S for m in measurements if measure in m.counters]
        estimate = median_estimate(np.array(values))
        beside: Sequence[Anchor | None] = [a for a in anchors if a.measure == measure] or [None]
        for anchor in beside:
            yield Time(benchmark, measure, estimate, tuple(values), anchor)
