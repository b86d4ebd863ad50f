"""The Bencher Metric Format: for each case and measure one value, with the interval of the median as its bounds."""

import json

from flowreport.cases import Analysis, Result
from flowreport.components import Component, components
from flowreport.exports.entries import benchmark_entries, workload_entries
from flowreport.model import Run
from flowreport.stats.estimate import Estimate

# Bencher's longest name of a benchmark.
_LONGEST = 1024
Metric = dict[str, float]


def export(run: Run) -> str:
    """The document; ends in a line end."""
    results = Analysis(run).results
    metrics = {e.name: _workload(results[e.case]) for e in workload_entries(run) if e.case in results}
    measured = {c.benchmark: c for c in components(run)}
    metrics |= {e.name: _component(measured[e.case]) for e in benchmark_entries(run) if e.case in measured}
    return json.dumps({name[:_LONGEST]: m for name, m in metrics.items()}, indent=1, allow_nan=False) + "\n"


def _workload(result: Result) -> dict[str, Metric]:
    warm = {} if result.warm_ns is None else {"warm-time-per-task-ns": {"value": result.warm_ns}}
    return {
        # Bencher has a measure of this name, in nanoseconds.
        "latency": _metric(result.cold),
        **warm,
        "cpu-time-per-task-ns": {"value": result.cpu_ns},
        "memory-per-task-bytes": _metric(result.memory),
        "peak-memory-bytes": {"value": result.peak_bytes},
        "process-time-ns": {"value": result.process_ns},
    }


def _component(component: Component) -> dict[str, Metric]:
    first, *others = {t.measure: t.estimate for t in component.times}.items()
    return {
        "latency": _metric(first[1]),
        **{f"{measure}-ns": _metric(estimate) for measure, estimate in others},
        "cpu-time-per-iteration-ns": {"value": component.cpu_ns},
    }


def _metric(estimate: Estimate) -> Metric:
    metric = {"value": estimate.value}
    if estimate.interval:
        metric |= {"lower_value": estimate.interval.low, "upper_value": estimate.interval.high}
    return metric
