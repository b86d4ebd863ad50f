"""One history opened, in SQLite or in PostgreSQL: transactions, the version of its schema, and errors in one line.

Nothing else in flowreport knows which of the two it is. Writers take turns: the file's write lock, or an advisory lock
of the server. A reader sees one state of everything. What is interrupted within a transaction was never there.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from flowreport.errors import ReportError
from flowreport.history import DEFAULT, schema
from flowreport.history.location import Location, connect

# How long a writer waits for another one.
PATIENCE_S = 10.0
# The advisory lock of writers to a history: any number that other users of the database are unlikely to take.
_LOCK = 0x666C6F77
# From an older version to the next: what changes the tables. There is no older version than 1.
_STEPS: Mapping[int, Callable[[Connection], None]] = {}


class History:
    """A history that can be read and written. Threads: one."""

    def __init__(self, location: Location, *, patience_s: float = PATIENCE_S) -> None:
        self._location = location
        self._patience_s = patience_s

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that reads. Raises ReportError when there is no history, or for any error of the store."""
        path = self._location.path
        if path is not None and not path.exists():
            raise ReportError(f"{path}: no history here; flowreport history add RUN makes one")
        with self._errors(), self._engine("rw").connect() as connection:
            if path is None:
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                if not inspect(connection).has_table(schema.version.name):
                    raise ReportError(f"{self._location.shown}: holds no history; flowreport history add RUN makes one")
                if self._check_version(connection) < schema.VERSION:
                    raise ReportError(
                        f"{self._location.shown}: was written by an older flowreport; flowreport history add RUN, with "
                        "any run, brings it up to date"
                    )
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes, alone; makes the history where there is none, and brings an older one up to date.

        All of it is kept when the block ends well, and nothing of it otherwise.
        """
        path = self._location.path
        if path == DEFAULT:
            path.parent.mkdir(exist_ok=True)
        with self._errors(), self._engine("rwc").begin() as connection:
            if path is None:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            self._prepare(connection)
            yield connection

    def _prepare(self, connection: Connection) -> None:
        found = inspect(connection)
        if not found.has_table(schema.version.name):
            # A server's database may have other tables; a file of somebody else's is not ours to write to.
            if self._location.path and found.get_table_names():
                raise ReportError(f"{self._location.shown}: is a database of something else, not a history")
            schema.metadata.create_all(connection)
            connection.execute(schema.version.insert().values(version=schema.VERSION))
            return
        for at in range(self._check_version(connection), schema.VERSION):
            _STEPS[at](connection)
            connection.execute(schema.version.update().values(version=at + 1))

    def _check_version(self, connection: Connection) -> int:
        """The version that was found. Raises ReportError for one that this flowreport cannot bring up to date."""
        found = connection.execute(select(schema.version.c.version)).scalars().all()
        shown = self._location.shown
        if len(found) != 1:
            raise ReportError(f"{shown}: is damaged: its table {schema.version.name} has {len(found)} rows, not one")
        if found[0] > schema.VERSION:
            raise ReportError(
                f"{shown}: was written by a newer flowreport (schema {found[0]}; this one knows {schema.VERSION}): "
                "update flowreport"
            )
        if any(at not in _STEPS for at in range(found[0], schema.VERSION)):
            raise ReportError(
                f"{shown}: has schema {found[0]}, which this flowreport cannot bring to {schema.VERSION}: "
                "move it away and add the runs again"
            )
        return int(found[0])

    def _engine(self, mode: str) -> Engine:
        if self._location.path is None:
            return create_engine("postgresql+psycopg://", creator=lambda: connect(self._location), poolclass=NullPool)
        path = self._location.path
        # Without a pool an engine holds nothing open.
        engine = create_engine(
            "sqlite://", creator=lambda: _open_file(path, mode, self._patience_s), poolclass=NullPool
        )
        # The driver's own transactions begin late and leave out CREATE TABLE; ours are explicit.
        begin = "BEGIN IMMEDIATE" if mode == "rwc" else "BEGIN"
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Every error of a driver as one line that says where and what to do."""
        try:
            yield
        except DBAPIError as error:
            raise ReportError(self._line(error.orig or error)) from None
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise ReportError(self._line(error)) from None

    def _line(self, error: BaseException) -> str:
        what = " ".join(self._location.without_secrets(str(error)).split()) or type(error).__name__
        shown = self._location.shown
        if self._location.path is None:
            return f"{shown}: {what}"
        known = next((advice for sign, advice in _ADVICE.items() if sign in what), None)
        return f"{shown}: {known or f'cannot be used as a history: {what}'}"


_ADVICE = {
    "file is not a database": "is not a history: not an SQLite database",
    "database is locked": "is locked: another program is writing to it; try again when it is done",
    "readonly database": "cannot be written: no permission for the file or its folder",
    "unable to open database file": "cannot be opened: no such folder, no permission, or not a file",
    "database or disk is full": "cannot be written: the disk is full; nothing was added",
    "disk image is malformed": "is damaged; move it away and add the runs again",
}


def _open_file(path: Path, mode: str, patience_s: float) -> sqlite3.Connection:
    """With `rwc` the file is made. Readers open for writing too, `rw`: they may have to roll back a killed writer."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=patience_s, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
