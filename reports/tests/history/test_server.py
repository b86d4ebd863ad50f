"""The tests' own server: where it is not installed they fail, and say what to install."""

from pathlib import Path

import pytest

from history import server


def test_without_a_server_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(server.MissingServerError, match="apt-get install postgresql"):
        server.binaries()


def test_the_newest_of_several_versions_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_DEBIAN", tmp_path)
    for version in ("9.6", "15", "17"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        (folder / "initdb").touch()
        (folder / "postgres").touch()
    assert server.binaries() == tmp_path / "17/bin"


def test_it_leaves_nothing_behind() -> None:
    running = server.Server()
    folder = running.folder
    assert (folder / "data" / "postmaster.pid").exists()
    running.stop()
    assert not folder.exists()
