"""Every test of a history runs on both stores: SQLite, and a PostgreSQL server that is started here."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from flowreport.load import load_run
from flowreport.model import Run
from history.places import Place
from history.server import MissingServerError, Server
from sample_run import write_sample_run


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A test without its server is a failed test, never a skipped one."""
    try:
        running = Server()
    except MissingServerError as error:
        pytest.fail(str(error))
    yield running
    running.stop()


@pytest.fixture
def database(server: Server) -> str:
    """The URL of an empty database."""
    name = f"t{uuid4().hex}"
    server.execute(f"CREATE DATABASE {name}")
    return server.url(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A history that is not there yet, in each store."""
    if request.param == "sqlite":
        return Place(str(tmp_path / "history.sqlite"), is_file=True)
    return Place(str(request.getfixturevalue("database")), is_file=False)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workload, in which one subject crashes at times."""
    return write_sample_run(tmp_path_factory.mktemp("history") / "run", places=(6,))


@pytest.fixture(scope="session")
def small(small_folder: Path) -> Run:
    return load_run(small_folder)
