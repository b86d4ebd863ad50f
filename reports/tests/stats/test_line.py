"""The straight line through sizes."""

import numpy as np
import pytest
from numpy.random import default_rng
from scipy import stats

from flowreport.stats.line import fit_line

SIZES = np.repeat([1_000.0, 10_000.0, 100_000.0], 7)


def test_anscombes_first_data_set_has_his_line() -> None:
    """Anscombe, Graphs in Statistical Analysis, The American Statistician 27(1), 1973: y = 3.0 + 0.5 x, R² 0.67."""
    x = np.array([10.0, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5])
    y = np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68])
    line = fit_line(x, y, rng=default_rng(1))
    assert line.slope.value == pytest.approx(0.5, abs=0.0005)
    assert line.intercept.value == pytest.approx(3.0, abs=0.0005)
    assert line.r_squared == pytest.approx(0.67, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_fit_agrees_with_scipy(seed: int) -> None:
    rng = default_rng(seed)
    y = 3e6 + rng.uniform(1, 500) * SIZES + rng.normal(0, 1e5, SIZES.size)
    line, theirs = fit_line(SIZES, y, rng=rng), stats.linregress(SIZES, y)
    assert line.slope.value == pytest.approx(theirs.slope)
    assert line.intercept.value == pytest.approx(theirs.intercept)
    assert line.r_squared == pytest.approx(theirs.rvalue**2)


def test_exact_points_give_an_exact_line_with_intervals_of_no_width() -> None:
    line = fit_line(SIZES, 4096.0 + 1000.0 * SIZES, rng=default_rng(1))
    assert line.slope.value == pytest.approx(1000.0)
    assert line.intercept.value == pytest.approx(4096.0, rel=1e-6)
    assert line.slope.interval is not None
    assert [line.slope.interval.low, line.slope.interval.high] == pytest.approx([1000.0, 1000.0])
    assert line.r_squared == pytest.approx(1.0)


@pytest.mark.parametrize("spread", [np.full(SIZES.size, 1e4), 2e3 + 0.04 * SIZES], ids=["equal", "growing"])
def test_intervals_hold_the_truth_at_least_as_often_as_they_say(spread: np.ndarray) -> None:
    rng = default_rng(11)
    slopes = intercepts = 0
    for _ in range(500):
        line = fit_line(SIZES, 5e6 + 2.0 * SIZES + rng.normal(0, 1, SIZES.size) * spread, rng=rng, draws=500)
        assert line.slope.interval is not None
        assert line.intercept.interval is not None
        slopes += line.slope.interval.holds(2.0)
        intercepts += line.intercept.interval.holds(5e6)
    # 95 % nominal, a standard error of 1 point at 500 tries.
    assert 0.93 <= slopes / 500 <= 0.995
    assert 0.93 <= intercepts / 500 <= 0.995


def test_two_sizes_give_the_interval_of_welchs_t_test() -> None:
    """The slope is a difference of two means over a distance: the Behrens-Fisher problem, which Welch approximates."""
    rng = default_rng(12)
    low, high = rng.normal(100, 3, 12), rng.normal(400, 9, 10)
    x, y = np.repeat([1.0, 4.0], [12, 10]), np.concatenate([low, high])
    interval = fit_line(x, y, rng=rng, draws=40_000).slope.interval
    welch = stats.ttest_ind(high, low, equal_var=False).confidence_interval(0.95)
    assert interval is not None
    assert [interval.low, interval.high] == pytest.approx([welch.low / 3, welch.high / 3], rel=0.005)


def test_flat_values_have_no_slope_and_are_explained() -> None:
    line = fit_line(SIZES, np.full(SIZES.size, 7.0), rng=default_rng(1))
    assert (line.slope.value, line.intercept.value, line.r_squared) == pytest.approx((0.0, 7.0, 1.0))


def test_too_few_trials_at_one_size_leave_no_interval() -> None:
    line = fit_line(SIZES[3:], 2.0 * SIZES[3:], rng=default_rng(1))
    assert (line.slope.interval, line.intercept.interval) == (None, None)


@pytest.mark.parametrize(("x", "y"), [([1.0, 1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0]), ([], [])])
def test_what_is_no_line_is_refused(x: list[float], y: list[float]) -> None:
    with pytest.raises(ValueError, match="expected"):
        fit_line(np.array(x), np.array(y), rng=default_rng(1))
