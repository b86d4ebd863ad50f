"""Medians along time."""

import numpy as np
import pytest
from numpy.random import default_rng
from scipy import stats

from flowreport.stats.drift import binned_medians


@pytest.mark.parametrize("bins", [1, 5, 12])
def test_medians_of_the_pieces_agree_with_scipy(bins: int) -> None:
    rng = default_rng(bins)
    x, y = rng.uniform(0, 100, 200), rng.lognormal(size=200)
    theirs = stats.binned_statistic(x, y, statistic="median", bins=bins)
    middles = (theirs.bin_edges[1:] + theirs.bin_edges[:-1]) / 2
    mine = binned_medians(x, y, bins=bins)
    assert [at for at, _ in mine] == pytest.approx(list(middles))
    assert [value for _, value in mine] == pytest.approx(list(theirs.statistic))


def test_a_piece_without_a_value_is_left_out() -> None:
    assert binned_medians(np.array([0.0, 1.0, 10.0]), np.array([1.0, 3.0, 5.0]), bins=5) == ((1.0, 2.0), (9.0, 5.0))


def test_values_of_one_moment_are_one_piece() -> None:
    assert binned_medians(np.array([4.0, 4.0]), np.array([1.0, 2.0]), bins=7) == ((4.0, 1.5),)


@pytest.mark.parametrize(("x", "y", "bins"), [([], [], 3), ([1.0], [1.0, 2.0], 3), ([1.0], [1.0], 0)])
def test_other_shapes_are_refused(x: list[float], y: list[float], bins: int) -> None:
    with pytest.raises(ValueError, match="equally long"):
        binned_medians(np.array(x), np.array(y), bins=bins)
