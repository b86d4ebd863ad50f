"""Lines over small whole numbers."""

import re
from xml.etree import ElementTree as ET

import pytest

from flowreport.charts.lines import Line, LinePoint, line_chart


def draw(*lines: Line, ideal: tuple[tuple[float, float], ...] = ()) -> ET.Element:
    svg = line_chart(lines, axes=("workers", "speed-up"), key="l1", title="T", description="D", ideal=ideal)
    return ET.fromstring(svg)  # noqa: S314 - made here


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_the_ideal_is_straight_and_a_subject_that_keeps_it_lies_on_it() -> None:
    perfect = Line(0, tuple(LinePoint(w, float(w)) for w in (1, 2, 4)))
    svg = draw(perfect, ideal=((1, 1.0), (2, 2.0), (4, 4.0)))
    (ideal,) = [p for p in svg.iter("path") if p.get("class") == "ideal"]
    (group,) = [g for g in svg.iter("g") if g.get("data-subject")]
    line = next(p for p in group.iter("path") if p.get("class") == "line-k0")
    assert points(line.attrib["d"]) == points(ideal.attrib["d"])
    (x1, y1), (x2, y2), (x4, y4) = points(ideal.attrib["d"])
    assert (y1 - y2) / (x2 - x1) == pytest.approx((y2 - y4) / (x4 - x2), rel=0.01)
    assert y4 < y2 < y1


def test_each_point_has_a_marker_and_its_interval() -> None:
    svg = draw(Line(3, (LinePoint(1, 1.0), LinePoint(2, 1.7, 1.5, 1.9))))
    (group,) = [g for g in svg.iter("g") if g.get("data-subject")]
    markers = [p for p in group.iter("path") if p.get("class") == "fill-k3"]
    bars = [p for p in group.iter("path") if p.get("stroke-width") == "1.2"]
    assert len(markers) == 2
    assert [p.attrib["d"].count("M") for p in bars] == [1]


def test_axes_have_names_and_every_x_its_number() -> None:
    texts = [t.text for t in draw(Line(0, (LinePoint(1, 1.0), LinePoint(16, 9.0)))).iter("text")]
    assert {"workers", "speed-up", "1", "16", "0"} <= set(texts)


def test_one_point_is_drawn() -> None:
    svg = draw(Line(0, (LinePoint(4, 1.0),)))
    assert "4" in [t.text for t in svg.iter("text")]
