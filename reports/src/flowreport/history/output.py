"""A history as text for a terminal and as JSON for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from flowreport import units
from flowreport.columns import aligned
from flowreport.history.runs import Stored, StoredFailure, StoredRun, case_order
from flowreport.history.series import Change, Series, unit
from flowreport.text import log_line

FORMAT_VERSION = 1
_POINT_COLUMNS = ("run", "n", "median", "low", "high")


def runs_text(runs: Sequence[StoredRun]) -> str:
    """One line per run, in the order of their code."""
    head = ("run", "commit", "code of", "measured", "machine", "counted", "failed")
    rows = [
        (r.id, r.code, r.when, r.created, r.machine, f"{r.counted} of {r.planned}", units.count(r.failed)) for r in runs
    ]
    return _lines([*aligned([head, *rows]), "", *_machines(runs)])


def run_text(run: StoredRun, results: Sequence[Stored], failures: Sequence[StoredFailure]) -> str:
    """Everything that is kept of a run, the values of the trials apart."""
    several = len({s.case.workers for s in results if s.case.tasks}) > 1
    made = f" of {run.committed}" if run.committed else ""
    facts = [
        f"run {run.id}: {_counts(run)}",
        f"commit {run.commit}{' with uncommitted changes' if run.dirty else ''}{made}",
        f"measured {run.created} by {run.tool}",
        f"machine {run.machine}: {run.machine_title}",
    ]
    head = ("case", *(("workers",) if several else ()), "metric", "median", "interval", "n", "unit")
    rows = [
        (
            str(s.case),
            *((str(s.case.workers or units.DASH),) if several else ()),
            s.metric,
            units.number(s.median),
            _interval(s.low, s.high),
            str(s.n),
            unit(s.case, s.metric),
        )
        for s in results
    ]
    ended = [(str(f.case), f.status.replace("_", " "), units.plural(f.trials, "trial")) for f in failures]
    return _lines(
        [
            *map(log_line, facts),
            *(["", *aligned([head, *rows])] if rows else ["", "nothing was measured"]),
            *(["", "not counted", *aligned(ended)] if ended else []),
        ]
    )


def trend_text(series: Sequence[Series]) -> str:
    """The changes, newest first, and then every series with its first and last point."""
    changes = changes_of(series)
    head = ("case", "workers", "metric", "machine", "commit", "code of", "before", "after", "ratio", "p")
    rows = [
        (
            str(s.case),
            str(s.case.workers or units.DASH),
            s.metric,
            s.machine,
            c.at.run.code,
            c.at.run.when,
            units.number(c.before),
            units.number(c.after),
            ratio_text(c),
            units.number(c.p),
        )
        for s, c in changes
    ]
    overview = [
        (
            str(s.case),
            str(s.case.workers or units.DASH),
            s.metric,
            s.machine,
            str(len(s.points)),
            units.number(s.points[0].median),
            units.number(s.points[-1].median),
            str(len(s.changes)) if s.is_long else "too few points",
        )
        for s in series
    ]
    return _lines(
        [
            summary_line(series),
            *(["", *aligned([head, *rows])] if rows else []),
            "",
            *aligned([("case", "workers", "metric", "machine", "runs", "first", "last", "changes"), *overview]),
            "",
            *_machines([s.points[-1].run for s in series]),
        ]
    )


def trend_json(series: Sequence[Series]) -> str:
    """Everything that the page shows, for programs; docs/history.md has the keys."""
    runs = {p.run.id: p.run for s in series for p in s.points}
    value = {
        "v": FORMAT_VERSION,
        "kind": "trend",
        "machines": {r.machine: r.facts for r in runs.values()},
        "runs": {r.id: _run_value(r) for r in runs.values()},
        "point_columns": _POINT_COLUMNS,
        "series": [_series_value(s) for s in series],
    }
    return json.dumps(value, allow_nan=False, separators=(",", ":")) + "\n"


def changes_of(series: Iterable[Series]) -> list[tuple[Series, Change]]:
    """All changes, the newest code first; what happened in one run stands together."""
    found = [(s, c) for s in series for c in s.changes]
    found.sort(key=lambda sc: (sc[0].machine, case_order(sc[0].case), sc[0].metric))
    return sorted(found, key=lambda sc: (sc[1].at.run.when, sc[1].at.run.id), reverse=True)


def ratio_text(change: Change) -> str:
    """How much larger it became: 1.20×; a dash where that says nothing."""
    return units.DASH if change.ratio is None else units.ratio(change.ratio)


def summary_line(series: Sequence[Series]) -> str:
    """How many series changed, and in how many none could be told."""
    changed = sum(bool(s.changes) for s in series)
    short = sum(not s.is_long for s in series)
    return f"{units.count(changed)} of {units.count(len(series))} series changed" + (
        f"; {units.count(short)} too short to tell" if short else ""
    )


def _series_value(series: Series) -> Mapping[str, object]:
    return {
        "case": str(series.case),
        **asdict(series.case),
        "metric": series.metric,
        "unit": unit(series.case, series.metric),
        "machine": series.machine,
        "level": series.level,
        "points": [(p.run.id, p.n, p.median, p.low, p.high) for p in series.points],
        "changes": [
            {
                "run": c.at.run.id,
                "commit": c.at.run.commit,
                "last_run_before": c.last.run.id,
                "before": c.before,
                "after": c.after,
                "ratio": c.ratio,
                "p": c.p,
            }
            for c in series.changes
        ],
    }


def _run_value(run: StoredRun) -> Mapping[str, object]:
    return {
        "commit": run.commit, "committed": run.committed, "dirty": run.dirty, "created": run.created,
        "machine": run.machine, "failed": run.failed,
    }  # fmt: skip


def _counts(run: StoredRun) -> str:
    counts = ((run.planned, "trials planned"), (run.counted, "counted"), (run.failed, "failed"))
    return ", ".join(f"{units.count(n)} {what}" for n, what in counts)


def _machines(runs: Iterable[StoredRun]) -> list[str]:
    titles = {r.machine: r.machine_title for r in runs}
    return [log_line(f"machine {key}: {title}") for key, title in titles.items()]


def _interval(low: float | None, high: float | None) -> str:
    return units.DASH if low is None or high is None else f"{units.number(low)} – {units.number(high)}"


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"
