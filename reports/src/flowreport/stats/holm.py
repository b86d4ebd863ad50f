"""Many tests at once: p-values that keep the chance of any false alarm."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's adjusted p-values, in the order given: reject those <= alpha, and P(any false rejection) <= alpha.

    Whatever the tests' dependence. Each p in [0, 1]; the result is capped at 1. O(m log m).
    Source: Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statistics 6, 1979.
    """
    if any(not 0.0 <= p <= 1.0 for p in p_values):
        raise ValueError("expected p-values from 0 to 1")
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for place, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[i]))
        adjusted[i] = largest
    return tuple(adjusted)
