"""Samples in the order in which they were taken."""

from dataclasses import replace

import numpy as np
import pytest

from flowreport.cases import Analysis
from flowreport.model import Run
from flowreport.sequence import BINS, in_time_order, within_process


def test_each_trial_is_over_the_median_of_its_own_case(sample: Run) -> None:
    analysis = Analysis(sample)
    order = next(o for o in in_time_order(analysis) if o.subject == "gamma")
    trials = [t for t in sample.trials if t.case.subject == "gamma" and t.counts]
    assert len(order.trials) == len(trials)
    t = trials[5]
    seconds, ratio = order.trials[5]
    assert seconds == t.started / 1e9
    assert ratio == pytest.approx(t.samples[0].wall_ns / t.case.tasks / analysis.results[t.case].cold.value)
    assert np.median([r for _, r in order.trials]) == pytest.approx(1.0, abs=0.02)


def test_a_machine_that_slows_down_shows_as_a_rising_trend(sample: Run) -> None:
    last = max(t.started for t in sample.trials)
    slower = tuple(
        replace(t, samples=tuple(replace(s, wall_ns=int(s.wall_ns * (1 + 0.5 * t.started / last))) for s in t.samples))
        for t in sample.trials
    )
    steady = next(o for o in in_time_order(Analysis(sample)) if o.subject == "alpha")
    rising = next(o for o in in_time_order(Analysis(replace(sample, trials=slower))) if o.subject == "alpha")
    assert steady.trend[-1][1] / steady.trend[0][1] == pytest.approx(1.0, abs=0.12)
    assert rising.trend[-1][1] / rising.trend[0][1] > 1.25
    assert len(rising.trend) <= BINS


def test_warm_up_trials_are_apart_and_others_that_do_not_count_are_not_there(sample: Run) -> None:
    run = replace(sample, trials=tuple(replace(t, warmup=t.round == 0) for t in sample.trials))
    order = next(o for o in in_time_order(Analysis(run)) if o.subject == "hostile")
    ok = [t for t in run.trials if t.case.subject == "hostile" and t.status.value == "ok"]
    assert len(order.warmup) == sum(t.warmup for t in ok)
    assert len(order.trials) == sum(not t.warmup for t in ok)
    assert order.warmup


def test_warming_up_is_the_mean_over_cases_of_medians(sample: Run) -> None:
    means = within_process(Analysis(sample))
    assert set(means) == {s.id for s in sample.subjects if s.built}
    first, second, third = means["gamma"]
    assert first == 1.0
    # The model's later samples take 0.55 of the time; where tasks sleep, nearly all of it.
    assert 0.5 < second < 0.75
    assert third == pytest.approx(second, rel=0.05)


def test_one_sample_per_trial_warms_up_nothing(sample: Run) -> None:
    run = replace(sample, trials=tuple(replace(t, samples=t.samples[:1]) for t in sample.trials))
    assert within_process(Analysis(run)) == {}


def test_warm_up_trials_do_not_warm_up_the_means(sample: Run) -> None:
    odd = tuple(
        replace(t, warmup=True, samples=(t.samples[0], *(replace(s, wall_ns=s.wall_ns * 90) for s in t.samples[1:])))
        if t.round < 4 and t.samples
        else t
        for t in sample.trials
    )
    without = tuple(t for t in sample.trials if t.round >= 4)
    means = [within_process(Analysis(replace(sample, trials=trials))) for trials in (odd, without)]
    assert means[0] == means[1]
