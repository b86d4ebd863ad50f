"""Series with known changes; and how often there is an alarm without one, counted in simulation."""

import itertools
from math import comb, nan

import numpy as np
import pytest
from numpy.random import default_rng
from scipy import stats

from flowreport.stats.change_points import FEWEST, LEVEL, ChangePoint, _most_unlike, change_points
from flowreport.stats.estimate import Values

SIMULATED = 1_500


def noisy(seed: int, *levels: tuple[float, int]) -> Values:
    """Normal noise of spread 1 around one level after the other, each so many values long."""
    means = np.concatenate([np.full(count, float(mean)) for mean, count in levels])
    return means + default_rng(seed).normal(0.0, 1.0, means.size)


def places(found: tuple[ChangePoint, ...]) -> list[int]:
    return [c.index for c in found]


def test_one_step_is_found_at_its_first_value_with_the_means_beside_it() -> None:
    values = noisy(1, (100, 12), (108, 9))
    (change,) = change_points(values)
    assert change.index == 12
    assert change.before == pytest.approx(values[:12].mean())
    assert change.after == pytest.approx(values[12:].mean())


def test_p_is_that_of_the_t_test_times_the_places() -> None:
    values = noisy(3, (0, 8), (3, 8))
    (change,) = change_points(values)
    oracle = stats.ttest_ind(values[: change.index], values[change.index :]).pvalue
    assert change.p == pytest.approx(oracle * (16 - 2 * FEWEST + 1), rel=1e-6)


def test_two_steps_up_and_back_down_are_two_changes() -> None:
    assert places(change_points(noisy(4, (50, 10), (58, 10), (50, 10)))) == [10, 20]


def test_a_short_hump_in_a_long_flat_series_is_found() -> None:
    """Without a second segment that may end early, the long tail would dilute it."""
    assert places(change_points(noisy(5, (50, 40), (56, 4), (50, 40)))) == [40, 44]


def test_a_staircase_of_three_steps() -> None:
    assert places(change_points(noisy(6, (0, 10), (6, 10), (12, 10), (18, 10)))) == [10, 20, 30]


def test_drift_is_told_as_steps_that_all_go_the_same_way() -> None:
    """A slope has no change point; what matters is that it does not pass unseen."""
    found = change_points(np.linspace(0.0, 12.0, 40) + default_rng(7).normal(0.0, 1.0, 40))
    assert len(found) >= 2
    assert all(c.after > c.before for c in found)


def test_flat_short_and_single_outlier_series_have_none() -> None:
    assert change_points(np.full(30, 128.0)) == ()
    assert change_points(np.array([1.0, 1.0, 9.0, 9.0, 9.0])) == ()
    assert change_points(noisy(16, (10, 20))) == ()
    for place in range(20):
        with_outlier = noisy(9, (10, 20))
        with_outlier[place] += 25
        assert change_points(with_outlier) == ()


def test_one_new_value_is_no_change_and_three_are() -> None:
    values = noisy(10, (0, 12), (9, 3))
    assert change_points(values[:-2]) == ()
    assert places(change_points(values)) == [12]


def test_values_without_spread_count_a_real_step_and_no_rounding() -> None:
    step = np.repeat([128.0, 136.0], 5)
    (change,) = change_points(step)
    assert (change.index, change.before, change.after) == (5, 128.0, 136.0)
    assert change_points(np.repeat([0.1 + 0.2, 0.3], 5)) == ()


def test_a_step_below_the_least_is_none_and_does_not_hide_a_larger_one() -> None:
    values = np.concatenate([np.full(6, 100.0), np.full(6, 100.5), np.full(6, 120.0)])
    assert places(change_points(values)) == [6, 12]
    assert places(change_points(values, least_step=1.0)) == [12]


def test_the_same_series_gives_the_same_result_whatever_its_unit() -> None:
    values = noisy(11, (100, 15), (104, 15))
    found, scaled = change_points(values), change_points(values * 1e6)
    assert places(found) == places(scaled) == [15]
    assert found[0].p == pytest.approx(scaled[0].p, rel=1e-6)


@pytest.mark.parametrize("size", [6, 12, 40])
def test_false_alarms_stay_within_the_level(size: int) -> None:
    """Of flat series at most LEVEL have a change: the count may exceed it by chance only (99.9 %)."""
    rng = default_rng([12, size])
    alarms = sum(bool(change_points(rng.normal(100.0, 3.0, size))) for _ in range(SIMULATED))
    assert alarms <= stats.binom.ppf(0.999, SIMULATED, LEVEL)


def test_false_alarms_follow_a_stricter_level() -> None:
    rng = default_rng(13)
    alarms = sum(bool(change_points(rng.normal(0.0, 1.0, 20), level=0.005)) for _ in range(SIMULATED))
    assert alarms <= stats.binom.ppf(0.999, SIMULATED, 0.005)


@pytest.mark.parametrize(("before", "after", "least"), [(10, 5, 0.93), (10, 10, 0.97), (30, 30, 0.98)])
def test_power_for_a_step_of_three_sigma(before: int, after: int, least: float) -> None:
    """`least` of the series with the step must have it found, within two values of its place."""
    found = 0
    for seed in range(300):
        at = places(change_points(noisy(1000 + seed, (100, before), (103, after))))
        found += any(abs(a - before) <= 2 for a in at)
    assert found >= least * 300


def test_the_split_maximizes_the_energy_distance_of_the_paper() -> None:
    values = noisy(14, (0, 6), (2, 5), (0, 3))

    def unlike(tau: int, kappa: int) -> float:
        x, y = values[:tau], values[tau:kappa]
        between = 2 * np.mean([abs(a - b) for a in x for b in y])
        within = [sum(abs(a - b) for a, b in itertools.combinations(z, 2)) / comb(z.size, 2) for z in (x, y)]
        return float(x.size * y.size / kappa * (between - sum(within)))

    pairs = [(t, k) for k in range(14 + 1) for t in range(k) if t >= FEWEST and k - t >= FEWEST]
    assert _most_unlike(values, FEWEST) == max(pairs, key=lambda pair: unlike(*pair))


@pytest.mark.parametrize("bad", [{"level": 0.0}, {"level": 1.0}, {"fewest": 1}])
def test_senseless_bounds_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected a level between 0 and 1"):
        change_points(noisy(15, (0, 20)), **bad)  # type: ignore[arg-type]


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        change_points(np.array([1.0, nan, 2.0, 3.0, 4.0, 5.0]))
