"""Trials along the run."""

import re
from xml.etree import ElementTree as ET

import pytest

from flowreport.charts.timeline import Strip, timeline


def draw(*strips: Strip) -> ET.Element:
    return ET.fromstring(timeline(strips, key="t1", title="T", description="D"))  # noqa: S314 - made here


def strip(subject: int, *trials: tuple[float, float], warmup: tuple[tuple[float, float], ...] = ()) -> Strip:
    return Strip(subject, f"subject {subject}", trials, warmup, trials)


def trend(svg: ET.Element, subject: int) -> list[tuple[float, float]]:
    group = next(g for g in svg.iter("g") if g.get("data-subject") == str(subject))
    line = next(p for p in group.iter("path") if p.get("stroke-width") == "1.8")
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", line.attrib["d"])]


def test_later_lies_to_the_right_and_slower_lies_higher() -> None:
    (x1, y1), (x2, y2), (x3, y3) = trend(draw(strip(0, (0, 1.0), (50, 1.05), (100, 0.97))), 0)
    assert x1 < x2 < x3
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)
    assert y2 < y1 < y3


def test_strips_share_the_time_axis_and_each_subject_can_be_hidden() -> None:
    svg = draw(strip(0, (0, 1.0), (100, 1.0)), strip(4, (100, 1.0), (200, 1.0)))
    assert trend(svg, 0)[1][0] == trend(svg, 4)[0][0]
    assert [g.get("data-subject") for g in svg.iter("g") if g.get("data-subject")] == ["0", "4"]


def test_every_trial_is_a_dot_and_warm_up_is_hollow() -> None:
    svg = draw(strip(0, (1, 1.0), (2, 1.1), (3, 0.9), warmup=((0, 1.6), (0.5, 1.2))))
    assert sum(p.attrib["d"].count("h0") for p in svg.iter("path")) == 3
    circles = list(svg.iter("circle"))
    assert len(circles) == 2
    assert {c.get("fill") for c in circles} == {"none"}


@pytest.mark.parametrize(("last", "unit"), [(100.0, "seconds"), (3_600.0, "minutes")])
def test_time_has_a_unit_that_fits(last: float, unit: str) -> None:
    texts = [t.text or "" for t in draw(strip(0, (0, 1.0), (last, 1.0))).iter("text")]
    assert f"{unit} since the run began" in texts
    assert "60" in texts


def test_quiet_values_do_not_fill_the_strip_and_a_wild_one_does_not_flatten_the_rest() -> None:
    quiet = [t.text or "" for t in draw(strip(0, (0, 1.0), (1, 1.001))).iter("text")]
    assert {"1.10×", "0.91×"} <= set(quiet)
    many = [(float(i), 1.2) for i in range(200)]
    wild = [t.text or "" for t in draw(strip(0, *many, (200.0, 50.0))).iter("text")]
    assert "1.20×" in wild


def test_no_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one trial"):
        draw(Strip(0, "a", (), (), ()))
