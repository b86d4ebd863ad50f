"""The median of independent values, with an exact interval."""

from math import comb

import numpy as np

from flowreport.stats.estimate import LEVEL, Estimate, Interval, Values


def median_estimate(values: Values, *, level: float = LEVEL) -> Estimate:
    """Median of `values`, shape (n,), n >= 1, one value per trial, with its distribution-free interval.

    The interval runs from the k-th smallest to the k-th largest value, k as large as the level allows: the number
    of values below the true median is Binomial(n, 1/2), whatever they are distributed like, so the interval holds
    the median at least as often as it says. At 95 % that takes six values; with fewer there is no interval.
    Source: Thompson, Annals of Mathematical Statistics 7(3), 1936; Conover, Practical Nonparametric Statistics §3.2.
    Raises ValueError on an empty array or a value that is not finite. O(n log n).
    """
    check_values(values)
    k = _outermost_rank(values.size, level)
    interval = None
    if k > 0:
        ordered = np.sort(values)
        interval = Interval(float(ordered[k - 1]), float(ordered[-k]), level)
    return Estimate(float(np.median(values)), int(values.size), interval)


def check_values(values: Values) -> None:
    """Refuse what a median cannot be taken of."""
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"expected one-dimensional values, at least one, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("expected finite values")


def _outermost_rank(n: int, level: float) -> int:
    """The largest k with 2 * P(Binomial(n, 1/2) < k) <= 1 - level; 0 if there is none. Exact integers inside."""
    k, below = 0, 0
    while k < n and 2 * (below + comb(n, k)) / 2**n <= 1.0 - level:
        below += comb(n, k)
        k += 1
    return k
