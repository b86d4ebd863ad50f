"""How sure a count is: exact bounds of a probability from k successes in n independent trials."""

from collections.abc import Callable
from math import exp, fsum, lgamma, log, log1p

from flowreport.stats.estimate import LEVEL, Interval

_HALVINGS = 60


def clopper_pearson(successes: int, trials: int, *, level: float = LEVEL) -> Interval:
    """The exact two-sided interval of a probability; each end leaves (1 - level) / 2.

    0 <= successes <= trials, trials >= 1. Within 1e-9 of it. O(trials) per halving.
    Source: Clopper & Pearson, The use of confidence or fiducial limits, Biometrika 26, 1934.
    """
    if not (trials >= 1 and 0 <= successes <= trials):
        raise ValueError(f"expected 0 to {trials} successes of at least one trial, got {successes}")
    tail = (1.0 - level) / 2.0
    low = 0.0 if successes == 0 else _crossing(lambda p: 1.0 - _at_most(successes - 1, trials, p), tail)
    high = 1.0 if successes == trials else _crossing(lambda p: 1.0 - _at_most(successes, trials, p), 1.0 - tail)
    return Interval(low, high, level)


def _at_most(k: int, n: int, p: float) -> float:
    """P(at most k of n), 0 < p < 1: each term by its logarithm, because the factors leave the range of a float."""
    whole = lgamma(n + 1)
    return fsum(exp(whole - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) + (n - i) * log1p(-p)) for i in range(k + 1))


def _crossing(rising: Callable[[float], float], value: float) -> float:
    """Where a function that rises from 0 to 1 over [0, 1] takes `value`."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return (low + high) / 2.0
