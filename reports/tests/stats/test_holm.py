"""Holm's adjusted p-values."""

import pytest
from numpy.random import default_rng

from flowreport.stats.holm import holm


def test_the_textbook_example() -> None:
    # As p.adjust of R gives it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))


def test_one_test_is_left_alone_and_none_is_none() -> None:
    assert holm([0.2]) == (0.2,)
    assert holm([]) == ()


def test_no_adjusted_value_is_above_one() -> None:
    assert holm([0.9, 0.8, 1.0]) == (1.0, 1.0, 1.0)


def test_any_false_alarm_among_many_true_hypotheses_is_as_rare_as_it_says() -> None:
    rng = default_rng(3)
    alarms = sum(min(holm(list(rng.random(40)))) <= 0.05 for _ in range(2000))
    assert 70 <= alarms <= 130


def test_what_is_no_probability_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        holm([0.1, 1.2])
