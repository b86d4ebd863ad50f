"""A run like another, but slower: what a comparison should find."""

from dataclasses import replace

from flowreport.model import BenchmarkTrial, Run, Trial


def slower(run: Run, factor: float) -> Run:
    """Every time of every trial times `factor`."""
    return replace(
        run,
        id=f"{run.id}-slower",
        trials=tuple(_trial(t, factor) for t in run.trials),
        benchmark_trials=tuple(_benchmark(t, factor) for t in run.benchmark_trials),
    )


def _trial(trial: Trial, factor: float) -> Trial:
    samples = tuple(
        replace(s, wall_ns=round(s.wall_ns * factor), cpu_ns=round(s.cpu_ns * factor)) for s in trial.samples
    )
    return replace(trial, samples=samples, wall_ns=round(trial.wall_ns * factor))


def _benchmark(trial: BenchmarkTrial, factor: float) -> BenchmarkTrial:
    m = trial.measurement
    if m is None:
        return trial
    counters = {name: value * factor if name == "op" else value for name, value in m.counters.items()}
    wall, cpu = round(m.wall_ns * factor), round(m.cpu_ns * factor)
    return replace(trial, measurement=replace(m, wall_ns=wall, cpu_ns=cpu, counters=counters))
