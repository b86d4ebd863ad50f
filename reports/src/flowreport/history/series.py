"""How one number went over the runs of one machine: a series, and the places where it changed for good."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp, log1p

import numpy as np
from sqlalchemy import Connection, select

from flowreport.components import ITERATION
from flowreport.history import schema
from flowreport.history.runs import CaseName, StoredRun, case_name, case_order, stored_runs
from flowreport.model import OPERATION
from flowreport.stats.change_points import FEWEST, LEVEL, change_points

# What a trend shows when nothing is asked for: the first work of a runtime, its memory, the time of a component.
MAIN_METRICS = ("cold", "bytes", OPERATION, ITERATION)
# A smaller change than this share is not told, however certain it is.
LEAST_CHANGE = 0.01


@dataclass(frozen=True)
class Point:
    """What one run measured: the median of `n` trials with its interval, None where they are too few for one."""

    run: StoredRun
    n: int
    median: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Change:
    """`at` is the first run after the change, `last` the one before it.

    `before` and `after` are the middles of the points on either side, up to the next changes, and `ratio` is what is
    between them, None where it says nothing (a value of 0 or below). For `p` see stats.change_points.
    """

    at: Point
    last: Point
    before: float
    after: float
    ratio: float | None
    p: float


@dataclass(frozen=True)
class Series:
    """The points of a case's metric on one machine, in the order of the code, and the chance of a false alarm in it."""

    case: CaseName
    metric: str
    points: tuple[Point, ...]
    level: float = LEVEL

    @property
    def machine(self) -> str:
        """The key of the machine."""
        return self.points[0].run.machine

    @property
    def is_long(self) -> bool:
        """Whether it has enough points for a change to be told."""
        return len(self.points) >= 2 * FEWEST

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        """Where the series changed for good.

        Times are compared as ratios, so logarithms are what is tested; memory that is not above 0 everywhere as it is.
        """
        values = np.array([p.median for p in self.points])
        as_ratios = bool((values > 0).all())
        least = log1p(LEAST_CHANGE) if as_ratios else LEAST_CHANGE * float(np.abs(values).max())
        found = change_points(np.log(values) if as_ratios else values, level=self.level, least_step=least)
        return tuple(
            Change(
                at=self.points[c.index],
                last=self.points[c.index - 1],
                before=exp(c.before) if as_ratios else c.before,
                after=exp(c.after) if as_ratios else c.after,
                ratio=exp(c.after - c.before) if as_ratios else None,
                p=c.p,
            )
            for c in found
        )


def unit(case: CaseName, metric: str) -> str:
    """The unit of a metric."""
    if case.tasks == 0:
        return f"ns per {ITERATION if metric == ITERATION else 'operation'}"
    return {"bytes": "bytes per task", "process": "ns per process"}.get(metric, "ns per task")


def series_of(
    connection: Connection,
    *,
    case: re.Pattern[str] | None = None,
    metrics: Sequence[str] = MAIN_METRICS,
    machine: str = "",
    level: float = LEVEL,
) -> tuple[Series, ...]:
    """Every series whose case's name the pattern matches somewhere, on machines whose key starts so.

    `level` is the chance of any false alarm in all of them together: it is shared out among those that are long enough
    for one (Bonferroni), so that many series do not alarm more often than one.
    """
    runs = {r.id: r for r in stored_runs(connection, machine=machine)}
    order = {run: place for place, run in enumerate(runs)}
    r = schema.results.c
    columns = (r.run, r.subject, r.name, r.tasks, r.workers, r.metric, r.n, r.median, r.low, r.high)
    rows = connection.execute(select(*columns).where(r.metric.in_(metrics))).mappings()
    points: dict[tuple[str, CaseName, str], list[Point]] = {}
    for row in sorted((row for row in rows if row["run"] in runs), key=lambda row: order[row["run"]]):
        name, run = case_name(row), runs[row["run"]]
        if case is None or case.search(str(name)):
            point = Point(run, row["n"], row["median"], row["low"], row["high"])
            points.setdefault((run.machine, name, row["metric"]), []).append(point)
    found = [Series(name, metric, tuple(ps)) for (_, name, metric), ps in points.items()]
    share = level / max(sum(s.is_long for s in found), 1)
    place = {metric: i for i, metric in enumerate(metrics)}
    newest = {r.machine: order[r.id] for r in runs.values()}  # the last one stays
    found.sort(key=lambda s: (-newest[s.machine], case_order(s.case), place[s.metric]))
    return tuple(Series(s.case, s.metric, s.points, share) for s in found)


def series_until(
    connection: Connection, *, run: str, machine: str, metrics: Sequence[str] = MAIN_METRICS
) -> Mapping[tuple[CaseName, str], Series]:
    """Every series of a machine up to a run, by case and metric: the history lines of that run's report.

    A run that is not in the history has all of the machine's past behind it.
    """
    found = series_of(connection, metrics=metrics, machine=machine)
    kept = {(s.case, s.metric): _until(s, run) for s in found if s.machine == machine}
    known = any(p.run.id == run for s in found for p in s.points)
    return {name: s for name, s in kept.items() if not known or s.points[-1].run.id == run}


def _until(series: Series, run: str) -> Series:
    place = next((i for i, p in enumerate(series.points) if p.run.id == run), len(series.points) - 1)
    return Series(series.case, series.metric, series.points[: place + 1], series.level)
