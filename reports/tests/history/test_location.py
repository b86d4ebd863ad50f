"""What a user may give as a history, and the one line that answers what is none. No line holds a password."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

import psycopg
import pytest

from flowreport.errors import ReportError
from flowreport.history.location import locate
from flowreport.history.runs import stored_runs
from flowreport.history.store import History
from flowreport.model import Run
from history.places import Place, put, recorded, variant
from history.server import GUARDED, PASSWORD, Server

SECRET = "s3cr3t"  # noqa: S105 - of a server that is not there


def complaint(text: str, *, writing: bool = False) -> str:
    """The line that a user gets."""
    with pytest.raises(ReportError) as caught:  # noqa: PT012 - each of these may be where it is noticed
        history = History(locate(text), patience_s=0.1)
        with history.writing() if writing else history.reading():
            pass
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_server_is_shown_without_what_is_secret() -> None:
    location = locate(f"postgresql://me:{SECRET}@db.example:5433/bench?sslmode=require")
    assert location.shown == "postgresql://me@db.example:5433/bench"
    assert SECRET not in repr(location)
    assert location.server is not None
    assert (location.server["password"], location.server["sslmode"]) == (SECRET, "require")
    assert locate(f"postgres://h/d?user=me&password={SECRET}").shown == "postgresql://me@h/d"


def test_everything_else_is_a_path() -> None:
    assert locate("results/history.sqlite").path == Path("results/history.sqlite")
    assert locate("a b?c#d%41.sqlite").path == Path("a b?c#d%41.sqlite")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}/x@db.example/bench",
        f"postgresql://me:12{SECRET}@x@db.example/bench",
        f"postgresql://me:1234/{SECRET}@db.example/bench",
        f"postgresql://me:{SECRET}%zz@db.example/bench",
        f"postgresql://me@db.example/bench?{SECRET}=1",
        f"postgresql://me:{SECRET}@[::1/bench",
        f"postgresql:/me:{SECRET}@db.example/bench",
        f"Postgres://me:{SECRET}@db.example/bench",
    ],
)
def test_a_url_that_cannot_be_read_is_not_quoted(url: str) -> None:
    line = complaint(url)
    assert SECRET not in line
    assert "write postgresql://USER@HOST:PORT/DATABASE, with %40 for an @" in line


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("mysql://me:s3cr3t@h/d", "mysql:// is no history: give the path of a file, or a URL postgresql://…"),
        ("", "the history has no name"),
        ("a\0b", "has a NUL in it"),
    ],
)
def test_what_is_neither_a_file_nor_a_server_is_refused(text: str, answer: str) -> None:
    line = complaint(text)
    assert answer in line
    assert SECRET not in line


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    line = complaint(f"postgresql://me:{SECRET}@127.0.0.1:1/bench")
    assert line.startswith("postgresql://me@127.0.0.1:1/bench: ")
    assert "Connection refused" in line
    assert SECRET not in line
    assert "No such file or directory" in complaint(f"postgresql://me@/bench?host={tmp_path}", writing=True)


def test_a_wrong_password_is_told_and_never_shown(server: Server) -> None:
    wrong = PASSWORD + "x"
    line = complaint(f"postgresql://{GUARDED}:{quote(wrong, safe='')}@/postgres?host={server.folder}")
    assert 'password authentication failed for user "guarded"' in line
    assert PASSWORD[:6] not in line
    right = f"postgresql://{GUARDED}:{quote(PASSWORD, safe='')}@/postgres?host={server.folder}"
    assert "holds no history" in complaint(right)


def test_a_message_that_quotes_the_password_loses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> NoReturn:
        raise psycopg.OperationalError(f"no entry for {SECRET}\n\tin pg_hba.conf ({SECRET})")

    monkeypatch.setattr("flowreport.history.store.connect", refuse)
    line = complaint(f"postgresql://me:{SECRET}@h/d")
    assert line == "postgresql://me@h/d: no entry for *** in pg_hba.conf (***)"
    assert locate("file").without_secrets("as it is") == "as it is"


def test_a_database_that_is_not_there_and_one_without_permission(server: Server, database: str) -> None:
    assert 'database "absent" does not exist' in complaint(server.url("absent"))
    guarded = f"postgresql://{GUARDED}:{quote(PASSWORD, safe='')}@/"
    line = complaint(database.replace(f"postgresql://{'flowreport'}@/", guarded), writing=True)
    assert "permission denied for schema public" in line


def test_a_server_that_has_other_tables_takes_a_history_too(server: Server, database: str, small: Run) -> None:
    server.execute("CREATE TABLE theirs (a int)", database.partition("@/")[2].partition("?")[0])
    put(Place(database, is_file=False), recorded(small))


def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("these are my notes, and they are longer than the header of a database\n" * 4)
    for writing in (True, False):
        assert complaint(str(text), writing=writing) == f"{text}: is not a history: not an SQLite database"
    assert text.read_text().startswith("these are my notes")
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    before = other.read_bytes()
    assert "is a database of something else, not a history" in complaint(str(other), writing=True)
    assert "holds no history" in complaint(str(other))
    assert other.read_bytes() == before


def test_a_folder_and_a_missing_folder(tmp_path: Path) -> None:
    expected = "cannot be opened: no such folder, no permission, or not a file"
    assert expected in complaint(str(tmp_path), writing=True)
    assert expected in complaint(str(tmp_path / "absent" / "h.sqlite"), writing=True)
    assert not (tmp_path / "absent").exists()


def test_a_damaged_file_is_told(tmp_path: Path, small: Run) -> None:
    path = tmp_path / "h.sqlite"
    put(Place(str(path), is_file=True), recorded(small))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    assert "is damaged; move it away and add the runs again" in complaint(str(path), writing=True)


def test_a_file_that_another_program_writes_to_is_told_after_a_while(tmp_path: Path, small: Run) -> None:
    path = tmp_path / "h.sqlite"
    put(Place(str(path), is_file=True), recorded(small))
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for writing in (True, False):
            assert "is locked: another program is writing to it; try again" in complaint(str(path), writing=writing)
        other.rollback()
    assert put(Place(str(path), is_file=True), recorded(small))


@pytest.fixture
def nobodys_folder() -> Iterator[Path]:
    """A folder that a user without rights can reach; pytest's own is for its user only."""
    folder = Path("/tmp") / f"flowreport-test-{os.getpid()}"  # noqa: S108 - made with a check below
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_file_without_write_permission_is_read_and_not_written(nobodys_folder: Path, small: Run) -> None:
    path = nobodys_folder / "h.sqlite"
    put(Place(str(path), is_file=True), recorded(small))
    path.chmod(0o444)
    nobodys_folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)  # root may write to everything
    try:
        with History(locate(str(path))).reading() as connection:
            assert [r.id for r in stored_runs(connection)] == [small.id]
        with pytest.raises(ReportError, match="cannot be written: no permission for the file or its folder"):
            put(Place(str(path), is_file=True), recorded(variant(small, 2)))
        assert "cannot be opened" in complaint(str(nobodys_folder / "new.sqlite"), writing=True)
    finally:
        if root:
            os.seteuid(0)
        nobodys_folder.chmod(0o755)


def overfill(history: History) -> None:
    with history.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        connection.exec_driver_sql("CREATE TABLE more (a)")
        connection.exec_driver_sql("INSERT INTO more VALUES (zeroblob(1000000))")


def test_a_full_disk_is_told_and_nothing_is_added(tmp_path: Path, small: Run) -> None:
    path = tmp_path / "h.sqlite"
    put(Place(str(path), is_file=True), recorded(small))
    with pytest.raises(ReportError, match="cannot be written: the disk is full; nothing was added"):
        overfill(History(locate(str(path))))
    assert put(Place(str(path), is_file=True), recorded(small))
