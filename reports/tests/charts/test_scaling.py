"""A chart as the page gets it."""

import re
from xml.etree import ElementTree as ET

import pytest

from flowreport.charts.scaling import Point, Series, scaling_chart
from flowreport.charts.style import LIGHT
from flowreport.stats.estimate import Estimate, Interval

SIZES = (1_000, 10_000, 100_000)


def series(subject: int, scale: float, *, interval: bool = True, sizes: tuple[int, ...] = SIZES) -> Series:
    points = tuple(
        Point(
            n, Estimate(scale, 3, Interval(scale * 0.9, scale * 1.1) if interval else None), (scale * 0.9, scale, scale)
        )
        for n in sizes
    )
    return Series(subject, points)


def draw(*all_series: Series, key: str = "c1", title: str = "A title") -> ET.Element:
    svg, _ = scaling_chart(
        all_series, quantity="time per task (ns)", key=key, title=title, description="What it shows."
    )
    return ET.fromstring(svg)  # noqa: S314 - made here


def texts(svg: ET.Element) -> list[str]:
    return [t.text or "" for t in svg.iter("text")]


def test_axes_have_units_direction_and_the_sizes() -> None:
    shown = texts(draw(series(0, 100)))
    assert "time per task (ns), lower is better" in shown
    assert "tasks (logarithmic)" in shown
    assert [t for t in shown if t in {"1K", "10K", "100K"}] == ["1K", "10K", "100K"]


def test_a_screen_reader_gets_title_and_description() -> None:
    svg = draw(series(0, 100), title="Time <of> & more")
    labels = (svg.get("aria-labelledby") or "").split()
    named = {e.get("id"): e.text for e in svg if e.tag in {"title", "desc"}}
    assert svg.get("role") == "img"
    assert [named[label] for label in labels] == ["Time <of> & more", "What it shows."]


def test_each_subject_has_its_groups_for_the_filter() -> None:
    svg = draw(series(0, 100), series(5, 200))
    groups = [g.attrib["data-subject"] for g in svg.iter("g") if "data-subject" in g.attrib]
    assert sorted(groups) == ["0"] * 4 + ["5"] * 4


def test_every_trial_is_a_dot() -> None:
    svg = draw(series(3, 100))
    dots = [p.attrib["d"].count("h0") for g in svg.iter("g") if g.get("data-subject") == "3" for p in g.iter("path")]
    assert sum(dots) == 9


def test_without_intervals_there_is_neither_band_nor_bar() -> None:
    groups = [g for g in draw(series(0, 100, interval=False)).iter("g") if g.get("data-subject")]
    assert len(groups) == 2


def test_one_size_and_one_value_are_drawn() -> None:
    svg = draw(Series(0, (Point(1_000, Estimate(5.0, 1, None), (5.0,)),)))
    assert "1K" in texts(svg)


@pytest.mark.parametrize("scale", [0.0, 0.2, -0.5])
def test_values_that_have_no_logarithm_are_drawn(scale: float) -> None:
    shown = texts(draw(series(0, scale), series(1, 5_000)))
    assert "0" in shown
    assert "1,000" in shown


@pytest.mark.parametrize("most", [12.0, 90.0, 1e3, 1e6])
def test_the_vertical_axis_has_at_least_two_labels(most: float) -> None:
    shown = texts(draw(series(0, 10.0), series(1, most)))
    assert len([t for t in shown if re.fullmatch(r"[\d,.]+", t)]) >= 2


def test_nothing_in_it_needs_an_inline_style() -> None:
    svg = draw(series(0, 100))
    assert not [e for e in svg.iter() if e.tag == "style" or "style" in e.attrib]


def test_colours_follow_the_page_and_have_a_fallback() -> None:
    svg = draw(series(1, 100))
    coloured = [e for e in svg.iter() if LIGHT[1] in (e.get("fill"), e.get("stroke"))]
    assert coloured
    assert all("k1" in (e.get("class") or "") for e in coloured)
    assert {e.get("fill") for e in svg.iter("text")} == {"currentColor"}


def test_ids_are_unique_per_chart_and_every_reference_is_met() -> None:
    one, two = draw(series(0, 100), key="a"), draw(series(0, 100), key="b")
    ids = [{e.get("id") for e in svg.iter() if e.get("id")} for svg in (one, two)]
    assert not ids[0] & ids[1]
    for svg, own in zip((one, two), ids, strict=True):
        text = ET.tostring(svg, encoding="unicode")
        assert set(re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", text))
        assert {a or b for a, b in re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", text)} <= own


def test_same_data_gives_the_same_bytes() -> None:
    assert ET.tostring(draw(series(0, 100))) == ET.tostring(draw(series(0, 100)))
