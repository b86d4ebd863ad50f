"""A number together with how sure it is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

LEVEL = 0.95
# The fewest values a side for an interval that is drawn at random: below, resamples are too alike to tell anything.
FEWEST = 5
RESAMPLES = 4000


@dataclass(frozen=True)
class Interval:
    """An interval of confidence; `low` <= `high`."""

    low: float
    high: float
    level: float = LEVEL

    def holds(self, value: float) -> bool:
        """Whether the value is within, ends included."""
        return self.low <= value <= self.high


@dataclass(frozen=True)
class Estimate:
    """A point estimate from `n` values. No interval where there are too few values for one."""

    value: float
    n: int
    interval: Interval | None


def percentile_interval(draws: Values, level: float) -> Interval:
    """The central `level` of random draws, shape (draws,)."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(draws, [tail, 1.0 - tail])
    return Interval(float(low), float(high), level)
