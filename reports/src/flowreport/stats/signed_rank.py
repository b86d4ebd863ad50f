"""The centre of paired differences: Hodges-Lehmann estimate, exact Wilcoxon signed-rank tests and intervals.

All of it assumes independent differences that are symmetric about their centre, and nothing else: no normality, no
equal spread. Source: Hollander, Wolfe & Chicken, Nonparametric Statistical Methods, 3rd edition, 2014, chapter 3;
zeros as in Pratt, Remarks on zeros and ties in the Wilcoxon signed rank procedures, JASA 54, 1959.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from flowreport.stats.estimate import LEVEL, Estimate, Interval, Values
from flowreport.stats.median import check_values


def hodges_lehmann(differences: Values) -> float:
    """The median of the n(n+1)/2 Walsh averages (d_i + d_j)/2, i <= j, of shape (n,), n >= 1. O(n^2).

    Raises ValueError on empty or infinite values.
    """
    return float(np.median(_walsh_averages(differences)))


def signed_rank_p(differences: Values, *, above: float) -> float:
    """One-sided p-value of "the centre is at most `above`" against "it is greater"; shape (n,), n >= 1.

    Exact for the ranks as they are, ties included: the distribution of the rank sum over all 2^m signs of the m
    differences that are not `above`. Those that are exactly `above` take part in the ranking and count for nothing.
    1.0 when none is left. Swap both signs for the other side. O(n^3).
    """
    check_values(differences)
    shifted = differences - above
    ranks = _doubled_ranks(np.abs(shifted))
    used = shifted != 0.0
    observed = int(ranks[shifted > 0.0].sum())
    distribution = _rank_sums(tuple(sorted(int(r) for r in ranks[used])))
    return float(min(1.0, distribution[observed:].sum()))


def signed_rank_estimate(differences: Values, *, level: float = LEVEL) -> Estimate:
    """The Hodges-Lehmann estimate with its exact two-sided interval, from the c-th smallest to largest Walsh average.

    differences: shape (n,), n >= 1. No interval when n is too small to reach `level` (n < 6 at 95 %). The level is
    at least `level`; with ties it is higher. O(n^2 log n) and O(n^3) once per n.
    """
    averages = np.sort(_walsh_averages(differences))
    rank = _outermost_average(int(differences.size), level)
    interval = Interval(float(averages[rank - 1]), float(averages[-rank]), level) if rank > 0 else None
    return Estimate(float(np.median(averages)), int(differences.size), interval)


def _walsh_averages(differences: Values) -> Values:
    check_values(differences)
    i, j = _pairs(differences.size)
    averages: Values = (differences[i] + differences[j]) / 2.0
    return averages


@lru_cache(maxsize=256)
def _pairs(n: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """All i <= j below n."""
    i, j = np.triu_indices(n)
    return i, j


def _doubled_ranks(magnitudes: Values) -> npt.NDArray[np.int64]:
    """Twice the midranks of `magnitudes`, so that ties keep whole numbers."""
    ordered = np.sort(magnitudes)
    below = np.searchsorted(ordered, magnitudes, side="left")
    up_to = np.searchsorted(ordered, magnitudes, side="right")
    return (below + up_to + 1).astype(np.int64)


@lru_cache(maxsize=256)
def _rank_sums(ranks: tuple[int, ...]) -> Values:
    """P(sum = s) for s = 0 ... sum(ranks), each rank in the sum with probability one half, independently."""
    distribution = np.zeros(sum(ranks) + 1)
    distribution[0] = 1.0
    for rank in ranks:
        shifted = np.zeros_like(distribution)
        shifted[rank:] = distribution[: distribution.size - rank]
        distribution = (distribution + shifted) / 2.0
    return distribution


@lru_cache(maxsize=1024)
def _outermost_average(n: int, level: float) -> int:
    """The largest k with 2 * P(T <= k - 1) <= 1 - level for the signed-rank sum T of n; 0 if there is none."""
    below = np.cumsum(_rank_sums(tuple(range(1, n + 1))))
    return int(np.searchsorted(2.0 * below, 1.0 - level, side="right"))
