"""The page of a history: the changes as a table, then each series as a chart, machine by machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from flowreport import units
from flowreport.charts.trend import Trend, TrendChange, TrendPoint, trend_chart
from flowreport.history.output import changes_of, ratio_text, summary_line, trend_json
from flowreport.history.runs import StoredRun
from flowreport.history.series import LEAST_CHANGE, Change, Point, Series, unit
from flowreport.outcomes import workers_suffix
from flowreport.pages.document import embedded_json, render
from flowreport.pages.table import Cell, Column, Row, Table
from flowreport.stats.change_points import FEWEST, LEVEL

# More charts than this make a page that takes long to open; those with a change come first.
MOST_CHARTS = 1_000
# Up to so many points a page tells, under the pointer, which run each of them is.
_MOST_HOVERS = 6_000
_TICK = 7


@dataclass(frozen=True)
class Chart:
    """A series as the page shows it; `key` is unique in the page."""

    key: str
    title: str
    picture: Markup
    caption: str


@dataclass(frozen=True)
class MachineSection:
    """What was measured on one machine; `left_out` are the titles of series without a chart."""

    key: str
    title: str
    facts: tuple[tuple[str, str], ...]
    runs: Table
    charts: tuple[Chart, ...]
    left_out: tuple[str, ...]


def render_trend(series: Sequence[Series]) -> str:
    """The page as one HTML document, from at least one series. The same history gives the same bytes."""
    changes = changes_of(series)
    level = sum(s.level for s in series if s.is_long) or LEVEL
    view: Mapping[str, object] = {
        "sentence": summary_line(series),
        "tone": "mixed" if any(c.after > c.before for _, c in changes) else "good",
        "facts": _facts(series),
        "changes": _changes(changes) if changes else None,
        "machines": _machines(series),
        "fewest": FEWEST,
        "level": f"{level:.3g}",
        "least": f"{LEAST_CHANGE:.0%}",
        "raw": embedded_json(trend_json(series)),
    }
    return render("trend.html.j2", view)


def case_title(series: Series) -> str:
    """The case, with its number of workers."""
    workers = workers_suffix(series.case.workers) if series.case.workers else ""
    return f"{series.case}{workers}"


def title(series: Series) -> str:
    """What a series shows, in one line."""
    return f"{case_title(series)}: {series.metric}"


def draw(series: Series, *, key: str, hover: bool = True, subject: int = 0) -> Markup:
    """A series as a chart; also for the history line of a report, in the colour of its subject there."""
    places = {p.run.id: i for i, p in enumerate(series.points)}
    changes = tuple(
        TrendChange(places[c.at.run.id], c.before, c.after, f"{c.at.run.code}: {ratio_text(c)}") for c in series.changes
    )
    points = tuple(_point(p) for p in series.points)
    return trend_chart(
        Trend(points, changes, f"{unit(series.case, series.metric)}, lower is better", subject, hover),
        key=key,
        title=title(series),
        description=_description(series),
    )


def _point(point: Point) -> TrendPoint:
    run = point.run
    label = f"{run.code}, {run.when}: {units.number(point.median)}"
    if point.low is not None and point.high is not None:
        label += f" ({units.number(point.low)} – {units.number(point.high)})"
    label += f", {units.plural(point.n, 'trial')}, run {run.id}"
    return TrendPoint(run.commit[:_TICK] or run.id, label, point.median, point.low, point.high)


def _description(series: Series) -> str:
    first, last = series.points[0], series.points[-1]
    went = (
        f"{units.plural(len(series.points), 'run')}, from {units.number(first.median)} at {first.run.code} to "
        f"{units.number(last.median)} at {last.run.code}."
    )
    return " ".join([went, *(f"Changed at {c.at.run.code}: {_from_to(c)}." for c in series.changes)])


def _from_to(change: Change) -> str:
    return f"{units.number(change.before)} to {units.number(change.after)}, {ratio_text(change)}"


def _facts(series: Sequence[Series]) -> tuple[tuple[str, str], ...]:
    runs = {p.run.id for s in series for p in s.points}
    machines = {s.machine for s in series}
    changes = sum(len(s.changes) for s in series)
    return (
        (units.count(len(runs)), "runs" if len(runs) != 1 else "run"),
        (units.count(len(machines)), "machines" if len(machines) != 1 else "machine"),
        (units.count(len(series)), "series"),
        (units.count(changes), "changes" if changes != 1 else "change"),
    )


def _changes(changes: Sequence[tuple[Series, Change]]) -> Table:
    columns = (
        Column("Case", words=True),
        Column("Metric", words=True),
        Column("First with it", "commit", words=True),
        Column("Last without", "commit", words=True),
        Column("Code of", "UTC", words=True),
        Column("Before"),
        Column("After"),
        Column("Ratio"),
        Column("p", "of any place"),
        Column("Machine", words=True),
    )
    rows = tuple(
        Row(
            (
                Cell(case_title(s), head=True),
                Cell(s.metric, note=unit(s.case, s.metric)),
                Cell(c.at.run.code, note=c.at.run.id, tone="code"),
                Cell(c.last.run.code, note=c.last.run.id, tone="code"),
                Cell(c.at.run.when),
                Cell(units.number(c.before), c.before),
                Cell(units.number(c.after), c.after, "strong"),
                Cell(
                    f"{'▲' if c.after > c.before else '▼'} {ratio_text(c)}",
                    c.ratio,
                    "slower" if c.after > c.before else "faster",
                ),
                Cell(units.number(c.p), c.p),
                Cell(s.machine, tone="code"),
            )
        )
        for s, c in changes
    )
    return Table("changes", "Changes, the newest code first", columns, rows, sortable=False)


def _machines(series: Sequence[Series]) -> tuple[MachineSection, ...]:
    # The sort is stable: within each half the order of the series stays.
    drawn = {id(s) for s in sorted(series, key=lambda s: not s.changes)[:MOST_CHARTS]}
    hover = sum(len(s.points) for s in series) <= _MOST_HOVERS
    numbers = {id(s): i for i, s in enumerate(series)}
    sections = []
    for key, group in groupby(series, key=lambda s: s.machine):
        of_machine = list(group)
        runs = sorted({p.run.id: p.run for s in of_machine for p in s.points}.values(), key=_order)
        charts = tuple(
            Chart(f"s{numbers[id(s)]}", title(s), draw(s, key=f"s{numbers[id(s)]}-chart", hover=hover), _caption(s))
            for s in of_machine
            if id(s) in drawn
        )
        left_out = tuple(title(s) for s in of_machine if id(s) not in drawn)
        sections.append(
            MachineSection(f"machine-{key}", key, _machine_facts(runs[-1]), _runs(key, runs), charts, left_out)
        )
    return tuple(sections)


def _order(run: StoredRun) -> tuple[str, str, str]:
    return run.when, run.created, run.id


def _caption(series: Series) -> str:
    if not series.is_long:
        return f"{units.plural(len(series.points), 'run')}: too few to tell a change"
    changed = "; ".join(f"{c.at.run.code} {ratio_text(c)}" for c in series.changes)
    return f"{units.plural(len(series.points), 'run')}; {f'changed at {changed}' if changed else 'no change'}"


def _machine_facts(run: StoredRun) -> tuple[tuple[str, str], ...]:
    return tuple((name.replace("_", " "), "unknown" if v is None else str(v)) for name, v in run.facts.items())


def _runs(machine: str, runs: Sequence[StoredRun]) -> Table:
    columns = (
        Column("Run", words=True),
        Column("Commit", words=True),
        Column("Code of", "UTC", words=True),
        Column("Measured", "UTC", words=True),
        Column("Counted", "trials"),
        Column("Failed", "trials"),
    )
    rows = tuple(
        Row(
            (
                Cell(r.id, head=True),
                Cell(r.code, tone="code"),
                Cell(r.when),
                Cell(r.created),
                Cell(units.count(r.counted), r.counted),
                Cell(units.count(r.failed), r.failed, "fail" if r.failed else ""),
            )
        )
        for r in reversed(runs)
    )
    return Table(f"runs-{machine}", "Runs, the newest code first", columns, rows, sortable=False)
