"""The whole page: every section, styles and script within, and a policy that lets nothing else in."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flowreport.cases import Analysis
from flowreport.gate_verdict import GateVerdict
from flowreport.model import Run
from flowreport.pages.components import components_section
from flowreport.pages.document import render, script_of
from flowreport.pages.environment import environment
from flowreport.pages.front import front
from flowreport.pages.memory import memory_section
from flowreport.pages.method import method
from flowreport.pages.names import Names
from flowreport.pages.overview import overview
from flowreport.pages.ratios import ratio_json
from flowreport.pages.raw import raw_link
from flowreport.pages.sequence import sequence_section
from flowreport.pages.speedup import speed_up_section
from flowreport.pages.workload import workload_section
from flowreport.stats.estimate import FEWEST, LEVEL, RESAMPLES

if TYPE_CHECKING:
    from flowreport.history.series import Series
    from flowreport.pages.history import HistorySection

# From so many measured cases on, a browser lays out a section when the reader comes near it.
MANY_CASES = 300


def render_report(run: Run, *, gate: GateVerdict | None = None, history: "Sequence[Series]" = ()) -> str:
    """The report as one HTML document. The same run, verdict of its gate and history give the same bytes."""
    analysis, names = Analysis(run), Names(run)
    view: Mapping[str, object] = {
        "run": run,
        "marks": names.marks,
        "front": front(analysis, names, gate),
        # A run of benchmarks alone has nothing to set side by side.
        "overview": overview(analysis, names) if run.workloads or not run.plan.benchmarks else None,
        "environment": environment(run, names),
        "method": method(analysis, names),
        "workloads": [workload_section(analysis, names, g, i) for i, g in enumerate(analysis.groups)],
        "components": components_section(run, names),
        "memory": memory_section(analysis, names),
        "speed_up": speed_up_section(analysis, names),
        "sequence": sequence_section(analysis, names),
        "history": _history(run, names, history) if history else None,
        "ratios": ratio_json(analysis, names),
        "statistics": {"level": f"{LEVEL:.0%}", "fewest": FEWEST, "resamples": f"{RESAMPLES:,}"},
        "many": len(analysis.results) > MANY_CASES,
        "raw": raw_link(run),
    }
    return render("report.html.j2", view, script=script_of("ratios", "sort", "filter", "figures", "raw"))


def _history(run: Run, names: Names, series: "Sequence[Series]") -> "HistorySection | None":
    from flowreport.pages.history import history_section  # noqa: PLC0415 - only those who keep a history load its parts

    return history_section(run, names, series)
