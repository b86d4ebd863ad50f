"""Subjects must be told apart by everyone, on paper and on a dark screen."""

import itertools

import numpy as np
import pytest

from flowreport.charts.style import (
    DARK,
    DARK_BACKGROUND,
    DASHES,
    LIGHT,
    LIGHT_BACKGROUND,
    MARKERS,
    look,
    marker_outline,
    palette_css,
)

LEAST_CONTRAST = 3.0  # WCAG 2.2, success criterion 1.4.11, for graphical objects


def linear(colour: str) -> np.ndarray:
    """Linear sRGB, from 0 to 1."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colour", LIGHT)
def test_light_colours_stand_out_from_paper(colour: str) -> None:
    assert contrast(colour, LIGHT_BACKGROUND) >= LEAST_CONTRAST


@pytest.mark.parametrize("colour", DARK)
def test_dark_colours_stand_out_from_the_screen(colour: str) -> None:
    assert contrast(colour, DARK_BACKGROUND) >= LEAST_CONTRAST


def test_no_two_of_the_first_ten_subjects_share_a_colour_or_a_marker() -> None:
    looks = [look(i) for i in range(10)]
    assert len({one.marker for one in looks}) == len({one.light for one in looks}) == 10


def test_subjects_of_one_colour_differ_in_marker_and_dash() -> None:
    looks = [look(i) for i in range(20)]
    for one, other in itertools.combinations(looks, 2):
        assert (one.marker, one.colour) != (other.marker, other.colour)
        if one.colour == other.colour:
            assert one.dashes != other.dashes


def test_dashes_differ() -> None:
    assert len(set(DASHES)) == len(DASHES)


@pytest.mark.parametrize("marker", MARKERS)
def test_outline_of_each_marker_is_closed_and_fits_its_square(marker: str) -> None:
    outline = marker_outline(marker)
    assert outline.startswith("M")
    numbers = [float(n) for n in outline.translate(str.maketrans("MLQCZ", "     ")).split()]
    assert max(map(abs, numbers)) == pytest.approx(1.0, abs=0.001)


def test_page_css_has_every_colour_of_both_palettes() -> None:
    css = palette_css()
    assert all(colour in css for colour in (*LIGHT, *DARK))
    assert css.index("prefers-color-scheme: dark") < css.index(DARK[0])
