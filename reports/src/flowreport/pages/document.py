"""What every page is made with: its templates, the files put into it, and a policy that lets nothing else in."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from flowreport import __version__
from flowreport.charts.style import palette_css
from flowreport.text import visible

# What would end the element or the script, and the two line ends that JSON allows and old JavaScript does not.
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def render(template: str, view: Mapping[str, object], *, script: str = "") -> str:
    """A page: `template`, which extends page.html.j2, with `view`, our style, and `script` if it needs one."""
    style = palette_css() + static("report.css")
    common = {
        # Our own files, put into elements whose content HTML does not escape.
        "style": Markup(style),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "policy": content_security_policy(style, script),
        "version": __version__,
    }
    return templates().get_template(template).render({**view, **common})


def content_security_policy(style: str, script: str) -> str:
    """Nothing is loaded from anywhere; of inline content, exactly this style and this script are used."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def static(name: str) -> str:
    """The text of a file of our own that goes into pages."""
    return (files("flowreport") / "static" / name).read_text(encoding="utf-8")


def script_of(*parts: str) -> str:
    """One script of these files of static/script, in this order, between the first of all and the last."""
    return "\n".join(static(f"script/{part}.js") for part in ("state", *parts, "start"))


def templates() -> Environment:
    """Templates that escape everything and refuse what is not defined."""
    return Environment(
        loader=PackageLoader("flowreport"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )


def _finalize(value: object) -> object:
    """Every string that a template shows is made visible first; Markup is ours already."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def embedded_json(text: str) -> Markup:
    """JSON that is safe as the content of a script element of type application/json."""
    return Markup(text.translate(_ESCAPES))  # noqa: S704 - nothing is left that HTML could take for markup
