"""Runs put into a history and looked up there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import Connection, RowMapping, select

from flowreport import units
from flowreport.errors import ReportError
from flowreport.history import schema
from flowreport.history.record import Record

SHORT_COMMIT = 12


class Added(Enum):
    """What became of a run that was to be added."""

    NEW = "added"
    KNOWN = "already there"


@dataclass(frozen=True)
class StoredRun:
    """A run as the history knows it. `when` orders runs: the commit's time where it is known, else the run's."""

    id: str
    created: str
    commit: str
    committed: str | None
    dirty: bool
    machine: str
    facts: Mapping[str, object]
    tool: str
    planned: int
    counted: int
    failed: int

    @property
    def when(self) -> str:
        """The time that stands for the measured code."""
        return self.committed or self.created

    @property
    def code(self) -> str:
        """The commit in short; a + says that the tree had changes that were not committed."""
        return f"{self.commit[:SHORT_COMMIT]}{'+' if self.dirty else ''}"

    @property
    def machine_title(self) -> str:
        """The machine in a few words."""
        cpus = units.plural(int(str(self.facts.get("cpus_allowed", 0))), "CPU")
        return f"{self.facts.get('cpu_model')}, {cpus}, {self.facts.get('kernel')}"


@dataclass(frozen=True)
class CaseName:
    """A case of a workload, or with 0 tasks a benchmark of a component."""

    subject: str
    name: str
    tasks: int
    workers: int

    def __str__(self) -> str:
        """The name that flowbench's filter knows: subject/workload/tasks, or subject/benchmark."""
        return f"{self.subject}/{self.name}/{self.tasks}" if self.tasks else f"{self.subject}/{self.name}"


@dataclass(frozen=True)
class Stored:
    """A number of a run: median and interval (None with too few trials) of a case's metric, and the trials' values."""

    case: CaseName
    metric: str
    n: int
    median: float
    low: float | None
    high: float | None
    values: tuple[float, ...]


@dataclass(frozen=True)
class StoredFailure:
    """How many trials of a case ended in a state other than ok."""

    case: CaseName
    status: str
    trials: int


def add(connection: Connection, record: Record) -> Added:
    """Put a run into the history. Raises ReportError when a run of its id with other content is there."""
    known = connection.execute(
        select(schema.runs.c.content_sha256).where(schema.runs.c.id == record.run["id"])
    ).scalar_one_or_none()
    if known == record.run["content_sha256"]:
        return Added.KNOWN
    if known is not None:
        raise ReportError(
            f"run {record.run['id']}: is in the history with other content (sha256 {known[:12]}…, here "
            f"{str(record.run['content_sha256'])[:12]}…); a run is never changed once it is added"
        )
    machine = select(schema.machines.c.key).where(schema.machines.c.key == record.machine["key"])
    if connection.execute(machine).scalar_one_or_none() is None:
        connection.execute(schema.machines.insert(), [dict(record.machine)])
    connection.execute(schema.runs.insert(), [dict(record.run)])
    for table, rows in ((schema.results, record.results), (schema.failures, record.failures)):
        if rows:
            connection.execute(table.insert(), [dict(row) for row in rows])
    return Added.NEW


def stored_runs(connection: Connection, *, machine: str = "", commit: str = "") -> tuple[StoredRun, ...]:
    """Runs in the order of their code, then of their making; those whose machine and commit start so."""
    query = select(schema.runs, schema.machines.c.facts).join(schema.machines)
    found = (_run(row) for row in connection.execute(query).mappings())
    chosen = [r for r in found if r.machine.startswith(machine) and r.commit.startswith(commit)]
    # Sorted here: each store has an order of text of its own.
    return tuple(sorted(chosen, key=lambda r: (r.when, r.created, r.id)))


def find_run(connection: Connection, name: str) -> StoredRun:
    """The run with this id, or the only one whose id starts so. Raises ReportError when there is none, or several."""
    candidates = [r for r in stored_runs(connection) if r.id.startswith(name)]
    exact = [r for r in candidates if r.id == name]
    if len(exact or candidates) == 1:
        return (exact or candidates)[0]
    if not candidates:
        raise ReportError(f"no run {name!r} in the history; flowreport history list shows what is there")
    raise ReportError(f"{name!r} may be one of {len(candidates)} runs: {_some([r.id for r in candidates])}")


def _some(ids: list[str]) -> str:
    few = 3
    return ", ".join(ids[:few]) + (", …" if len(ids) > few else "")


def stored_results(connection: Connection, run: str) -> tuple[Stored, ...]:
    """The numbers of a run, by case and metric."""
    query = select(schema.results).where(schema.results.c.run == run)
    found = [
        Stored(
            case_name(row), row["metric"], row["n"], row["median"], row["low"], row["high"], tuple(row["trial_values"])
        )
        for row in connection.execute(query).mappings()
    ]
    return tuple(sorted(found, key=lambda s: (case_order(s.case), s.metric)))


def stored_failures(connection: Connection, run: str) -> tuple[StoredFailure, ...]:
    """The trials of a run that did not end well, by case and state."""
    query = select(schema.failures).where(schema.failures.c.run == run)
    found = [
        StoredFailure(case_name(row), row["status"], row["trials"]) for row in connection.execute(query).mappings()
    ]
    return tuple(sorted(found, key=lambda f: (case_order(f.case), f.status)))


def case_name(row: RowMapping) -> CaseName:
    """The case of a row."""
    return CaseName(row["subject"], row["name"], row["tasks"], row["workers"])


def case_order(case: CaseName) -> tuple[bool, str, str, int, int]:
    """Workloads before benchmarks, then by name and size."""
    return case.tasks == 0, case.subject, case.name, case.workers, case.tasks


def _run(row: RowMapping) -> StoredRun:
    kept: Iterable[str] = StoredRun.__dataclass_fields__
    return StoredRun(**{name: row[name] for name in kept})
