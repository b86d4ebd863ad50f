"""Ratios of medians: one pair, and many pairs summed up."""

import numpy as np
from numpy.random import Generator

from flowreport.stats.estimate import FEWEST, LEVEL, RESAMPLES, Estimate, Values, percentile_interval
from flowreport.stats.median import check_values


def ratio_of_medians(
    values: Values, base: Values, *, rng: Generator, level: float = LEVEL, resamples: int = RESAMPLES
) -> Estimate:
    """median(values) / median(base) for shapes (n,) and (m,), all base values > 0; 1.0 = the same.

    The interval, when n and m are >= FEWEST, is a two-sample percentile bootstrap: both sides are resampled
    independently (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, chapters 8 and 13). For one median of
    few values the percentile bootstrap is too narrow; for the ratio of two it is not. `n` of the result is the
    smaller of n and m. O(resamples * (n + m)).
    Raises ValueError on empty, infinite or (base) non-positive values.
    """
    check_values(values)
    check_values(base)
    if (base <= 0).any():
        raise ValueError("expected base values above 0")
    interval = None
    if min(values.size, base.size) >= FEWEST:
        above = _resampled_medians(values, rng, resamples)
        below = _resampled_medians(base, rng, resamples)
        interval = percentile_interval(above / below, level)
    ratio = float(np.median(values) / np.median(base))
    return Estimate(ratio, int(min(values.size, base.size)), interval)


def _resampled_medians(values: Values, rng: Generator, resamples: int) -> Values:
    """Medians of `resamples` draws of n values with replacement, shape (resamples,)."""
    picks = rng.integers(0, values.size, size=(resamples, values.size))
    medians: Values = np.median(values[picks], axis=1)
    return medians


def geometric_mean(ratios: Values) -> float:
    """exp(mean(ln r)) of ratios, shape (n,), n >= 1, all > 0.

    The only mean of ratios that does not depend on which side is the base.
    Source: Fleming & Wallace, How not to lie with statistics, CACM 29(3), 1986.
    """
    check_values(ratios)
    if (ratios <= 0).any():
        raise ValueError("expected ratios above 0")
    return float(np.exp(np.log(ratios).mean()))
