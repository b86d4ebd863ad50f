"""Ratios of medians: one pair, and many pairs summed up."""

from dataclasses import dataclass

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
    check_values(base)
    if (base <= 0).any():
        raise ValueError("expected base values above 0")
    above = resampled_median(values, rng=rng, resamples=resamples)
    return ratio_of_resampled(above, resampled_median(base, rng=rng, resamples=resamples), level=level)


@dataclass(frozen=True)
class ResampledMedian:
    """The median of `n` values, and the medians of resamples of them; no draws where the values are too few."""

    value: float
    n: int
    draws: Values | None


def resampled_median(values: Values, *, rng: Generator, resamples: int = RESAMPLES) -> ResampledMedian:
    """One side of a ratio of medians, drawn once for all ratios that it takes part in. values: shape (n,), n >= 1."""
    check_values(values)
    draws = _medians_of_draws(values, rng, resamples) if values.size >= FEWEST else None
    return ResampledMedian(float(np.median(values)), int(values.size), draws)


def ratio_of_resampled(above: ResampledMedian, below: ResampledMedian, *, level: float = LEVEL) -> Estimate:
    """The ratio of two medians whose draws are independent of each other; see ratio_of_medians.

    Raises ValueError where a value or a draw of `below` is not above 0.
    """
    if below.value <= 0 or (below.draws is not None and (below.draws <= 0).any()):
        raise ValueError("expected base values above 0")
    interval = None
    if above.draws is not None and below.draws is not None:
        interval = percentile_interval(above.draws / below.draws, level)
    return Estimate(above.value / below.value, min(above.n, below.n), interval)


def _medians_of_draws(values: Values, rng: Generator, resamples: int) -> Values:
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
