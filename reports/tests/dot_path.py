"""The dots of an SVG path as a reader of SVG follows it, for tests."""

import re


def dot_places(path: str) -> list[tuple[float, float]]:
    """The places of strokes without length: each M is a place, each m a step from the last."""
    x = y = 0.0
    found = []
    for letter, right, down in re.findall(r"([Mm])(-?[\d.]+)\s?(-?[\d.]+)h0", path):
        x, y = (float(right), float(down)) if letter == "M" else (x + float(right), y + float(down))
        found.append((round(x, 1), round(y, 1)))
    return found
