"""A series over commits as a reader of the picture gets it."""

import re
from xml.etree import ElementTree as ET

import pytest

from dot_path import dot_places
from flowreport.charts.style import TONES
from flowreport.charts.trend import Trend, TrendChange, TrendPoint, trend_chart

HOSTILE = "</svg><script>alert(1)</script> \x1b[31m\u202e"


def point(value: float, tick: str = "abc1234", half: float | None = None) -> TrendPoint:
    low, high = (None, None) if half is None else (value - half, value + half)
    return TrendPoint(tick, f"{tick}: {value}", value, low, high)


def draw(*points: TrendPoint, changes: tuple[TrendChange, ...] = (), hover: bool = True) -> ET.Element:
    svg = trend_chart(
        Trend(points, changes, "cold, ns", hover=hover), key="t1", title="A title", description="What it shows."
    )
    return ET.fromstring(svg)  # noqa: S314 - made here


def dots(svg: ET.Element) -> list[tuple[float, float]]:
    (path,) = [p for p in svg.iter("path") if p.get("stroke-linecap") == "round"]
    return dot_places(path.attrib["d"])


def texts(svg: ET.Element) -> list[str]:
    return [t.text or "" for t in svg.iter("text")]


def test_points_stand_at_equal_distances_and_higher_is_more() -> None:
    (x1, y1), (x2, y2), (x3, y3) = dots(draw(point(100), point(110), point(105)))
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.2)
    assert y2 < y3 < y1
    assert (y1 - y2) == pytest.approx(2 * (y1 - y3), abs=0.3)


def test_a_wide_range_is_logarithmic() -> None:
    (_, y1), (_, y2), (_, y3) = dots(draw(point(10), point(100), point(1000)))
    assert y1 - y2 == pytest.approx(y2 - y3, abs=0.2)


@pytest.mark.parametrize("values", [[5.0], [0.0], [0.0, 0.0], [7.0, 7.0], [-3.0, 0.0, 8.0], [1e-12, 1e12]])
def test_any_values_fit_into_the_picture(values: list[float]) -> None:
    svg = draw(*map(point, values))
    _, _, width, height = map(float, svg.attrib["viewBox"].split())
    assert all(0 < x < width and 0 < y < height for x, y in dots(svg))
    assert len(dots(svg)) == len(values)


def test_noise_of_a_percent_does_not_fill_the_picture() -> None:
    ys = [y for _, y in dots(draw(point(100.0), point(101.0), point(100.5)))]
    assert max(ys) - min(ys) < 60


def test_an_interval_is_a_line_through_its_point() -> None:
    svg = draw(point(100), point(110, half=5))
    (bar,) = [p for p in svg.iter("path") if p.get("stroke-width") == "1.2"]
    x, top, bottom = (float(v) for v in re.match(r"M([\d.]+) ([\d.]+)V([\d.]+)", bar.attrib["d"]).groups())  # type: ignore[union-attr]
    (_, (dot_x, dot_y)) = dots(svg)
    assert x == dot_x
    assert min(top, bottom) < dot_y < max(top, bottom)


def test_a_change_is_a_line_before_its_point_with_a_triangle_for_the_direction() -> None:
    up = TrendChange(2, 100, 120, "abc: 1.20×")
    down = TrendChange(4, 120, 90, "def: 0.75×")
    svg = draw(*(point(v) for v in (100, 100, 120, 120, 90, 90)), changes=(up, down))
    marks = [g for g in svg.iter("g") if g.get("class") == "change"]
    assert [t.text for g in marks for t in g.iter("title")] == ["abc: 1.20×: 100 → 120", "def: 0.75×: 120 → 90.0"]
    colours = [p.get("fill") for g in marks for p in g.iter("path") if p.get("class", "").startswith("fill-")]
    assert colours == [TONES["regression"][0], TONES["improvement"][0]]
    line = next(marks[0].iter("path")).attrib["d"]
    at = float(re.match(r"M([\d.]+)", line)[1])  # type: ignore[index]
    xs = [x for x, _ in dots(svg)]
    assert xs[1] < at < xs[2]
    (levels,) = [p for p in svg.iter("path") if p.get("class") == "level"]
    heights = [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)H", levels.attrib["d"])]
    assert len(heights) == 3
    assert heights[1] < heights[0] < heights[2]


def test_the_ends_and_the_changes_are_named_where_there_is_room() -> None:
    points = [point(100 + i, f"c{i:06}") for i in range(40)]
    shown = texts(
        draw(*points, changes=(TrendChange(20, 1, 2, ""), TrendChange(21, 1, 2, ""), TrendChange(38, 1, 2, "")))
    )
    assert [t for t in shown if t.startswith("c0")] == ["c000000", "c000039", "c000020"]


def test_a_pointer_finds_every_point_unless_the_page_is_too_full() -> None:
    assert [t.text for t in draw(point(1), point(2)).iter("title")] == ["A title", "abc1234: 1", "abc1234: 2"]
    assert [t.text for t in draw(point(1), point(2), hover=False).iter("title")] == ["A title"]


def test_hostile_text_stays_text_and_nothing_is_active() -> None:
    svg = trend_chart(
        Trend((TrendPoint(HOSTILE, HOSTILE, 1.0),), (TrendChange(0, 1, 2, HOSTILE),), HOSTILE),
        key="t1", title=HOSTILE, description=HOSTILE,
    )  # fmt: skip
    assert "<script" not in svg
    assert "\x1b" not in svg
    assert not re.search(r' (style|on\w+)="', svg)
    assert len(list(ET.fromstring(svg).iter("svg"))) == 1  # noqa: S314 - made here


def test_without_a_point_there_is_no_picture() -> None:
    with pytest.raises(ValueError, match="at least one point"):
        draw()
