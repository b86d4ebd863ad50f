"""A straight line through values measured at several sizes."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from flowreport.stats.estimate import FEWEST, LEVEL, RESAMPLES, Estimate, Values, percentile_interval


@dataclass(frozen=True)
class Line:
    """y = intercept + slope * x; `r_squared` is the share of the variance of y that the line explains."""

    slope: Estimate
    intercept: Estimate
    r_squared: float


def fit_line(
    x: Values, y: Values, *, rng: Generator, level: float = LEVEL, resamples: int = RESAMPLES
) -> Line:
    """Least-squares line through points, x and y of shape (n,), at least two different x.

    Intervals, when every x has at least FEWEST points, come from a bootstrap that resamples within each x
    (Davison & Hinkley, Bootstrap Methods (1997), §6.2.4 stratified by design point), so no resample loses a size.
    O(resamples * n). Raises ValueError on other shapes.
    """
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"expected two equally long arrays, got shapes {x.shape} and {y.shape}")
    strata = [np.flatnonzero(x == at) for at in np.unique(x)]
    if len(strata) < 2:  # noqa: PLR2004 - two points make a line
        raise ValueError("expected at least two different x")
    slope, intercept = _least_squares(x, y[None, :])
    slope_interval = intercept_interval = None
    if min(s.size for s in strata) >= FEWEST:
        drawn = np.empty((resamples, x.size))
        for s in strata:
            drawn[:, s] = y[s[rng.integers(0, s.size, size=(resamples, s.size))]]
        slopes, intercepts = _least_squares(x, drawn)
        slope_interval = percentile_interval(slopes, level)
        intercept_interval = percentile_interval(intercepts, level)
    spread = float(((y - y.mean()) ** 2).sum())
    left = float(((y - intercept[0] - slope[0] * x) ** 2).sum())
    return Line(
        Estimate(float(slope[0]), int(x.size), slope_interval),
        Estimate(float(intercept[0]), int(x.size), intercept_interval),
        1.0 - left / spread if spread > 0 else 1.0,
    )


def _least_squares(x: Values, rows: Values) -> tuple[Values, Values]:
    """Slopes and intercepts of each row of y, shape (r, n). Centred x keeps the sums from cancelling."""
    centred = x - x.mean()
    slopes: Values = rows @ centred / (centred @ centred)
    intercepts: Values = rows.mean(axis=1) - slopes * x.mean()
    return slopes, intercepts
