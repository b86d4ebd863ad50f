"""Cases below each other, one axis per quantity."""

import re
from xml.etree import ElementTree as ET

import pytest

from flowreport.charts.panels import PanelRow, Quantity, Reading, panels

QUANTITIES = (Quantity("Time", "ns", lambda v: f"{v:.0f} ns"), Quantity("Bytes", "per task", lambda v: f"{v:.0f} B"))


def draw(*rows: PanelRow) -> ET.Element:
    svg = panels(QUANTITIES, rows, key="p1", title="A title", description="What it shows.")
    return ET.fromstring(svg)  # noqa: S314 - made here


def row(label: str, value: float, group: str = "1K", subject: int = 0) -> PanelRow:
    values = (0.9 * value, value, value, 1.3 * value)
    return PanelRow(group, label, subject, (Reading(value, 0.9 * value, 1.2 * value, values), Reading(value)))


def subjects(svg: ET.Element) -> list[ET.Element]:
    return [g for g in svg.iter("g") if g.get("data-subject")]


def paths(group: ET.Element, scale: str) -> list[str]:
    return [p.attrib["d"] for p in group.iter("path") if p.get("class") == f"scale-{scale}"]


@pytest.mark.parametrize("scale", ["logarithmic", "linear"])
def test_every_trial_is_a_dot_on_both_axes_and_the_median_lies_in_its_interval(scale: str) -> None:
    (group,) = subjects(draw(row("a", 100)))
    dots, lines = paths(group, scale)
    assert dots.count("h0") == 4
    median, low, high = (float(v) for v in re.match(r"M([\d.]+) -5V5M([\d.]+) 0H([\d.]+)", lines).groups())  # type: ignore[union-attr]
    assert low < median < high
    assert lines.count("V") == 2  # a median per quantity
    assert lines.count("H") == 1  # the second has no interval


def test_the_linear_axis_keeps_proportions_and_the_logarithmic_one_ratios() -> None:
    svg = draw(row("a", 10), row("b", 100), row("c", 1000))
    medians = {
        scale: [float(re.match(r"M([\d.]+)", paths(g, scale)[1])[1]) for g in subjects(svg)]  # type: ignore[index]
        for scale in ("logarithmic", "linear")
    }
    a, b, c = medians["logarithmic"]
    assert c - b == pytest.approx(b - a, abs=0.3)
    a, b, c = medians["linear"]
    assert (c - b) / (b - a) == pytest.approx(10, rel=0.05)


def test_numbers_and_headings_are_text() -> None:
    svg = draw(row("a", 100), row("b", 50), row("a", 70, group="10K"))
    texts = [t.text for t in svg.iter("text")]
    for text in ("Time", "ns", "Bytes", "per task", "a", "b", "100 ns", "50 B"):
        assert text in texts
    assert [t for t in texts if t in {"1K", "10K"}] == ["1K", "10K"]


def test_a_missing_reading_leaves_its_place_empty() -> None:
    svg = draw(row("a", 100), PanelRow("1K", "b", 1, (None, Reading(3.0))))
    empty = subjects(svg)[1]
    assert [t.text for t in empty.iter("text")] == ["b", "3 B"]


@pytest.mark.parametrize("value", [0.0, -4.0])
def test_values_without_a_logarithm_are_drawn(value: float) -> None:
    svg = draw(PanelRow("", "a", 0, (Reading(value, value - 1, value + 1), None)), row("b", 100))
    assert "≤0" in [t.text for t in svg.iter("text")]
    alone = draw(PanelRow("", "a", 0, (Reading(value), None)))
    assert len(paths(subjects(alone)[0], "logarithmic")) == 1


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        draw()


def test_nothing_in_it_needs_an_inline_style_and_a_hostile_label_stays_text() -> None:
    svg = draw(row("</svg><script>", 5))
    assert not [e for e in svg.iter() if e.tag in {"style", "script"} or "style" in e.attrib]
    assert "</svg><script>" in [t.text for t in svg.iter("text")]
