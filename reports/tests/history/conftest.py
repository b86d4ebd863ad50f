"""Every test of a history runs on both stores: SQLite, and a PostgreSQL server that is started here."""

from collections.abc import Callable, Iterator
from pathlib import Path

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
    return server.new_database()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Place]:
    """Makes places for a history in each store, for tests that share one."""
    if request.param == "sqlite":
        return lambda: Place(str(tmp_path_factory.mktemp("place") / "history.sqlite"), is_file=True)
    server: Server = request.getfixturevalue("server")
    return lambda: Place(server.new_database(), is_file=False)


@pytest.fixture
def place(new_place: Callable[[], Place]) -> Place:
    """A history that is not there yet, in each store."""
    return new_place()


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One workload, in which one subject crashes at times."""
    return write_sample_run(tmp_path_factory.mktemp("history") / "run", places=(6,))


@pytest.fixture(scope="session")
def small(small_folder: Path) -> Run:
    return load_run(small_folder)
