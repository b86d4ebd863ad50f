"""Rows of ratios as a reader of the picture gets them."""

import itertools
import re
from math import inf, log, nan
from xml.etree import ElementTree as ET

import pytest

from flowreport.charts.forest import ForestRow, Tone, forest_plot
from flowreport.charts.style import TONES, palette_css

HOSTILE = "</svg><script>alert(1)</script> \x1b[31m\u202e"


def row(label: str, ratio: float = 1.02, half: float | None = 0.01, tone: Tone = Tone.PASS) -> ForestRow:
    low, high = (None, None) if half is None else (ratio - half, ratio + half)
    return ForestRow(label, ratio, low, high, tone)


def draw(*rows: ForestRow, margin: float | None = 0.05, noise_floor: float | None = None) -> ET.Element:
    svg = forest_plot(
        rows, key="f1", title="A title", description="What it shows.", axis="time, candidate over base",
        margin=margin, noise_floor=noise_floor,
    )  # fmt: skip
    return ET.fromstring(svg)  # noqa: S314 - made here


def groups(svg: ET.Element) -> list[ET.Element]:
    return [g for g in svg.iter("g") if g.get("class") == "row"]


def names(svg: ET.Element) -> list[str]:
    return [t.text or "" for t in svg.iter("text") if t.get("class") == "name"]


def by_class(svg: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in svg.iter() if name in (e.get("class") or "").split()]


def marker_x(group: ET.Element) -> float:
    (marker,) = [p for p in group.iter("path") if re.search(r"(fill|hollow)", p.get("class") or "")]
    return float(re.match(r"M(-?[\d.]+)", marker.attrib["d"])[1])  # type: ignore[index]


def interval_ends(group: ET.Element) -> tuple[float, float]:
    (line,) = [p for p in group.iter("path") if (p.get("class") or "").startswith("line-")]
    left, right = re.match(r"M([\d.]+) [\d.]+H([\d.]+)", line.attrib["d"]).groups()  # type: ignore[union-attr]
    return float(left), float(right)


def one_x(svg: ET.Element) -> float:
    (line,) = by_class(svg, "one")
    return float(re.match(r"M([\d.]+)", line.attrib["d"])[1])  # type: ignore[index]


def test_places_are_logarithms_of_ratios() -> None:
    svg = draw(row("half", 0.5, None), row("same", 1.0, None), row("double", 2.0, None), row("more", 2.2, None))
    half, same, double, more = (marker_x(g) for g in groups(svg))
    assert same == pytest.approx(one_x(svg), abs=0.1)
    assert double - same == pytest.approx(same - half, abs=0.2)
    assert (more - same) / (double - same) == pytest.approx(log(2.2) / log(2), rel=0.01)


def test_an_interval_runs_from_low_to_high_through_its_estimate() -> None:
    (group,) = groups(draw(ForestRow("a", 1.1, 1.0, 1.3, Tone.REGRESSION)))
    left, right = interval_ends(group)
    assert left < marker_x(group) < right
    assert left == pytest.approx(one_x(draw(ForestRow("a", 1.1, 1.0, 1.3, Tone.REGRESSION))), abs=0.1)


def test_controls_come_first_in_their_own_tone_and_the_rest_keeps_its_order() -> None:
    svg = draw(row("b", tone=Tone.REGRESSION), row("k1", tone=Tone.CONTROL), row("a"), row("k2", tone=Tone.CONTROL))
    assert names(svg) == ["k1", "k2", "b", "a"]
    assert [len(by_class(g, "fill-control")) for g in groups(svg)] == [1, 1, 0, 0]
    heights = [float(t.attrib["y"]) for t in svg.iter("text") if t.get("class") == "name"]
    assert heights == sorted(heights)
    assert heights[2] - heights[1] > heights[1] - heights[0]


@pytest.mark.parametrize("tone", Tone)
def test_each_tone_has_a_shape_of_its_own_a_word_and_a_colour_of_the_page(tone: Tone) -> None:
    shapes = {}
    for one in Tone:
        svg = draw(row("a", tone=one))
        (group,) = groups(svg)
        (marker,) = [p for p in group.iter("path") if re.search(r"(fill|hollow)", p.get("class") or "")]
        shapes[one] = (re.sub(r"^M[\d.]+ [\d.]+", "", marker.attrib["d"]), "hollow" in marker.attrib["class"])
        assert one.value in [t.text for t in svg.iter("text")]
    assert list(shapes.values()).count(shapes[tone]) == 1
    css = palette_css()
    name = tone.value.replace(" ", "-")
    assert f".fill-{name}{{fill:var(--tone-{name})}}" in css
    assert f"--tone-{name}:{TONES[tone.name.lower()][0]}" in css


def test_margin_is_a_band_around_1_and_the_noise_floor_two_lines_within() -> None:
    svg = draw(row("a", 1.0), margin=0.05, noise_floor=0.02)
    (band,) = by_class(svg, "margin")
    left, width = float(band.attrib["x"]), float(band.attrib["width"])
    assert left + width / 2 == pytest.approx(one_x(svg), abs=0.2)
    (noise,) = by_class(svg, "noise")
    low, high = (float(x) for x in re.findall(r"M([\d.]+)", noise.attrib["d"]))
    assert left < low < one_x(svg) < high < left + width
    plain = draw(row("a"), margin=None)
    assert not by_class(plain, "margin")
    assert not by_class(plain, "noise")


def test_numbers_stand_beside_each_row() -> None:
    svg = draw(ForestRow("a", 1.234, 1.1, 1.4, Tone.REGRESSION), ForestRow("b", 0.9, None, None, Tone.NOT_GATED))
    shown = [t.text for t in svg.iter("text") if t.get("class") == "numbers"]
    assert shown == ["1.23× (1.10 – 1.40)", "0.900×"]


def test_an_open_or_very_wide_interval_ends_in_an_arrow_and_does_not_squash_the_rest() -> None:
    svg = draw(
        row("a", 1.10),
        ForestRow("wide", 1.05, 0.01, 90.0, Tone.UNCLEAR),
        ForestRow("bound", 1.0, None, 1.02, Tone.PASS),
    )
    first, wide, bound = groups(svg)
    arrows = [len(re.findall("l", next(p.attrib["d"] for p in g.iter("path")))) for g in (first, wide, bound)]
    assert arrows == [0, 4, 2]
    assert marker_x(first) - one_x(svg) > 30
    assert "∞" not in "".join(t.text or "" for t in bound.iter("text"))
    assert "(0 – 1.02)" in "".join(t.text or "" for t in bound.iter("text"))


def test_a_screen_reader_gets_title_and_description_and_a_row_tells_all_of_itself() -> None:
    svg = draw(row("a label that is far too long for its column, with the number of tasks at its end: 100K"))
    labels = (svg.get("aria-labelledby") or "").split()
    named = {e.get("id"): e.text for e in svg if e.tag in {"title", "desc"}}
    assert [named[label] for label in labels] == ["A title", "What it shows."]
    (group,) = groups(svg)
    title = group.find("title")
    assert title is not None
    assert title.text == (
        "a label that is far too long for its column, with the number of tasks at its end: 100K: "
        "1.02× (1.01 – 1.03), pass"
    )
    (shown,) = names(svg)
    assert shown.startswith("a label")
    assert shown.endswith("100K")
    assert "…" in shown


def test_hostile_labels_stay_text() -> None:
    markup = forest_plot([row(HOSTILE)], key="f", title=HOSTILE, description=HOSTILE, axis=HOSTILE)
    assert "<script" not in markup
    assert not [c for c in markup if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c == "\u202e"]


def test_120_rows_stay_legible_and_small() -> None:
    rows = [row(f"subject-{i} workload-{i % 10} {i}K", 0.9 + i / 500) for i in range(120)]
    markup = forest_plot(rows, key="f", title="t", description="d", axis="time", margin=0.05)
    svg = ET.fromstring(markup)  # noqa: S314 - made here
    heights = [float(t.attrib["y"]) for t in svg.iter("text") if t.get("class") == "name"]
    font = float(svg.attrib["font-size"])
    assert min(b - a for a, b in itertools.pairwise(heights)) >= 1.2 * font
    assert len(markup) < 60_000
    ticks = [t.text for t in svg.iter("text") if (t.text or "") == "1×"]
    assert len(ticks) == 2  # at both ends of a long picture


@pytest.mark.parametrize(("low", "high"), [(0.999, 1.001), (0.9, 1.1), (0.5, 3.0), (0.02, 40.0), (1e-4, 1e5)])
def test_the_axis_has_some_labels_and_not_too_many(low: float, high: float) -> None:
    svg = draw(row("a", low, None), row("b", high, None), margin=None)
    ticks = [t.text for t in svg.iter("text") if re.fullmatch(r"[\d.,e+-]+×", t.text or "") and not t.get("class")]
    assert 2 <= len(ticks) <= 8
    assert "1×" in ticks
    assert len(set(ticks)) == len(ticks)


@pytest.mark.parametrize("ratio", [0.0, -1.0, nan, inf])
def test_a_ratio_without_a_logarithm_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="ratios above 0"):
        draw(row("a", ratio, None))


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        draw()


def test_nothing_in_it_needs_an_inline_style_and_the_same_rows_give_the_same_bytes() -> None:
    svg = draw(row("a"), row("k", tone=Tone.CONTROL))
    assert not [e for e in svg.iter() if e.tag == "style" or "style" in e.attrib]
    assert ET.tostring(svg) == ET.tostring(draw(row("a"), row("k", tone=Tone.CONTROL)))
