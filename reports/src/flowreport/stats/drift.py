"""What a value does over time, with the noise of single trials taken out."""

import numpy as np

from flowreport.stats.estimate import Values


def binned_medians(x: Values, y: Values, *, bins: int) -> tuple[tuple[float, float], ...]:
    """The median of y in each of `bins` equally wide pieces of the range of x, at the middle of its piece.

    x and y: shape (n,), n >= 1, finite. Pieces without a value are left out; the last one holds its upper end.
    Raises ValueError on other shapes. O(n log n).
    """
    if x.ndim != 1 or x.shape != y.shape or x.size == 0 or bins < 1:
        raise ValueError(f"expected two equally long arrays and a bin, got shapes {x.shape}, {y.shape} and {bins} bins")
    low, high = float(x.min()), float(x.max())
    width = (high - low) / bins
    if width == 0:
        return ((low, float(np.median(y))),)
    place = np.minimum(((x - low) / width).astype(np.int64), bins - 1)
    return tuple((low + (k + 0.5) * width, float(np.median(y[place == k]))) for k in np.unique(place))
