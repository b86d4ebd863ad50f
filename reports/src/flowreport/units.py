"""From numbers with a unit to text, the last step before a reader. C locale, three significant digits."""

from math import floor, log10

DASH = "–"
TIMES = "×"
# Below this a number is written with an exponent.
SMALLEST = 1e-4


def number(value: float) -> str:
    """Three significant digits below 1,000, whole above: 1.20e-05, 0.0123, 1.23, 45.6, 789, 12,345."""
    if value == 0:
        return "0"
    size = abs(value)
    if size < SMALLEST:
        return f"{value:.2e}"
    digits = 2 - floor(log10(size))
    rounded = round(value, digits)
    if abs(rounded) >= 1000:  # noqa: PLR2004 - where separators begin
        return f"{value:,.0f}"
    # Rounding can add a digit (9.996 -> 10.0), so the decimals are counted again.
    digits = 2 - floor(log10(abs(rounded)))
    return f"{rounded:.{max(digits, 0)}f}"


def count(value: float) -> str:
    """A whole number: 1,470."""
    return f"{value:,.0f}"


def plural(n: int, noun: str) -> str:
    """1 round, 2 rounds."""
    return f"{count(n)} {noun}{'' if n == 1 else 's'}"


def size(tasks: int) -> str:
    """A number of tasks, short where that loses nothing: 1K, 100K, 1M, 1,500."""
    for factor, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "K")):
        if tasks >= factor and tasks % factor == 0:
            return f"{tasks // factor}{letter}"
    return count(tasks)


def duration(ns: float) -> str:
    """281 ns, 1.23 µs, 45.6 ms, 7.27 s."""
    return _scaled(ns, ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")))


def memory(size_bytes: float) -> str:
    """271 B, 4.12 KiB, 30.9 MiB."""
    return _scaled(size_bytes, ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B")))


def rate(per_second: float) -> str:
    """3.56 M/s."""
    return _scaled(per_second, ((1e9, "G/s"), (1e6, "M/s"), (1e3, "K/s"), (1, "/s")))


def ratio(value: float) -> str:
    """0.52×, 1.00×, 137×."""
    return f"{number(value)}{TIMES}"


def _scaled(value: float, units: tuple[tuple[float, str], ...]) -> str:
    for factor, unit in units:
        # What rounds up to 1,000 of the smaller unit is 1 of the larger.
        if abs(value) >= 0.9995 * factor:
            return f"{number(value / factor)} {unit}"
    return f"{number(value)} {units[-1][1]}"
