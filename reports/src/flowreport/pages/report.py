"""The whole page: every section, styles and script within, and a policy that lets nothing else in."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from flowreport import __version__
from flowreport.cases import Analysis
from flowreport.charts.style import palette_css
from flowreport.model import Run
from flowreport.pages.components import components_section
from flowreport.pages.environment import environment
from flowreport.pages.front import front
from flowreport.pages.memory import memory_table
from flowreport.pages.method import method
from flowreport.pages.names import Names
from flowreport.pages.overview import overview
from flowreport.pages.raw import raw_json
from flowreport.pages.workload import workload_section
from flowreport.stats.estimate import FEWEST, LEVEL, RESAMPLES
from flowreport.text import visible


def render_report(run: Run) -> str:
    """The report as one HTML document. The same run gives the same bytes."""
    analysis, names = Analysis(run), Names(run)
    style = palette_css() + _static("report.css")
    script = _static("report.js")
    view: Mapping[str, object] = {
        "run": run,
        "marks": names.marks,
        "front": front(analysis, names),
        # A run of benchmarks alone has nothing to set side by side.
        "overview": overview(analysis, names) if run.workloads or not run.plan.benchmarks else None,
        "environment": environment(run, names),
        "method": method(analysis, names),
        "workloads": [workload_section(analysis, names, g, i) for i, g in enumerate(analysis.groups)],
        "components": components_section(run, names),
        "memory": memory_table(analysis, names),
        "statistics": {"level": f"{LEVEL:.0%}", "fewest": FEWEST, "resamples": f"{RESAMPLES:,}"},
        "raw": raw_json(run),
        # Our own files, put into elements whose content HTML does not escape.
        "style": Markup(style),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "policy": content_security_policy(style, script),
        "version": __version__,
    }
    return _templates().get_template("report.html.j2").render(view)


def content_security_policy(style: str, script: str) -> str:
    """Nothing is loaded from anywhere; of inline content, exactly this style and this script are used."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _static(name: str) -> str:
    return (files("flowreport") / "static" / name).read_text(encoding="utf-8")


def _templates() -> Environment:
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
