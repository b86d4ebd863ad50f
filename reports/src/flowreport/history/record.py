"""What a history keeps of a run: plain values, ready for its tables."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from flowreport.cases import CASE_COLUMNS, trials_frame
from flowreport.components import components
from flowreport.errors import ReportError
from flowreport.fingerprint import Fingerprint
from flowreport.model import BenchmarkTrial, Case, Run, Status, Trial
from flowreport.outcomes import count
from flowreport.stats.estimate import Values
from flowreport.stats.median import median_estimate

# The metrics of a workload's case: what flowreport.cases calls each in its frame of trials.
WORKLOAD_METRICS = {
    "cold": "cold_ns",
    "warm": "warm_ns",
    "cpu": "cpu_ns",
    "process": "process_ns",
    "bytes": "task_bytes",
}

Row = Mapping[str, object]


@dataclass(frozen=True)
class Record:
    """Rows for the tables of flowreport.history.schema, one of runs and of machines."""

    run: Row
    machine: Row
    results: tuple[Row, ...]
    failures: tuple[Row, ...]


def content_sha256(folder: Path) -> str:
    """The hash of a run's two files: the same run, unchanged, has the same."""
    digest = hashlib.sha256()
    for name in ("run.json", "trials.jsonl"):
        path = folder / name
        try:
            content = path.read_bytes() if path.exists() else b""
        except OSError as error:
            raise ReportError(f"{path}: cannot be read: {error.strerror}") from None
        digest.update(f"{name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def record(run: Run, content: str, *, commit: str, committed: str | None, now: datetime) -> Record:
    """Everything of a run that is kept. `commit` is that of the measured code, `committed` when it was made.

    Raises ReportError when run.json does not say when the run was made.
    """
    counts, fingerprint = count(run), Fingerprint.of(run)
    run_id = _plain(run.id)
    return Record(
        run={
            "id": run_id,
            "content_sha256": content,
            "created": _created(run),
            "commit": _plain(commit),
            "committed": committed,
            "dirty": run.tool.dirty,
            "machine": fingerprint.key,
            "tool": _plain(f"{run.tool.name} {run.tool.version}"),
            "planned": counts.planned,
            "counted": counts.counted,
            "failed": counts.failed,
            "added": utc(now),
        },
        machine={"key": fingerprint.key, "facts": _plain_facts(asdict(fingerprint.machine))},
        results=tuple({"run": run_id, **row} for row in (*_workloads(run), *_components(run))),
        failures=tuple({"run": run_id, **row} for row in _failures(run)),
    )


def utc(moment: datetime) -> str:
    """A moment as the contract writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _created(run: Run) -> str:
    try:
        moment = datetime.fromisoformat(run.created)
    except ValueError:
        raise ReportError(
            f"run {run.id}: created is {run.created!r}, not a time such as 2026-01-02T03:04:05Z"
        ) from None
    return utc(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _plain(text: str) -> str:
    """Text that both stores can hold: PostgreSQL has no NUL, and UTF-8 no lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def _plain_facts(facts: dict[str, object]) -> object:
    return {name: _plain(value) if isinstance(value, str) else value for name, value in facts.items()}


def _case(subject: str, name: str, tasks: int = 0, workers: int = 0) -> Row:
    return {"subject": _plain(subject), "name": _plain(name), "tasks": tasks, "workers": workers}


def _workloads(run: Run) -> Iterator[Row]:
    for (subject, workload, tasks, workers), rows in trials_frame(run.trials).groupby(CASE_COLUMNS, sort=False):
        case = _case(str(subject), str(workload), int(str(tasks)), int(str(workers)))
        for metric, column in WORKLOAD_METRICS.items():
            values = rows[column].to_numpy(dtype=np.float64)
            values = values[~np.isnan(values)]
            if values.size:
                yield {**case, **_measured(metric, values)}


def _components(run: Run) -> Iterator[Row]:
    for component in components(run):
        # A time that stands beside several historical figures is there once for each.
        times = {time.measure: time.values for time in component.times}
        for measure, values in times.items():
            yield {
                **_case(component.benchmark.subject, component.benchmark.name),
                **_measured(_plain(measure), np.array(values)),
            }


def _measured(metric: str, values: Values) -> Row:
    estimate = median_estimate(values)
    interval = estimate.interval
    return {
        "metric": metric,
        "n": estimate.n,
        "median": estimate.value,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "level": interval.level if interval else None,
        "trial_values": values.tolist(),
    }


def _failures(run: Run) -> Iterator[Row]:
    ended = Counter((_case_of(t), t.status) for t in run.processes if t.status is not Status.OK)
    for (case, status), trials in ended.items():
        yield {**json.loads(case), "status": status.value, "trials": trials}


def _case_of(trial: Trial | BenchmarkTrial) -> str:
    case = trial.case
    if isinstance(case, Case):
        return json.dumps(_case(case.subject, case.workload, case.tasks, case.workers))
    return json.dumps(_case(case.subject, case.name))
