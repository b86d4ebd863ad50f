"""From values to places and labels."""

import pytest

from flowreport.charts.axis import Axis, axis_over, tick_label


def test_a_linear_axis_divides_evenly_and_a_logarithmic_one_by_factors() -> None:
    linear = Axis(0, 100, 10, 110, logarithmic=False)
    assert [linear.at(v) for v in (0, 25, 100)] == [10, 35, 110]
    logarithmic = Axis(1, 100, 0, 200, logarithmic=True)
    assert [logarithmic.at(v) for v in (1, 10, 100)] == pytest.approx([0, 100, 200])


def test_an_axis_may_run_backwards_and_holds_what_lies_outside() -> None:
    upwards = Axis(0, 10, 50, 0, logarithmic=False)
    assert [upwards.at(v) for v in (-5, 0, 10, 12)] == [50, 50, 0, 0]


@pytest.mark.parametrize("logarithmic", [True, False])
@pytest.mark.parametrize(
    "values", [[3.0], [1.0, 1.0], [0.001, 0.0012], [5.0, 6.0, 7.5], [1e-3, 1e6], [0.0, 4.0], [-2.0, 3.0], [-3.0, -1.0]]
)
def test_all_values_lie_within_and_are_labelled(values: list[float], logarithmic: bool) -> None:  # noqa: FBT001
    axis = axis_over(values, 0, 300, logarithmic=logarithmic)
    places = [axis.at(v) for v in values]
    assert all(0 <= p <= 300 for p in places)
    for one, other in zip(sorted(values), sorted(values)[1:], strict=False):
        if one != other and one > 0:
            assert axis.at(one) < axis.at(other)
    ticks = axis.ticks(6)
    assert 1 <= len(ticks) <= 7
    assert list(ticks) == sorted(set(ticks))
    assert all(axis.low <= t <= axis.high * (1 + 1e-9) for t in ticks)


def test_what_has_no_logarithm_has_a_place_of_its_own() -> None:
    axis = axis_over([-1.0, 0.0, 0.5, 100.0], 0, 300, logarithmic=True)
    assert axis.zero == 0
    assert axis.at(-1.0) == axis.at(0.0) == 0
    assert axis.at(0.5) > 10


def test_a_linear_axis_shows_0_unless_the_values_are_far_from_it() -> None:
    assert axis_over([2.0, 10.0], 0, 1, logarithmic=False).low == 0
    assert axis_over([95.0, 100.0], 0, 1, logarithmic=False).low > 90


@pytest.mark.parametrize("most", [1, 2, 7])
@pytest.mark.parametrize("high", [1.5, 4.0, 90.0, 1e9])
def test_there_are_never_more_labels_than_fit(most: int, high: float) -> None:
    assert len(Axis(0.9, high, 0, 1, logarithmic=True).ticks(most)) <= most + 1


def test_no_values_have_no_axis() -> None:
    with pytest.raises(ValueError, match="at least one"):
        axis_over([], 0, 1, logarithmic=True)


def test_labels_are_short() -> None:
    assert [tick_label(v) for v in (0.05, 1.0, 1500.0, 250_000.0, 2e6)] == ["0.05", "1", "1,500", "250,000", "2e6"]
