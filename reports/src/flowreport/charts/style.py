"""How each subject looks, in every chart and legend: a colour, a marker and a dash of its own.

A subject is known by its place in run.json. Colour never stands alone: no two of the first ten subjects share a
colour or a marker. The first eight colours are those of Okabe & Ito (Color Universal Design, 2008), darkened for white
paper and lightened for dark screens until each has a contrast of at least 3:1 with its background (WCAG 2.2, 1.4.11).
The last two lie far from all others in OKLab, with normal vision and as protanopia and deuteranopia show them.
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path

INK = "#1c2026"
LIGHT_BACKGROUND = "#ffffff"
DARK_BACKGROUND = "#15181c"

LIGHT = ("#0072b2", "#d55e00", "#008661", "#b0528a", "#a67100", "#2f8fc4", "#6b5fb5", "#6d7680", "#483c00", "#48306c")
DARK = ("#5cb3ec", "#ff8f4d", "#2fc79b", "#e593c3", "#edb63c", "#9bd6f7", "#b3a8f5", "#c3c9d0", "#a85400", "#5a64fc")
# What a comparison may say of a row, each as (light, dark); the names are those of charts.forest.Tone.
TONES = {
    "regression": ("#b3261e", "#ff8a80"),
    "improvement": ("#0a7a4c", "#4cc38a"),
    "unclear": ("#8a6100", "#e0b04a"),
    "pass": ("#3d5a80", "#9db8d9"),
    "control": ("#6d7680", "#a3abb4"),
    "not_gated": ("#6d7680", "#a3abb4"),
}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "<", ">", "h")
# Lengths in line widths; a solid line first.
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 1.5), (1.2, 1.4), (5, 1.5, 1.2, 1.5), (8, 2), (2.5, 1.2))


@dataclass(frozen=True)
class Look:
    """The look of one subject. `colour` is a name that the page's CSS gives its value, k0 and up."""

    colour: str
    light: str
    marker: str
    dashes: tuple[float, ...]


def look(subject: int) -> Look:
    """The look of the subject at this place; from the eleventh on colours come again, with another marker and dash."""
    k = subject % len(LIGHT)
    return Look(f"k{k}", LIGHT[k], MARKERS[subject % len(MARKERS)], DASHES[subject % len(DASHES)])


def marker_outline(marker: str) -> str:
    """The outline of a marker as SVG path data, within the square from -1 to 1, y downwards."""
    style = MarkerStyle(marker)
    path = style.get_path().transformed(style.get_transform())
    size = float(np.abs(np.asarray(path.vertices, dtype=np.float64)).max())
    letters = {Path.MOVETO: "M", Path.LINETO: "L", Path.CURVE3: "Q", Path.CURVE4: "C", Path.CLOSEPOLY: "Z"}
    parts = []
    for points, code in path.iter_segments(simplify=False):
        letter = letters[Path.code_type(code)]
        if letter == "Z":
            parts.append("Z")
            continue
        flipped = [v * (-1 if i % 2 else 1) / size for i, v in enumerate(points)]
        parts.append(letter + " ".join(f"{v:.3f}" for v in flipped))
    return "".join(parts)


def palette_css() -> str:
    """The two palettes as CSS variables, and the classes that inline SVG and legends use."""
    light, dark = (
        "".join(f"--k{i}:{c};" for i, c in enumerate(colours))
        + "".join(f"--tone-{name.replace('_', '-')}:{pair[k]};" for name, pair in TONES.items())
        for k, colours in enumerate((LIGHT, DARK))
    )
    names = [
        *((f"k{i}", f"k{i}") for i in range(len(LIGHT))),
        *((n.replace("_", "-"), f"tone-{n.replace('_', '-')}") for n in TONES),
    ]
    classes = "".join(
        f".fill-{name}{{fill:var(--{value})}}.line-{name}{{stroke:var(--{value})}}" for name, value in names
    )
    return (
        f":root{{{light}}}@media (prefers-color-scheme: dark){{:root{{{dark}}}}}"
        f"@media print{{:root{{{light}}}}}{classes}.hollow{{fill:var(--paper, none)}}\n"
    )
