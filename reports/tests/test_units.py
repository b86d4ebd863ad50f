"""Numbers as text."""

import pytest

from flowreport import units


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0123456, "0.0123"),
        (1, "1.00"),
        (1.005, "1.00"),
        (9.996, "10.0"),
        (45.55, "45.5"),
        (99.96, "100"),
        (999.4, "999"),
        (999.6, "1,000"),
        (12345.6, "12,346"),
        (-3.14159, "-3.14"),
        (1.2e-5, "1.20e-05"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert units.number(value) == text


@pytest.mark.parametrize(
    ("tasks", "text"), [(1, "1"), (999, "999"), (1_000, "1K"), (1_500, "1,500"), (100_000, "100K"), (2_000_000, "2M")]
)
def test_size(tasks: int, text: str) -> None:
    assert units.size(tasks) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0 ns"),
        (281, "281 ns"),
        (999.4, "999 ns"),
        (999.9, "1.00 µs"),
        (1_234, "1.23 µs"),
        (45.6e6, "45.6 ms"),
        (7.27e9, "7.27 s"),
    ],
)
def test_duration(ns: float, text: str) -> None:
    assert units.duration(ns) == text


@pytest.mark.parametrize(
    ("size", "text"), [(271, "271 B"), (4_219, "4.12 KiB"), (30.9 * 2**20, "30.9 MiB"), (2**33, "8.00 GiB")]
)
def test_memory(size: float, text: str) -> None:
    assert units.memory(size) == text


def test_ratio_and_count() -> None:
    assert units.ratio(0.5) == "0.500×"
    assert units.ratio(137.2) == "137×"
    assert units.count(1_470) == "1,470"
    assert [units.plural(n, "round") for n in (0, 1, 2)] == ["0 rounds", "1 round", "2 rounds"]
