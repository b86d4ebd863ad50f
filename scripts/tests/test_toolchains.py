import os
from functools import cache
from pathlib import Path

import pytest

from tooling import apt, languages, toolchains


@pytest.fixture(autouse=True)
def forget() -> None:
    toolchains.find_go.cache_clear()
    toolchains.find_cargo.cache_clear()


def program(path: Path, prints: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{prints}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("go version go1.26.8 linux/amd64", (1, 26, 8)),
        ("2:1.24~3~bpo12+1", (1, 24)),
        ("cargo 1.95.0 (abc 2026-01-01)", (1, 95, 0)),
        ("golang-1.19-go", (1, 19)),
        ("0.66.0+ds1-1", (0, 66, 0)),
        ("(none)", ()),
    ],
)
def test_versions_are_read_from_what_tools_and_apt_print(text: str, version: tuple[int, ...]) -> None:
    assert apt.parse_version(text) == version


def test_the_release_that_bootstrap_fetches_is_new_enough_for_our_sources() -> None:
    assert apt.parse_version(languages.GO_RELEASE) >= toolchains.wanted_go() > (1,)


def test_a_cargo_that_is_too_old_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (
        program(tmp_path / "old/cargo", "cargo 1.2.0"),
        program(tmp_path / "home/.cargo/bin/cargo", "cargo 9.0.0"),
    )
    for cargo in (old, new):
        program(cargo.with_name("rustc"), "rustc")
    monkeypatch.setenv("PATH", str(old.parent) + os.pathsep + os.defpath)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert toolchains.find_cargo() == new


def test_the_chosen_toolchain_comes_before_an_older_one_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    program(old / "go", "go version go1.1 linux/amd64")
    chosen = program(new / "go", "go version go99.0 linux/amd64")
    monkeypatch.setenv("PATH", os.pathsep.join([str(old), str(new)]))
    monkeypatch.setattr(toolchains, "find_go", lambda: chosen)
    monkeypatch.setattr(toolchains, "find_cargo", lambda: None)
    assert toolchains.environment()["PATH"].split(os.pathsep)[0] == str(new)


def test_a_language_that_cannot_be_had_is_said_aloud_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(apt, "exists", lambda: False)
    monkeypatch.setattr(apt, "usable", lambda: False)
    monkeypatch.setattr(toolchains, "gos", lambda: iter(()))
    monkeypatch.setattr(toolchains, "find_cargo", chosen := cache(lambda: Path("/usr/bin/cargo")))
    monkeypatch.setattr(languages, "say", said.append)
    languages.obtain()
    assert chosen() is not None
    assert said[0].startswith("no Go (")
    assert said[0].endswith("or newer): put a go on PATH")
    assert said[1] == "going on without Go: its subject will be shown as not built"
