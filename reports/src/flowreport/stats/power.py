"""What a paired comparison can find: standard errors and minimum detectable effects."""

from math import sqrt
from statistics import NormalDist

import numpy as np

from flowreport.stats.estimate import LEVEL, Values
from flowreport.stats.median import check_values
from flowreport.stats.signed_rank import signed_rank_estimate

_SHIFTS = 5


def standard_error(values: Values) -> float:
    """The standard error of the Hodges-Lehmann centre of `values`, shape (n,), n >= 6, from its 95 % interval.

    The interval's half width over the normal quantile: as robust as the interval itself, so that one outlier of a
    million times the rest does not matter, and no assumption about the tails. 0 when (nearly) all values are equal.
    Raises ValueError with fewer values than an interval needs.
    """
    check_values(values)
    interval = signed_rank_estimate(values).interval
    if interval is None:
        raise ValueError(f"expected at least 6 values, got {values.size}")
    return (interval.high - interval.low) / 2.0 / NormalDist().inv_cdf((1.0 + LEVEL) / 2.0)


def paired_standard_error(base: Values, pairs: int) -> float:
    """The standard error of the centre of `pairs` differences, if nothing changed; base: shape (n,), n >= 6.

    From the base's own spread, which a candidate cannot widen: the base is paired with itself, moved on by 1 to 5
    places. That keeps what one arm alone would hide, for example a second mode that a tenth of the processes is in.
    Pairs that share their disturbances do better than this.
    """
    check_values(base)
    errors = [standard_error(base - np.roll(base, places)) for places in range(1, _SHIFTS + 1)]
    return float(np.median(errors)) * sqrt(base.size / pairs)


def noise_floor(error: float, *, level: float = LEVEL) -> float:
    """What an estimate of no change stays below, either way, with probability `level`; in the unit of `error`."""
    return NormalDist().inv_cdf((1.0 + level) / 2.0) * error


def widest_unchanged(error: float, *, level: float, passes: float) -> float:
    """Where the interval at `level` of no change ends at most, with probability `passes`; in the unit of `error`."""
    return noise_floor(error, level=level) + NormalDist().inv_cdf(passes) * error


def minimum_detectable_effect(error: float, *, alpha: float, power: float, beyond: float = 0.0) -> float:
    """The least effect that a one-sided test at `alpha` finds with probability `power`, in the unit of `error`.

    `beyond`: how much of an effect the test ignores. Normal approximation of the estimate, whose standard error is
    `error` (Lehmann, Nonparametrics, 1975, section 2.3).
    """
    normal = NormalDist()
    return beyond + (normal.inv_cdf(1.0 - alpha) + normal.inv_cdf(power)) * error


def inflation(errors_in_units: Values, *, level: float = LEVEL) -> float:
    """By how much standard errors are too small: the `level` quantile of |error / standard error| over the normal one.

    errors_in_units: shape (m,), m >= 1, estimates whose truth is 0, each in units of its own standard error. At
    least 1: that controls were lucky makes nothing more certain.
    """
    check_values(errors_in_units)
    expected = NormalDist().inv_cdf((1.0 + level) / 2.0)
    return max(1.0, float(np.quantile(np.abs(errors_in_units), level)) / expected)
