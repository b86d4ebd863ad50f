"""Percentiles of bucketed values."""

import numpy as np
import pytest
from numpy.random import default_rng

from flowreport.stats.buckets import merge, percentile_bound


def test_merge_adds_counts_of_equal_bounds_and_keeps_bounds_rising() -> None:
    assert merge([((2048, 1), (4096, 5)), ((1024, 2), (2048, 3))]) == ((1024, 2), (2048, 4), (4096, 5))
    assert merge([]) == ()


@pytest.mark.parametrize("share", [0.001, 0.5, 0.9, 0.99, 0.999, 1.0])
def test_percentile_is_the_bound_of_the_bucket_that_holds_numpys_inverted_cdf(share: float) -> None:
    values = default_rng(1).lognormal(9, 1.5, size=3_000)
    bounds = 1024 * 2 ** np.arange(20)
    places = np.searchsorted(bounds, values)
    buckets = tuple((int(bounds[i]), int((places == i).sum())) for i in np.unique(places))
    exact = np.quantile(values, share, method="inverted_cdf")
    assert percentile_bound(buckets, share) == bounds[np.searchsorted(bounds, exact)]


def test_a_single_count_is_every_percentile() -> None:
    assert {percentile_bound(((1024, 1),), share) for share in (0.01, 0.5, 1.0)} == {1024}


@pytest.mark.parametrize(("buckets", "share"), [((), 0.5), (((1024, 1),), 0.0), (((1024, 1),), 1.5)])
def test_what_has_no_percentile_is_refused(buckets: tuple[tuple[int, int], ...], share: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        percentile_bound(buckets, share)
