"""Shapes and text as they get into a page."""

from xml.etree import ElementTree as ET

import pytest

from dot_path import dot_places
from flowreport.charts.canvas import Canvas, clipped, dots_path, short


def test_dots_lie_where_they_were_put() -> None:
    points = [(0.04, 0), (12.34, -5.06), (12.31, 7.0), (-3.0, 7.04), (1000.0, 0.5), (1000.4, 0.1), (999.9, 0.1)]
    path = dots_path(points)
    assert dot_places(path) == [(round(x, 1) + 0.0, round(y, 1)) for x, y in points]
    assert path.count("h0") == len(points)


def test_rounding_does_not_add_up() -> None:
    points = [(i * 0.33, i * 0.07) for i in range(500)]
    assert max(abs(a[0] - b[0]) for a, b in zip(dot_places(dots_path(points)), points, strict=True)) <= 0.051


def test_no_points_have_no_path() -> None:
    assert dots_path([]) == ""


@pytest.mark.parametrize(("value", "text"), [(1.0, "1"), (1.25, "1.2"), (-0.04, "0"), (10.0, "10"), (100.0, "100")])
def test_coordinates_are_short(value: float, text: str) -> None:
    assert short(value) == text


def test_long_text_loses_its_middle() -> None:
    text = clipped("a subject with a long name, 100K", 100)
    assert text.startswith("a subj")
    assert text.endswith("100K")
    assert len(text) <= 100 / 5.6
    assert clipped("short", 100) == "short"


def test_text_cannot_become_markup_and_an_empty_group_is_not_kept() -> None:
    canvas = Canvas((10, 10), key="k", title="<b>", description="&")
    with canvas.group(data_subject=3):
        canvas.lines([])
        canvas.dots([], 2.0)
    canvas.text(0, 0, "</text><script>alert(1)</script>\x00\u202e")
    markup = canvas.markup()
    assert "<script" not in markup
    assert "data-subject" not in markup
    (text,) = ET.fromstring(markup).iter("text")  # noqa: S314 - made here
    assert text.text == "</text><script>alert(1)</script>\ufffd\ufffd"
