import dataclasses
from pathlib import Path

import pytest

from tooling import apt, libraries
from tooling.console import UserError
from tooling.libraries import LIBRARIES, Library

TBB, BOOST, MIMALLOC = LIBRARIES


class Apt:
    """An apt that offers `candidates`, and installs by calling `installs`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, candidates: dict[str, tuple[int, ...]]) -> None:
        self.installed: list[str] = []
        self.refusal: str | None = None
        monkeypatch.setattr(apt, "exists", lambda: True)
        monkeypatch.setattr(apt, "usable", lambda: True)
        monkeypatch.setattr(apt, "update", lambda: None)
        monkeypatch.setattr(apt, "candidate", lambda package: candidates.get(package, ()))
        monkeypatch.setattr(apt, "names", lambda _: [name for name in candidates if name[-5].isdigit()])
        monkeypatch.setattr(apt, "install", self.install)

    def install(self, packages: list[str], *, removing: bool = True) -> None:
        assert not removing
        if self.refusal:
            raise UserError(self.refusal)
        self.installed += packages


def write_header(root: Path, name: str, text: str) -> None:
    path = root / "include" / name
    path.parent.mkdir(parents=True)
    path.write_text(text)


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first place where headers are looked for."""
    monkeypatch.setenv("CMAKE_PREFIX_PATH", str(tmp_path))
    return tmp_path


def offer(monkeypatch: pytest.MonkeyPatch, *versions: tuple[int, ...]) -> Library:
    """The only library: has `versions` one after the other, each as often as asked before something is installed."""
    left = list(versions)
    library = Library("Boost", lambda: left.pop(0), lambda _: "libboost9-dev")
    monkeypatch.setattr(libraries, "LIBRARIES", (library,))
    return library


def test_the_versions_are_those_that_the_build_asks_for() -> None:
    assert TBB.wanted >= (2021,)
    assert BOOST.wanted >= (1, 81)
    assert MIMALLOC.wanted >= (2, 0)


def test_an_installed_version_is_read_from_the_header(prefix: Path) -> None:
    write_header(prefix, "oneapi/tbb/version.h", "#define TBB_VERSION_MAJOR 2019\n# define TBB_VERSION_MINOR 7\n")
    write_header(prefix, "boost/version.hpp", '//  BOOST_LIB_VERSION must be\n#define BOOST_LIB_VERSION "1_74"\n')
    (prefix / "include/mimalloc.h").write_text("#define MI_MALLOC_VERSION 187   // major + 2 digits minor\n")
    assert TBB.installed() == (2019, 7)
    assert BOOST.installed() == (1, 74)
    assert MIMALLOC.installed() == (1, 8, 7)
    assert not TBB.present()
    assert not BOOST.present()
    assert not MIMALLOC.present()


def test_a_header_without_a_version_counts_as_none(prefix: Path) -> None:
    write_header(prefix, "oneapi/tbb/version.h", "#define TBB_VERSION_MAJOR 2022\n")
    assert TBB.installed() == ()


@pytest.mark.parametrize(
    ("candidates", "package"),
    [
        ({"libboost-dev": (1, 83, 0, 2), "libboost1.83-dev": (1, 83), "libboost1.90-dev": (1, 90)}, "libboost-dev"),
        ({"libboost-dev": (1, 74, 0, 3), "libboost1.74-dev": (1, 74), "libboost1.81-dev": (1, 81)}, "libboost1.81-dev"),
        ({"libboost-dev": (1, 71), "libboost1.71-dev": (1, 71)}, None),
        ({}, None),
    ],
)
def test_the_distributions_own_boost_is_taken_unless_it_is_too_old(
    monkeypatch: pytest.MonkeyPatch, candidates: dict[str, tuple[int, ...]], package: str | None
) -> None:
    Apt(monkeypatch, candidates)
    assert BOOST.package((1, 81)) == package


def test_an_old_tbb_or_mimalloc_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    Apt(monkeypatch, {"libtbb-dev": (2020, 1), "libmimalloc-dev": (1, 7, 9)})
    assert TBB.package((2021, 5)) is None
    assert MIMALLOC.package((2, 0)) is None
    assert MIMALLOC.package((1, 7)) == "libmimalloc-dev"


def test_what_is_there_is_not_installed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Apt(monkeypatch, {})
    offer(monkeypatch, (9, 0))
    libraries.obtain()
    assert fake.installed == []


def test_what_is_missing_is_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    fake = Apt(monkeypatch, {})
    offer(monkeypatch, (), (9, 0))
    libraries.obtain()
    assert fake.installed == ["libboost9-dev"]
    assert capsys.readouterr().err == ""


def test_a_package_that_apt_refuses_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Apt(monkeypatch, {}).refusal = "libboost1.74-dev would have to go"
    offer(monkeypatch, (1, 74))
    libraries.obtain()
    said = capsys.readouterr().err
    assert "no Boost (1.81 or newer): libboost1.74-dev would have to go" in said
    assert "going on without Boost: its subject will be shown as not built" in said


def test_what_is_lost_without_a_library_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Apt(monkeypatch, {})
    monkeypatch.setattr(libraries, "LIBRARIES", (dataclasses.replace(MIMALLOC, installed=tuple),))
    libraries.obtain()
    said = capsys.readouterr().err
    assert "no mimalloc (2.0 or newer): apt offers none that is new enough" in said
    assert "going on without mimalloc: make micro will not compare with it" in said


def test_a_user_who_is_not_root_is_told_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake = Apt(monkeypatch, {})
    monkeypatch.setattr(apt, "usable", lambda: False)
    offer(monkeypatch, ())
    libraries.obtain()
    assert "install -y --no-install-recommends libboost9-dev" in capsys.readouterr().err
    assert fake.installed == []
