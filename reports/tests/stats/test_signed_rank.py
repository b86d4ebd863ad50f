"""Hodges-Lehmann estimates, exact signed-rank tests and intervals."""

from itertools import product

import numpy as np
import pytest
from numpy.random import default_rng
from scipy import stats

from flowreport.stats.estimate import Values
from flowreport.stats.signed_rank import hodges_lehmann, signed_rank_estimate, signed_rank_p

# Hollander, Wolfe & Chicken (2014), example 3.1: Hamilton depression scale, before and after, of nine patients.
BEFORE = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
AFTER = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])


def test_the_book_example() -> None:
    differences = AFTER - BEFORE
    assert hodges_lehmann(differences) == pytest.approx(-0.46)
    assert signed_rank_p(-differences, above=0.0) == pytest.approx(0.0195, abs=5e-5)
    estimate = signed_rank_estimate(differences, level=0.96)
    assert estimate.interval is not None
    assert [estimate.interval.low, estimate.interval.high] == pytest.approx([-0.786, -0.010])


@pytest.mark.parametrize("n", [1, 5, 6, 11, 30, 50])
def test_p_is_scipys_exact_p(n: int) -> None:
    differences = default_rng(n).normal(0.2, 1.0, n)
    theirs = stats.wilcoxon(differences - 0.1, alternative="greater", method="exact").pvalue
    assert signed_rank_p(differences, above=0.1) == pytest.approx(theirs, rel=1e-9)


def test_p_with_ties_and_zeros_counts_all_signs_of_what_is_not_zero() -> None:
    differences = np.array([2.0, 2.0, -1.0, 3.0, 0.0, 1.0, 0.0, -2.0])
    ranks = stats.rankdata(np.abs(differences))
    used, observed = ranks[differences != 0], ranks[differences > 0].sum()
    sums = [np.dot(signs, used) for signs in product((0, 1), repeat=used.size)]
    assert signed_rank_p(differences, above=0.0) == pytest.approx(np.mean([s >= observed for s in sums]))


def test_nothing_but_zeros_tells_nothing() -> None:
    assert signed_rank_p(np.zeros(12), above=0.0) == 1.0
    assert signed_rank_estimate(np.zeros(12)).interval == pytest.approx(signed_rank_estimate(np.zeros(12)).interval)
    assert signed_rank_estimate(np.zeros(12)).value == 0.0


def test_one_outlier_of_a_million_times_the_rest_moves_little() -> None:
    calm = default_rng(1).normal(0.0, 0.01, 20)
    wild = np.append(calm, 1e6)
    assert abs(hodges_lehmann(wild)) < 0.02
    assert signed_rank_p(wild, above=0.02) > 0.01


def test_interval_needs_six_values_at_95_percent() -> None:
    assert signed_rank_estimate(np.arange(5.0)).interval is None
    assert signed_rank_estimate(np.arange(6.0)).interval is not None


def test_interval_and_test_agree() -> None:
    differences = default_rng(4).normal(0.1, 1.0, 25)
    interval = signed_rank_estimate(differences, level=0.95).interval
    assert interval is not None
    assert signed_rank_p(differences, above=interval.low - 1e-9) <= 0.025
    assert signed_rank_p(differences, above=interval.low + 1e-9) > 0.025


@pytest.mark.parametrize("shape", ["normal", "heavy", "uniform"])
def test_interval_holds_the_truth_at_least_as_often_as_it_says(shape: str) -> None:
    rng = default_rng(8)
    samples = {
        "normal": rng.normal(0.0, 1.0, (1000, 10)),
        "heavy": rng.standard_t(2, (1000, 10)),
        "uniform": rng.uniform(-1.0, 1.0, (1000, 10)),
    }[shape]
    intervals = [signed_rank_estimate(values).interval for values in samples]
    held = sum(i is not None and i.holds(0.0) for i in intervals)
    assert 935 <= held <= 975


@pytest.mark.parametrize("values", [np.array([]), np.array([1.0, np.nan]), np.ones((2, 2))])
def test_what_has_no_centre_is_refused(values: Values) -> None:
    with pytest.raises(ValueError, match="expected"):
        hodges_lehmann(values)
