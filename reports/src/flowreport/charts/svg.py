"""A matplotlib figure as a piece of an HTML page.

The page forbids inline styles (its Content-Security-Policy), follows dark mode, and holds many charts. So style
attributes become presentation attributes, the colours of subjects also become classes, ink becomes currentColor,
ids are made unique per chart, and groups named `subject:<place>` carry data-subject for the page's filter. Without
any CSS the chart still shows in the light colours.
"""

import io
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.figure import Figure

from flowreport.charts.canvas import dots_path, short
from flowreport.charts.style import INK, LIGHT
from flowreport.text import visible

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_GAPS = re.compile(r"\s*([A-Za-z])\s*")
_KEPT_TEXT = ("font-size", "text-anchor", "font-weight")
_CLASSES = {colour: f"k{i}" for i, colour in enumerate(LIGHT)}


def inline_svg(figure: Figure, *, key: str, title: str, description: str, kind: str = "") -> Markup:
    """The figure as an <svg> element. `key` must be unique in the page; it also fixes the ids within.

    `kind` is one more class of the element. A group named `subject:<place>:raw` holds nothing but dots.
    """
    drawn = io.StringIO()
    # Text stays text and ids depend on the content alone, so the same data gives the same bytes.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": key}):
        figure.savefig(drawn, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    root = ET.fromstring(drawn.getvalue())  # noqa: S314 - written by matplotlib in the line above
    for element in list(root):
        if element.tag == f"{_SVG}metadata":
            root.remove(element)
    used = set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", drawn.getvalue()))
    for parent in list(root.iter()):
        for element in [e for e in parent if e.tag == f"{_SVG}style"]:
            parent.remove(element)
    _join_dots(root)
    for element in root.iter():
        _plain(element, key, used)
    _drop_empty(root)
    _join_paths(root)
    _hoist(root)
    root.attrib = {
        "viewBox": root.attrib["viewBox"],
        "class": f"chart {kind}".strip(),
        "role": "img",
        "aria-labelledby": f"{key}-title {key}-desc",
        "stroke-linejoin": "round",
    }
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        label = ET.Element(tag, {"id": f"{key}-{tag}"})
        label.text = visible(text)
        root.insert(place, label)
    for element in root.iter():
        element.tail = None
        if element.text is not None and not element.text.strip():
            element.text = None
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - ElementTree escapes text and attributes


def _join_dots(root: ET.Element) -> None:
    for element in root.iter(f"{_SVG}g"):
        if re.fullmatch(r"subject:\d+:raw", element.get("id", "")):
            _one_path(element)


def _one_path(group: ET.Element) -> None:
    """Short round strokes in place of a marker per value: a tenth of the text."""
    dots = list(group.iter(f"{_SVG}use"))
    if not dots:
        return
    style = _presentation(dots[0].get("style", ""))
    path = dots_path((float(d.attrib["x"]), float(d.attrib["y"])) for d in dots)
    attributes = {
        "d": path,
        "fill": "none", "stroke": style["fill"], "stroke-opacity": style.get("fill-opacity", "1"),
        "stroke-width": "2", "stroke-linecap": "round",
    }  # fmt: skip
    for child in list(group):
        group.remove(child)
    ET.SubElement(group, f"{_SVG}path", attributes)


def _plain(element: ET.Element, key: str, used: set[str]) -> None:
    """Rewrite one element's name and attributes for use within HTML."""
    element.tag = element.tag.removeprefix(_SVG)
    attributes: dict[str, str] = {}
    for name, value in element.attrib.items():
        if name == "style":
            attributes |= _presentation(value)
        elif name == "id":
            if value in used:
                attributes["id"] = f"{key}-{value}"
            elif value.startswith("subject:"):
                attributes["data-subject"] = value.removeprefix("subject:").partition(":")[0]
        elif name == f"{_XLINK}href":
            attributes["href"] = value.replace("#", f"#{key}-", 1)
        elif name == "clip-path":
            attributes[name] = value.replace("#", f"#{key}-", 1)
        elif name == "transform" and value.startswith("rotate(-0 "):
            continue
        elif name == "d":
            attributes[name] = _GAPS.sub(r"\1", _NUMBER.sub(lambda m: short(float(m[0])), value))
        else:
            attributes[name] = _NUMBER.sub(lambda m: f"{float(m[0]):.2f}", value)
    _recolour(attributes)
    element.attrib = attributes


def _presentation(style: str) -> dict[str, str]:
    """The declarations of a style attribute that matter, as presentation attributes."""
    attributes = {}
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name == "font":
            size = re.search(r"[\d.]+px", value)
            if size:
                attributes["font-size"] = size[0]
        elif name in _KEPT_TEXT or name.startswith(("fill", "stroke", "opacity")):
            attributes[name] = value
    return attributes


def _recolour(attributes: dict[str, str]) -> None:
    classes = []
    for name, prefix in (("fill", "fill"), ("stroke", "line")):
        colour = attributes.get(name)
        if colour == INK:
            attributes[name] = "currentColor"
        elif colour in _CLASSES:
            classes.append(f"{prefix}-{_CLASSES[colour]}")
    if classes:
        attributes["class"] = " ".join(classes)


def _drop_empty(root: ET.Element) -> None:
    """Remove groups and definitions without content, innermost first."""
    for child in list(root):
        _drop_empty(child)
        if child.tag in ("g", "defs") and len(child) == 0:
            root.remove(child)


def _join_paths(root: ET.Element) -> None:
    """Paths beside each other that differ in nothing but where they go become one."""
    for child in root:
        _join_paths(child)
    for one, other in pairwise(list(root)):
        same = one.tag == other.tag == "path" and all(
            one.get(k) == other.get(k) for k in {*one.keys(), *other.keys()} - {"d"}
        )
        if same and "id" not in one.attrib and len(other) == 0:
            other.attrib["d"] = one.attrib["d"] + other.attrib["d"]
            root.remove(one)


def _hoist(root: ET.Element) -> None:
    """Move what all children of a group say to the group: markers repeat their colour hundreds of times."""
    for child in root:
        _hoist(child)
    if root.tag != "g" or len(root) < 2:  # noqa: PLR2004 - nothing is repeated below two
        return
    first = root[0].attrib
    for name in ("class", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity"):
        if name in first and name not in root.attrib and all(c.attrib.get(name) == first[name] for c in root):
            root.attrib[name] = first[name]
            for child in list(root)[::-1]:
                del child.attrib[name]
