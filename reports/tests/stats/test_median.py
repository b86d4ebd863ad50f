"""The median and its exact interval, against tables, scipy and simulation."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.random import Generator, default_rng
from scipy import stats

from flowreport.stats.median import median_estimate

# Efron & Tibshirani, An Introduction to the Bootstrap (1993), table 2.1: survival of mice, control group.
MICE = np.array([52.0, 104, 146, 10, 51, 30, 40, 27, 46])


def test_median_of_the_mice_is_46() -> None:
    estimate = median_estimate(MICE)
    assert (estimate.value, estimate.n) == (46.0, 9)


# One more than the critical values of the sign test at 5 %: Dixon & Mood, The Statistical Sign Test, JASA 41 (1946).
@pytest.mark.parametrize(
    ("n", "k"), [(6, 1), (7, 1), (8, 1), (9, 2), (11, 2), (12, 3), (15, 4), (20, 6), (25, 8), (50, 18)]
)
def test_interval_has_the_ranks_of_the_published_table(n: int, k: int) -> None:
    interval = median_estimate(np.arange(1.0, n + 1)).interval
    assert interval is not None
    assert (interval.low, interval.high) == (k, n + 1 - k)


@pytest.mark.parametrize("n", [6, 7, 10, 31, 200, 1_500])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.99])
def test_interval_has_the_ranks_of_scipys_quantile_test(n: int, level: float) -> None:
    values = default_rng(n).normal(size=n)
    interval = median_estimate(values, level=level).interval
    theirs = stats.quantile_test(values, q=values.mean(), p=0.5).confidence_interval(level)
    if np.isnan(theirs.low):
        assert interval is None
    else:
        assert interval is not None
        assert (interval.low, interval.high) == (theirs.low, theirs.high)


@pytest.mark.parametrize(
    ("draw", "median"),
    [
        (lambda rng, n: rng.lognormal(size=n), 1.0),
        (lambda rng, n: rng.exponential(size=n), np.log(2)),
        (lambda rng, n: np.where(rng.random(n) < 0.3, 10.0, 0.0) + rng.normal(0, 0.1, n), 0.0566),
    ],
    ids=["lognormal", "exponential", "bimodal"],
)
def test_interval_holds_the_median_at_least_as_often_as_it_says(
    draw: Callable[[Generator, int], np.ndarray], median: float
) -> None:
    rng = default_rng(5)
    held = 0
    for _ in range(1_000):
        interval = median_estimate(draw(rng, 7)).interval
        assert interval is not None
        held += interval.holds(median)
    assert held / 1_000 >= 0.965  # 98.4 % at n = 7, whatever the distribution


def test_too_few_values_have_a_median_and_no_interval() -> None:
    few = median_estimate(MICE[:5])
    assert (few.value, few.n, few.interval) == (52.0, 5, None)
    assert median_estimate(MICE[:1]).value == 52.0


def test_equal_values_have_an_interval_of_no_width() -> None:
    interval = median_estimate(np.full(7, 3.0)).interval
    assert interval is not None
    assert (interval.low, interval.high) == (3.0, 3.0)


def test_one_wild_value_does_not_move_the_median() -> None:
    assert median_estimate(np.array([10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 1e7])).value == 10.3


@pytest.mark.parametrize("values", [np.array([]), np.array([1.0, np.nan]), np.array([[1.0], [2.0]])])
def test_what_has_no_median_is_refused(values: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        median_estimate(values)
