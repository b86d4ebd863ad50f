"""Percentiles of values of which only counts per bucket are known."""

from collections.abc import Iterable
from math import ceil

Buckets = tuple[tuple[int, int], ...]


def merge(histograms: Iterable[Buckets]) -> Buckets:
    """Add up counts per upper bound; bounds rise in the result."""
    counts: dict[int, int] = {}
    for buckets in histograms:
        for bound, count in buckets:
            counts[bound] = counts.get(bound, 0) + count
    return tuple(sorted(counts.items()))


def percentile_bound(buckets: Buckets, share: float) -> int:
    """The upper bound of the bucket that holds the `share` quantile (nearest rank), 0 < share <= 1.

    So the true percentile is at most this. Raises ValueError without counts.
    """
    if not 0.0 < share <= 1.0:
        raise ValueError(f"expected a share above 0 and at most 1, got {share}")
    total = sum(count for _, count in buckets)
    if total == 0:
        raise ValueError("expected at least one count")
    rank = ceil(share * total)
    seen = 0
    for bound, count in buckets:
        seen += count
        if seen >= rank:
            return bound
    raise AssertionError("the counts add up to the total")
