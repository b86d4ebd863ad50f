"""Where the mean of a series of measurements changed for good: E-divisive with Student's t-test.

Candidates come from the energy statistic of E-divisive, with a second segment that may end before the series does
(Matteson & James, A Nonparametric Approach for Multiple Change Point Analysis, JASA 109(505), 2014); whether one
counts is decided by a t-test in the place of random permutations, first with a weak bound, then again between whole
neighbouring segments with the strict one, the least certain candidate leaving first (Fleming et al., Hunter, ICPE
2023; Apache Otava continues it). So the result is deterministic, and nothing is drawn at random.

Different from there: the bound is on the whole series, not on each test (Bonferroni over the places where a change may
be), so that the rate of false alarms does not grow with the history; a segment has at least FEWEST points, so that one
outlier is no change; and there is no sliding window, which histories of a few hundred runs do not need.

Why no library: apache-otava pins numpy 2.2 and scipy, and brings clients of BigQuery, Slack and more; the packages for
change points in general (ruptures) have neither this test nor a bound on false alarms.
"""

from dataclasses import dataclass, replace
from math import inf, sqrt

import numpy as np
import numpy.typing as npt

from flowreport.stats.estimate import Values
from flowreport.stats.median import check_values
from flowreport.stats.student_t import two_sided_p

# The chance that a series without a change is said to have one, at most.
LEVEL = 0.05
FEWEST = 3
# By how much weaker than the strict bound that of a first candidate is: Hunter's factor.
_WEAK = 10.0
# Values that are equal but for rounding have no spread; a smaller share of the values than this is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class ChangePoint:
    """`index` is the first value after the change; means are of the segments on both sides, up to the next changes.

    `p` is that of the t-test between the two segments, times the number of places where a change could have been.
    """

    index: int
    before: float
    after: float
    p: float


def change_points(
    values: Values, *, level: float = LEVEL, fewest: int = FEWEST, least_step: float = 0.0
) -> tuple[ChangePoint, ...]:
    """The changes of the mean in `values`, shape (n,), in their order in time; none when n < 2 * fewest.

    A step between means below `least_step` is none. Give logarithms where noise and changes are proportional.
    On n independent normal values of one mean and spread, there is any result with a chance of about `level` at most:
    exactly so while there is one candidate, by simulation beyond. Values that depend on their predecessors (a machine
    that is slow for days) alarm more often. O(c * n²) for c changes.
    Raises ValueError on values that are not finite, a level outside (0, 1), or fewest < 2.
    """
    check_values(values)
    if not 0.0 < level < 1.0 or fewest < 2:  # noqa: PLR2004 - a spread needs two values
        raise ValueError(f"expected a level between 0 and 1 and at least 2 values a side, got {level} and {fewest}")
    places = values.size - 2 * fewest + 1
    if places < 1:
        return ()
    cuts = _split(values, min(_WEAK * level, 1.0), fewest, places)
    while cuts:
        found = [_test(values, start, at, end, places) for start, at, end in _segments(cuts, values.size)]
        # A step that is too small leaves before any that is only uncertain.
        small = [replace(c, p=inf) if abs(c.after - c.before) < least_step else c for c in found]
        worst = max(small, key=lambda c: c.p)
        if worst.p <= level:
            return tuple(found)
        cuts.remove(worst.index)
    return ()


def _split(values: Values, bound: float, fewest: int, places: int) -> list[int]:
    """Candidates, rising: the best place of the whole, then of both parts, as long as the test passes the bound."""
    found, left = [], [(0, values.size)]
    while left:
        start, end = left.pop()
        if end - start < 2 * fewest:
            continue
        at, until = _most_unlike(values[start:end], fewest)
        candidate = _test(values, start, start + at, start + until, places)
        if candidate.p <= bound:
            found.append(candidate.index)
            left += [(start, candidate.index), (candidate.index, end)]
    return sorted(found)


def _segments(cuts: list[int], size: int) -> list[tuple[int, int, int]]:
    """Each cut with the ends of the segments beside it."""
    ends = [0, *cuts, size]
    return list(zip(ends, cuts, ends[2:], strict=False))


def _most_unlike(values: Values, fewest: int) -> tuple[int, int]:
    """(τ, κ) for which values[:τ] and values[τ:κ] are most unlike, each with at least `fewest` values.

    The measure is Matteson & James' scaled sample energy distance for α = 1, their equation (6).
    """
    n = values.size
    distances = np.abs(values[:, None] - values[None, :])
    sums = np.zeros((n + 1, n + 1))
    sums[1:, 1:] = distances.cumsum(axis=0).cumsum(axis=1)
    tau, kappa = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    before, after = tau.astype(np.float64), (kappa - tau).astype(np.float64)
    allowed = (before >= fewest) & (after >= fewest)
    inside = np.diagonal(sums)
    within_before: Values = np.broadcast_to(inside[:, None], sums.shape)
    between = sums - within_before
    within_after = inside[None, :] - within_before - 2 * between
    with np.errstate(divide="ignore", invalid="ignore"):
        unlike = (before * after / (before + after)) * (
            2 * between / (before * after)
            - within_before / (before * (before - 1))
            - within_after / (after * (after - 1))
        )
    unlike[~allowed] = -inf
    best: npt.NDArray[np.intp] = np.array(np.unravel_index(int(unlike.argmax()), unlike.shape))
    return int(best[0]), int(best[1])


def _test(values: Values, start: int, at: int, end: int, places: int) -> ChangePoint:
    """Student's two-sample t-test with pooled variance: as Hunter's, and sensible for segments of three."""
    before, after = values[start:at], values[at:end]
    freedom = before.size + after.size - 2
    squares = float(((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum())
    # Without any spread every difference would count, that of rounding too.
    squares = max(squares, freedom * (_ROUNDING * float(np.abs(values[start:end]).max())) ** 2)
    step = float(after.mean() - before.mean())
    error = sqrt(squares / freedom * (1 / before.size + 1 / after.size))
    t = step / error if error > 0 else 0.0
    return ChangePoint(at, float(before.mean()), float(after.mean()), min(two_sided_p(t, freedom) * places, 1.0))
