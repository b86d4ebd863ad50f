"""The sign of a ratio: what its interval says about 1, wherever ratios are shown."""

from flowreport.stats.estimate import Estimate

FASTER, SLOWER, ALIKE, BASE = "▼", "▲", "≈", "●"
# Hollow: the median says so, but there are too few trials for an interval that could confirm it.
FASTER_UNSURE, SLOWER_UNSURE = "▽", "△"
TOO_FEW = "too few trials"


def mark(ratio: Estimate) -> tuple[str, str]:
    """The sign and the tone of a ratio; the interval decides, and where there is none the sign is hollow."""
    if ratio.interval is None:
        return FASTER_UNSURE if ratio.value < 1.0 else SLOWER_UNSURE, "unsure"
    if ratio.interval.holds(1.0):
        return ALIKE, "alike"
    return (FASTER, "faster") if ratio.value < 1.0 else (SLOWER, "slower")
