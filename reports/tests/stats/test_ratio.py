"""Ratios of medians and their geometric mean."""

import numpy as np
import pytest
from numpy.random import default_rng
from scipy import stats

from flowreport.stats.ratio import geometric_mean, ratio_of_medians


def test_ratio_is_the_ratio_of_the_medians() -> None:
    ratio = ratio_of_medians(np.array([2.0, 6, 4, 8, 10]), np.array([1.0, 2, 3, 4, 5]), rng=default_rng(1))
    assert (ratio.value, ratio.n) == (2.0, 5)
    assert ratio.interval is not None
    assert ratio.interval.holds(2.0)


def test_interval_agrees_with_scipys_two_sample_bootstrap() -> None:
    rng = default_rng(2)
    values, base = rng.lognormal(1.0, 0.1, size=12), rng.lognormal(0.0, 0.1, size=9)
    mine = ratio_of_medians(values, base, rng=default_rng(3), resamples=20_000).interval
    theirs = stats.bootstrap(
        (values, base),
        lambda a, b, axis: np.median(a, axis=axis) / np.median(b, axis=axis),
        n_resamples=20_000,
        method="percentile",
        vectorized=True,
        rng=default_rng(4),
    ).confidence_interval
    assert mine is not None
    assert [mine.low, mine.high] == pytest.approx([theirs.low, theirs.high], rel=0.01)


@pytest.mark.parametrize("spread", [0.05, 0.5])
def test_interval_holds_the_truth_about_as_often_as_it_says(spread: float) -> None:
    rng = default_rng(6)
    held = 0
    for _ in range(600):
        values, base = 2.0 * rng.lognormal(0, spread, 7), rng.lognormal(0, spread, 7)
        interval = ratio_of_medians(values, base, rng=rng, resamples=400).interval
        assert interval is not None
        held += interval.holds(2.0)
    # 95 % nominal, a standard error of 0.9 points at 600 tries.
    assert 0.93 <= held / 600 <= 0.985


def test_unit_does_not_matter() -> None:
    a, b = default_rng(1).lognormal(size=8), default_rng(2).lognormal(size=8)
    one, thousand = (ratio_of_medians(a * k, b * k, rng=default_rng(5)) for k in (1.0, 1000.0))
    assert thousand.value == pytest.approx(one.value)
    assert one.interval is not None
    assert thousand.interval is not None
    assert [thousand.interval.low, thousand.interval.high] == pytest.approx([one.interval.low, one.interval.high])


def test_too_few_on_either_side_leave_no_interval() -> None:
    many, few = np.arange(1.0, 9.0), np.array([1.0, 2.0, 3.0, 4.0])
    assert ratio_of_medians(many, few, rng=default_rng(1)).interval is None
    assert ratio_of_medians(few, many, rng=default_rng(1)).interval is None


@pytest.mark.parametrize("base", [np.array([0.0, 1, 2, 3, 4]), np.array([-1.0, 1, 2]), np.array([])])
def test_a_base_that_cannot_divide_is_refused(base: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        ratio_of_medians(np.arange(1.0, 6.0), base, rng=default_rng(1))


def test_geometric_mean_agrees_with_scipy_and_with_its_reciprocal() -> None:
    ratios = default_rng(1).lognormal(size=20)
    assert geometric_mean(ratios) == pytest.approx(stats.gmean(ratios))
    assert geometric_mean(1 / ratios) == pytest.approx(1 / geometric_mean(ratios))
    assert geometric_mean(np.array([0.5, 2.0])) == pytest.approx(1.0)


@pytest.mark.parametrize("ratios", [np.array([]), np.array([1.0, 0.0]), np.array([2.0, -1.0])])
def test_geometric_mean_refuses_what_has_no_logarithm(ratios: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        geometric_mean(ratios)
