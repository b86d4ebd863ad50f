"""The history lines of a run's cases: the same case in earlier runs of the same machine, where a history has them."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from flowreport import units
from flowreport.history.runs import CaseName
from flowreport.history.series import Series
from flowreport.model import Run
from flowreport.outcomes import workers_suffix
from flowreport.pages.names import Names
from flowreport.pages.trend import draw

# Lines of more cases make a page too long to open soon; those with a change come first.
MOST_LINES = 200
# A line needs a run before this one.
_FEWEST_POINTS = 2


@dataclass(frozen=True)
class HistoryLine:
    """One case; `subject` and `workload` are the places that the filter knows it by."""

    title: str
    chart: Markup
    caption: str
    subject: int
    workload: int | None


@dataclass(frozen=True)
class HistorySection:
    """`changed` counts the lines with a change; `left_out` those that are not drawn."""

    lines: tuple[HistoryLine, ...]
    changed: int
    left_out: int


def history_section(run: Run, names: Names, series: Sequence[Series]) -> HistorySection | None:
    """A line per case of the run that has a past; None without one."""
    places = {s.id: i for i, s in enumerate(run.subjects)}
    lines = [s for s in series if s.case.subject in places and len(s.points) >= _FEWEST_POINTS]
    if not lines:
        return None
    # The sort is stable: within each half the order of the history stays.
    ordered = sorted(lines, key=lambda s: not s.changes)
    shown = tuple(_line(run, names, s, f"history-{i}") for i, s in enumerate(ordered[:MOST_LINES]))
    return HistorySection(shown, sum(bool(s.changes) for s in lines), max(len(lines) - MOST_LINES, 0))


def _line(run: Run, names: Names, series: Series, key: str) -> HistoryLine:
    place = names.place(series.case.subject)
    workloads = {w.id: i for i, w in enumerate(run.workloads)}
    changes = ", ".join(c.at.run.code for c in series.changes)
    return HistoryLine(
        title=_title(run, names, series.case),
        chart=draw(series, key=key, hover=False, subject=place),
        caption=f"{units.plural(len(series.points), 'run')}{f'; changed at {changes}' if changes else ''}",
        subject=place,
        workload=workloads.get(series.case.name),
    )


def _title(run: Run, names: Names, case: CaseName) -> str:
    workload = next((w.title for w in run.workloads if w.id == case.name), case.name)
    if not case.tasks:
        return f"{workload} · {names.title(case.subject)}"
    workers = workers_suffix(case.workers) if len(run.worker_counts) > 1 else ""
    return f"{workload}{workers} · {units.size(case.tasks)} · {names.title(case.subject)}"
