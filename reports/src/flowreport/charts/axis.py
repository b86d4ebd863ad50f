"""From values to places along an axis, and where to label it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isclose, log, log10

# A logarithmic axis that spans less than this factor is labelled evenly, like a linear one.
_EVEN_BELOW = 6.0
_NICE = (1.0, 2.0, 5.0)
# Of an axis over given values: room at each end as a share of the span, pixels for what has no logarithm, and how near
# to the highest value the lowest must be for a linear axis to leave 0 out.
_ROOM, _ZERO_STRIP, _FAR = 0.04, 14.0, 0.7


@dataclass(frozen=True)
class Axis:
    """`low` < `high` lie at the pixels `start` and `end`; on a logarithmic axis both are above 0.

    `zero` is the pixel at which a logarithmic axis shows what has no logarithm; without it that lies at `start`.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool
    zero: float | None = None

    def at(self, value: float) -> float:
        """The place of a value, held within the axis."""
        if self.logarithmic and value <= 0 and self.zero is not None:
            return self.zero
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            share = log(value / self.low) / log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int) -> tuple[float, ...]:
        """At most `most` + 1 round values within the axis, rising."""
        if not self.logarithmic or self.high / self.low < _EVEN_BELOW:
            return _even(self.low, self.high, most)
        return _powers(self.low, self.high, most)


def _even(low: float, high: float, most: int) -> tuple[float, ...]:
    step = _step((high - low) / most)
    return tuple(k * step for k in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1))


def _step(least: float) -> float:
    """The least of 1, 2 or 5 times a power of ten that is not below `least`."""
    decade = 10.0 ** floor(log10(least))
    return next(n * decade for n in (*_NICE, 10.0) if n * decade >= least or isclose(n * decade, least))


def _powers(low: float, high: float, most: int) -> tuple[float, ...]:
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    for parts in (_NICE, (1.0, 3.0), (1.0,)):
        found = [n * 10.0**d for d in decades for n in parts if low <= n * 10.0**d <= high]
        if len(found) <= most:
            return tuple(found)
    return tuple(found[:: ceil(len(found) / most)])


def tick_label(value: float) -> str:
    """A round value in as few signs as it needs."""
    return f"{value:,.9g}" if abs(value) < 1e6 else f"{value:.4g}".replace("e+0", "e")  # noqa: PLR2004 - seven digits are too many


def axis_over(values: Sequence[float], start: float, end: float, *, logarithmic: bool) -> Axis:
    """An axis from `start` to `end` on which all values lie, with some room at its ends.

    A logarithmic one keeps a place for values that are not above 0, where there are any; a linear one holds 0 unless
    the values lie far from it. Raises ValueError without values.
    """
    if not values:
        raise ValueError("expected at least one value")
    above = [v for v in values if v > 0]
    if logarithmic and above:
        zero = None
        if len(above) < len(values):
            zero, start = start, start + _ZERO_STRIP
        padding = max(max(above) / min(above), 1.0) ** _ROOM * 1.02
        return Axis(min(above) / padding, max(above) * padding, start, end, logarithmic=True, zero=zero)
    low, high = min(values), max(values)
    if 0 < low < _FAR * high:
        low = 0.0
    room = _ROOM * (high - low) or 0.5 * abs(high) or 1.0
    return Axis(low - room if low else 0.0, high + room, start, end, logarithmic=False)
