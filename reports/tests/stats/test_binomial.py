"""Exact bounds of a probability."""

import pytest
from scipy.stats import binomtest

from flowreport.stats.binomial import clopper_pearson


@pytest.mark.parametrize(
    ("k", "n"),
    [(0, 60), (1, 60), (54, 60), (57, 60), (60, 60), (3, 2000), (1940, 2000), (1999, 2000), (500, 10_000), (1, 1)],
)
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_bounds_are_scipys(k: int, n: int, level: float) -> None:
    theirs = binomtest(k, n).proportion_ci(level, method="exact")
    mine = clopper_pearson(k, n, level=level)
    assert [mine.low, mine.high] == pytest.approx([theirs.low, theirs.high], abs=1e-9)


@pytest.mark.parametrize(("k", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_impossible_counts_are_refused(k: int, n: int) -> None:
    with pytest.raises(ValueError, match="successes"):
        clopper_pearson(k, n)
