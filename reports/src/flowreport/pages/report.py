"""The whole page: every section, styles and script within, and a policy that lets nothing else in."""

from collections.abc import Mapping

from markupsafe import Markup

from flowreport import __version__
from flowreport.cases import Analysis
from flowreport.charts.style import palette_css
from flowreport.model import Run
from flowreport.pages.components import components_section
from flowreport.pages.document import content_security_policy, static, templates
from flowreport.pages.environment import environment
from flowreport.pages.front import front
from flowreport.pages.memory import memory_table
from flowreport.pages.method import method
from flowreport.pages.names import Names
from flowreport.pages.overview import overview
from flowreport.pages.raw import raw_json
from flowreport.pages.workload import workload_section
from flowreport.stats.estimate import FEWEST, LEVEL, RESAMPLES


def render_report(run: Run) -> str:
    """The report as one HTML document. The same run gives the same bytes."""
    analysis, names = Analysis(run), Names(run)
    style = palette_css() + static("report.css")
    script = static("report.js")
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
    return templates().get_template("report.html.j2").render(view)
