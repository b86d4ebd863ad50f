"""The exact sign test."""

import pytest
from numpy.random import default_rng
from scipy.stats import binomtest

from flowreport.stats.sign_test import sign_test_p


@pytest.mark.parametrize(("more", "fewer"), [(0, 0), (1, 0), (0, 1), (6, 0), (5, 1), (9, 1), (3, 17), (30, 30)])
def test_agrees_with_scipy(more: int, fewer: int) -> None:
    expected = binomtest(more, more + fewer, alternative="greater").pvalue if more + fewer else 1.0
    assert sign_test_p(more, fewer) == pytest.approx(expected, rel=1e-12)


def test_without_a_difference_there_is_nothing_to_tell() -> None:
    assert sign_test_p(0, 0) == 1.0


def test_alike_things_are_told_apart_as_rarely_as_it_says() -> None:
    rng = default_rng(5)
    heads = rng.binomial(12, 0.5, size=4000)
    assert sum(sign_test_p(int(k), 12 - int(k)) <= 0.05 for k in heads) <= 0.05 * 4000


def test_what_is_no_count_is_refused() -> None:
    with pytest.raises(ValueError, match="expected counts"):
        sign_test_p(-1, 2)
