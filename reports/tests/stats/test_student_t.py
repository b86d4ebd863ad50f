import itertools
from math import inf, nan

import pytest
from scipy import stats

from flowreport.stats.student_t import two_sided_p


@pytest.mark.parametrize(
    ("t", "freedom", "p"),
    [
        # Critical values as tables print them (Abramowitz & Stegun, table 26.10).
        (12.706, 1, 0.05),
        (2.776, 4, 0.05),
        (4.604, 4, 0.01),
        (2.228, 10, 0.05),
        (3.646, 30, 0.001),
        (1.980, 120, 0.05),
    ],
)
def test_printed_critical_values(t: float, freedom: float, p: float) -> None:
    assert two_sided_p(t, freedom) == pytest.approx(p, rel=2e-3)


def test_agrees_with_scipy_from_the_middle_to_the_far_tail() -> None:
    for t, freedom in itertools.product((0.0, 1e-6, 0.3, 1.0, 2.5, 8.0, 60.0, 1e4), (1, 2, 3, 9, 40, 400, 5000)):
        assert two_sided_p(t, freedom) == pytest.approx(2 * stats.t.sf(t, freedom), rel=1e-8, abs=1e-290)


def test_is_even_and_ends_at_1_and_0() -> None:
    assert two_sided_p(-2.5, 7) == two_sided_p(2.5, 7)
    assert two_sided_p(0.0, 7) == 1.0
    assert two_sided_p(-inf, 7) == 0.0


@pytest.mark.parametrize(("t", "freedom"), [(1.0, 0.0), (1.0, -3.0), (1.0, inf), (nan, 5.0)])
def test_other_arguments_are_refused(t: float, freedom: float) -> None:
    with pytest.raises(ValueError, match="expected a number and degrees of freedom above 0"):
        two_sided_p(t, freedom)
