"""Standard errors and what a paired comparison can find."""

import numpy as np
import pytest
from numpy.random import default_rng
from scipy.stats import norm

from flowreport.stats.power import (
    inflation,
    minimum_detectable_effect,
    noise_floor,
    paired_standard_error,
    standard_error,
    widest_unchanged,
)
from flowreport.stats.signed_rank import hodges_lehmann


def test_standard_error_is_that_of_repeated_estimates() -> None:
    rng = default_rng(1)
    truth = np.std([hodges_lehmann(rng.normal(0, 1, 40)) for _ in range(800)])
    told = np.median([standard_error(rng.normal(0, 1, 40)) for _ in range(200)])
    assert told == pytest.approx(truth, rel=0.1)


def test_paired_standard_error_is_that_of_differences_of_two_such_samples() -> None:
    rng = default_rng(2)
    truth = np.std([hodges_lehmann(rng.normal(0, 1, 60) - rng.normal(0, 1, 60)) for _ in range(500)])
    told = np.median([paired_standard_error(rng.normal(0, 1, 30), 60) for _ in range(100)])
    assert told == pytest.approx(truth, rel=0.15)


def test_equal_values_have_no_error_and_one_outlier_changes_little() -> None:
    assert standard_error(np.ones(12)) == 0.0
    calm = default_rng(3).normal(0, 1, 30)
    assert standard_error(np.append(calm, 1e6)) < 1.5 * standard_error(calm)


def test_too_few_values_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 6"):
        standard_error(np.ones(5))


def test_detectable_effect_is_found_as_often_as_it_says() -> None:
    effect = minimum_detectable_effect(1.0, alpha=0.05, power=0.8, beyond=0.5)
    assert effect == pytest.approx(0.5 + norm.ppf(0.95) + norm.ppf(0.8))
    estimates = default_rng(4).normal(effect, 1.0, 20_000)
    assert np.mean(estimates - norm.ppf(0.95) > 0.5) == pytest.approx(0.8, abs=0.01)


def test_no_change_stays_below_the_noise_floor_and_the_widest() -> None:
    estimates = default_rng(5).normal(0.0, 2.0, 200_000)
    assert np.mean(np.abs(estimates) < noise_floor(2.0)) == pytest.approx(0.95, abs=0.002)
    ends = estimates + noise_floor(2.0)
    assert np.mean(ends < widest_unchanged(2.0, level=0.95, passes=0.99)) == pytest.approx(0.99, abs=0.001)


def test_inflation_is_one_for_honest_errors_and_tells_by_how_much_they_are_too_small() -> None:
    units = default_rng(6).normal(0.0, 1.0, 5000)
    assert inflation(units) == pytest.approx(1.0, abs=0.05)
    assert inflation(3.0 * units) == pytest.approx(3.0, rel=0.05)
    assert inflation(0.1 * units) == 1.0
