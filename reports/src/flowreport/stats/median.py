"""The median of independent values, with a bootstrap interval."""

import numpy as np
from numpy.random import Generator

from flowreport.stats.estimate import FEWEST, LEVEL, RESAMPLES, Estimate, Values, percentile_interval


def median_estimate(
    values: Values, *, rng: Generator, level: float = LEVEL, resamples: int = RESAMPLES
) -> Estimate:
    """Median of `values`, shape (n,), n >= 1, with its percentile-bootstrap interval when n >= FEWEST.

    One value per trial: samples of one process are not independent. O(resamples * n).
    Raises ValueError on an empty array or a value that is not finite.
    """
    check_values(values)
    interval = None
    if values.size >= FEWEST:
        interval = percentile_interval(resampled_medians(values, rng=rng, resamples=resamples), level)
    return Estimate(float(np.median(values)), int(values.size), interval)


def resampled_medians(values: Values, *, rng: Generator, resamples: int) -> Values:
    """Medians of `resamples` draws of n values with replacement, shape (resamples,)."""
    picks = rng.integers(0, values.size, size=(resamples, values.size))
    medians: Values = np.median(values[picks], axis=1)
    return medians


def check_values(values: Values) -> None:
    """Refuse what a median cannot be taken of."""
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"expected one-dimensional values, at least one, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("expected finite values")
