"""What both stores promise: all or nothing, one writer at a time, and no guessing about a schema."""

import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text

from flowreport.errors import ReportError
from flowreport.history import schema
from flowreport.history.location import locate
from flowreport.history.runs import Added, add, find_run, stored_failures, stored_results, stored_runs
from flowreport.history.store import History
from flowreport.model import Run
from history.places import Place, put, recorded, variant


def counted(place: Place) -> tuple[int, ...]:
    tables = (schema.runs, schema.machines, schema.results, schema.failures)
    with place.history.reading() as connection:
        return tuple(connection.execute(select(func.count()).select_from(t)).scalar_one() for t in tables)


def test_a_run_comes_back_as_it_was_put_in(place: Place, small: Run) -> None:
    one = recorded(small, committed="2026-01-01T00:00:00Z")
    assert put(place, one) == [Added.NEW]
    with place.history.reading() as connection:
        (run,) = stored_runs(connection)
        results, failures = stored_results(connection, run.id), stored_failures(connection, run.id)
    assert {k: getattr(run, k) for k in ("id", "created", "commit", "committed", "dirty", "planned", "failed")} == {
        "id": small.id, "created": "2026-01-02T03:04:05Z", "commit": small.tool.commit,
        "committed": "2026-01-01T00:00:00Z", "dirty": True, "planned": small.plan.trials, "failed": one.run["failed"],
    }  # fmt: skip
    assert run.facts == one.machine["facts"]
    kept = [
        {
            **vars(s.case),
            "metric": s.metric,
            "n": s.n,
            "median": s.median,
            "low": s.low,
            "high": s.high,
            "values": s.values,
        }
        for s in results
    ]
    given = [
        {name: row[name] for name in kept[0] if name != "values"} | {"values": tuple(row["trial_values"])}  # type: ignore[arg-type]
        for row in one.results
    ]
    assert sorted(map(str, kept)) == sorted(map(str, given))
    assert sum(f.trials for f in failures if f.status == "crashed") == run.failed > 0


def test_adding_again_changes_nothing_and_says_so(place: Place, small: Run) -> None:
    put(place, recorded(small))
    before = counted(place)
    assert put(place, recorded(small)) == [Added.KNOWN]
    assert counted(place) == before


def test_the_same_id_with_other_content_is_refused_and_what_is_there_stays(place: Place, small: Run) -> None:
    put(place, recorded(small, "aaaa"))
    before = counted(place)
    with pytest.raises(ReportError, match=r"is in the history with other content \(sha256 aaaa…, here bbbb…\)"):
        put(place, recorded(small, "bbbb"))
    assert counted(place) == before


def fail_halfway(place: Place, run: Run) -> None:
    with place.history.writing() as connection:
        connection.execute(schema.machines.insert(), [dict(recorded(run).machine)])
        raise RuntimeError("halfway")


def test_what_fails_halfway_leaves_nothing_not_even_tables(place: Place, small: Run) -> None:
    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway(place, small)
    with place.history.writing() as connection:
        assert connection.execute(select(func.count()).select_from(schema.machines)).scalar_one() == 0


_KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {paths}
from flowreport.load import load_run
from flowreport.history import runs
from history.places import Place, put, recorded, variant
run = load_run(Path({folder!r}))
def killed():
    os.kill(os.getpid(), signal.SIGKILL)
runs.schema.failures.insert = killed
put(Place({text!r}, is_file={is_file}), recorded(variant(run, 2)))
"""


def test_a_process_killed_while_it_adds_leaves_nothing(place: Place, small: Run, small_folder: Path) -> None:
    put(place, recorded(variant(small, 1)))
    before = counted(place)
    tests = Path(__file__).parents[1]
    script = _KILLED.format(
        paths=[str(tests), str(tests.parent / "src")], folder=str(small_folder), text=place.text, is_file=place.is_file
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert counted(place) == before
    assert put(place, recorded(variant(small, 2))) == [Added.NEW]


def test_several_first_writers_at_once_all_get_their_turn(place: Place, small: Run) -> None:
    errors: list[BaseException] = []
    start = threading.Barrier(4)

    def write(number: int) -> None:
        try:
            start.wait()
            with History(locate(place.text)).writing() as connection:
                add(connection, recorded(variant(small, number)))
        except BaseException as error:  # noqa: BLE001 - shown by the test
            errors.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert counted(place)[:2] == (4, 1)


def test_a_reader_sees_one_state_while_somebody_writes(place: Place, small: Run) -> None:
    put(place, recorded(variant(small, 1)))
    with place.history.reading() as connection:
        assert len(stored_runs(connection)) == 1
        if not place.is_file:  # SQLite lets the writer wait for the reader instead
            put(place, recorded(variant(small, 2)))
        assert len(stored_runs(connection)) == 1


@pytest.mark.parametrize(
    ("version", "complaint"),
    [
        (
            schema.VERSION + 1,
            rf"written by a newer flowreport \(schema {schema.VERSION + 1}; this one knows {schema.VERSION}\)",
        ),
        (0, rf"has schema 0, which this flowreport cannot bring to {schema.VERSION}"),
        (None, "is damaged: its table history_version has 0 rows"),
    ],
)
def test_a_schema_of_another_version_is_refused_and_left_alone(
    place: Place, small: Run, version: int | None, complaint: str
) -> None:
    put(place, recorded(small))
    with place.history.writing() as connection:
        if version is None:
            connection.execute(schema.version.delete())
        else:
            connection.execute(schema.version.update().values(version=version))
    for use in (place.history.reading, place.history.writing):
        with pytest.raises(ReportError, match=complaint), use():
            pass


def test_an_older_schema_is_brought_up_to_date_step_by_step(
    place: Place, small: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place, recorded(small))
    steps = {
        schema.VERSION: lambda c: c.execute(text("ALTER TABLE history_runs ADD COLUMN later TEXT")),
        schema.VERSION + 1: lambda c: c.execute(text("UPDATE history_runs SET later = 'yes'")),
    }
    monkeypatch.setattr("flowreport.history.store._STEPS", steps)
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 2)
    with place.history.writing() as connection:
        assert connection.execute(text("SELECT later FROM history_runs")).scalar_one() == "yes"
        assert connection.execute(select(schema.version.c.version)).scalar_one() == schema.VERSION
    with place.history.reading() as connection:
        assert len(stored_runs(connection)) == 1


def test_an_older_schema_is_not_read_before_somebody_wrote(
    place: Place, small: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(place, recorded(small))
    monkeypatch.setattr("flowreport.history.store._STEPS", {schema.VERSION: lambda _: None})
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    with pytest.raises(ReportError, match="flowreport history add RUN, with any run"), place.history.reading():
        pass


def test_reading_where_nothing_was_written_says_how_to_begin_and_makes_nothing(place: Place) -> None:
    with pytest.raises(ReportError, match=r"no history.*flowreport history add RUN makes one"), place.history.reading():
        pass
    if place.is_file:
        assert not Path(place.text).exists()
    with place.history.writing() as connection:
        assert inspect(connection).has_table("history_runs")


def test_names_that_no_database_likes_are_kept_apart_and_readable(place: Place, small: Run) -> None:
    odd = ["nul\0in", "lone \ud800 surrogate", "'; DROP TABLE history_runs; --", "ünï 中文 \u202e <b>"]
    subjects = tuple(replace(s, id=name) for s, name in zip(small.subjects, odd, strict=False))
    renamed = {s.id: name for s, name in zip(small.subjects, odd, strict=False)}
    trials = tuple(
        replace(t, case=replace(t.case, subject=renamed[t.case.subject]))
        for t in small.trials
        if t.case.subject in renamed
    )
    run = replace(small, id="odd\0id", subjects=subjects, trials=trials)
    assert put(place, recorded(run)) == [Added.NEW]
    assert put(place, recorded(run)) == [Added.KNOWN]
    with place.history.reading() as connection:
        assert find_run(connection, "odd").id == "odd\\x00id"
        shown = {s.case.subject for s in stored_results(connection, "odd\\x00id")}
    assert shown == {"nul\\x00in", "lone \\ud800 surrogate", *odd[2:]}


def test_a_run_is_found_by_the_beginning_of_its_id(place: Place, small: Run) -> None:
    put(place, *(recorded(variant(small, n)) for n in (1, 10, 11)), recorded(replace(variant(small, 12), id="run-01")))
    with place.history.reading() as connection:
        assert find_run(connection, "run-010").id == "run-010"
        assert find_run(connection, "run-00").id == "run-001"
        assert find_run(connection, "run-01").id == "run-01"
        with pytest.raises(ReportError, match=r"'run-0' may be one of 4 runs: run-\d+, run-\d+, run-\d+, …"):
            find_run(connection, "run-0")
        with pytest.raises(ReportError, match="no run 'x' in the history"):
            find_run(connection, "x")


def test_runs_are_chosen_by_machine_and_commit_and_stand_in_the_order_of_their_code(place: Place, small: Run) -> None:
    put(
        place,
        recorded(variant(small, 3)),
        recorded(variant(small, 1), committed="2026-01-20T00:00:00Z"),
        recorded(variant(small, 2, machine="another")),
    )
    with place.history.reading() as connection:
        runs = stored_runs(connection)
        assert [r.id for r in runs] == ["run-002", "run-003", "run-001"]
        other = runs[0].machine
        assert [r.id for r in stored_runs(connection, machine=other[:6])] == ["run-002"]
        assert [r.id for r in stored_runs(connection, commit=f"{3:040x}")] == ["run-003"]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_nothing_stays_open(place: Place, small: Run) -> None:
    before = open_files()
    put(place, recorded(small))
    counted(place)
    with pytest.raises(ReportError):
        put(place, recorded(small, "other"))
    assert open_files() == before
