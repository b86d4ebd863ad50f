"""Samples by when they were taken: what a median hides shows as a slope, a step or a first one that differs.

Trials of different cases go into one series, each over what is usual for its own case.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from flowreport.cases import Analysis
from flowreport.model import Case, Status, Trial
from flowreport.stats.drift import binned_medians
from flowreport.stats.ratio import geometric_mean

BINS = 24
NS_PER_S = 1e9
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class TimeOrder:
    """Trials of a subject as (seconds since the run began, cold time over the median of the case).

    `trend` is the median in each of BINS pieces of the run; `warmup` are trials that are not counted.
    """

    subject: str
    trials: Points
    warmup: Points
    trend: Points


def in_time_order(analysis: Analysis) -> tuple[TimeOrder, ...]:
    """One series per subject that measured something, in the order of the run."""
    orders = []
    for s in analysis.run.runtimes:
        trials = [t for t in analysis.run.trials if t.case.subject == s.id and t.samples and t.case in analysis.results]
        counted = tuple(_point(analysis, t) for t in trials if t.counts)
        warmup = tuple(_point(analysis, t) for t in trials if t.warmup and t.status is Status.OK)
        if counted:
            x, y = np.array(counted, dtype=np.float64).T
            orders.append(TimeOrder(s.id, counted, warmup, binned_medians(x, y, bins=BINS)))
    return tuple(orders)


def _point(analysis: Analysis, trial: Trial) -> tuple[float, float]:
    usual = analysis.results[trial.case].cold.value * trial.case.tasks
    return trial.started / NS_PER_S, trial.samples[0].wall_ns / usual


def within_process(analysis: Analysis) -> Mapping[str, tuple[float, ...]]:
    """Per subject and sample: the geometric mean over cases of the median over trials of sample i over sample 0.

    Only as many samples as every case of the subject has; subjects with one sample per trial are left out.
    """
    ratios: dict[Case, list[list[float]]] = {}
    for t in analysis.run.trials:
        if t.counts and t.case in analysis.results and t.samples:
            first = t.samples[0].wall_ns
            ratios.setdefault(t.case, []).append([s.wall_ns / first for s in t.samples])
    means = {}
    for s in analysis.run.runtimes:
        cases = [trials for case, trials in ratios.items() if case.subject == s.id]
        samples = min((len(trial) for trials in cases for trial in trials), default=0)
        if samples > 1:
            medians = np.array([np.median([t[:samples] for t in trials], axis=0) for trials in cases])
            means[s.id] = tuple(geometric_mean(medians[:, i]) for i in range(samples))
    return means
