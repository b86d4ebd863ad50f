"""Where a test keeps its history, and made-up runs for it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flowreport.history.location import locate
from flowreport.history.record import Record, record, utc
from flowreport.history.runs import Added, add
from flowreport.history.store import History
from flowreport.model import Run

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """A history that is not there yet; `text` is what a user would say."""

    text: str
    is_file: bool

    @property
    def history(self) -> History:
        return History(locate(self.text), patience_s=0.2)


def variant(run: Run, number: int, *, factor: float = 1.0, machine: str = "") -> Run:
    """The run as it would be for another commit: id, commit and time by number, all times longer by a factor."""
    trials = tuple(
        replace(t, samples=tuple(replace(s, wall_ns=max(round(s.wall_ns * factor), 1)) for s in t.samples))
        for t in run.trials
    )
    environment = replace(run.environment, cpu_model=machine or run.environment.cpu_model)
    day = utc(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number))
    tool = replace(run.tool, commit=f"{number:040x}", dirty=False)
    return replace(run, id=f"run-{number:03}", created=day, tool=tool, trials=trials, environment=environment)


def recorded(run: Run, content: str = "c0ffee", *, committed: str | None = None) -> Record:
    return record(run, content, commit=run.tool.commit, committed=committed, now=NOW)


def put(place: Place, *records: Record) -> list[Added]:
    with place.history.writing() as connection:
        return [add(connection, one) for one in records]
