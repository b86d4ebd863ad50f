import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tooling import apt, bootstrap, languages, libraries, needs
from tooling.console import UserError
from tooling.needs import GOALS, Need, needs_of

SCRIPT = Path(__file__).parents[1] / "bootstrap"
ABSENT = Need("a thing", ("thing-dev",), lambda: False)


@pytest.fixture
def bare_path(tmp_path: Path) -> Path:
    """A PATH with what every system has, Python, and nothing to build with: no apt-get either."""
    for name in ("bash", "dirname", "id"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    (tmp_path / "python3").symlink_to(Path(sys.executable).resolve())
    return tmp_path


def run(path: Path, *goals: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "HOME": str(path)}
    return subprocess.run([SCRIPT, *goals], capture_output=True, text=True, check=False, env=environment)


def test_without_apt_it_lists_what_is_missing_and_exits_2(bare_path: Path) -> None:
    done = run(bare_path, "build")
    assert done.returncode == 2
    assert "missing: " in done.stderr
    assert "cmake, ninja" in done.stderr
    assert "no apt-get" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_goal_is_a_usage_error_that_lists_the_goals(bare_path: Path) -> None:
    done = run(bare_path, "bulid")
    assert done.returncode == 2
    assert done.stderr == f"bootstrap: 'bulid' is not a goal; goals are: {' '.join(GOALS)}\n"


def test_a_user_who_is_not_root_gets_the_command_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "exists", lambda: True)
    monkeypatch.setattr(apt, "usable", lambda: False)
    monkeypatch.setattr(languages, "packages", lambda: ["golang-9-go"])
    monkeypatch.setattr(libraries, "packages", lambda: ["libboost9-dev"])
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(UserError) as caught:
        bootstrap.install([ABSENT])
    wanted = (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends thing-dev golang-9-go libboost9-dev"
    )
    assert str(caught.value).splitlines()[-1].strip() == wanted


def test_what_is_missing_after_the_installation_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    monkeypatch.setattr(apt, "exists", lambda: True)
    monkeypatch.setattr(apt, "usable", lambda: True)
    monkeypatch.setattr(apt, "update", lambda: None)
    monkeypatch.setattr(apt, "install", installed.extend)
    with pytest.raises(UserError, match="still missing after the installation: a thing"):
        bootstrap.install([ABSENT])
    assert installed == ["thing-dev"]


def test_a_benchmark_needs_no_browser_and_no_linter() -> None:
    names = {need.name for need in needs_of(["bench"])}
    assert "cmake" in names
    assert not names & {"chromium", "npm", "clang-tidy 19"}
    assert {"chromium", "npm"} < {need.name for need in needs_of(["test"])}
    assert "clang-tidy 19" in {need.name for need in needs_of(["check"])}


def test_tests_need_a_database_server_beside_its_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = next(need for need in needs_of(["test"]) if need.packages == ("postgresql",))
    assert server not in needs_of(["bench", "check"])
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(needs, "DEBIANS_SERVERS", tmp_path)
    programs = tmp_path / "17/bin"
    programs.mkdir(parents=True)
    (programs / "initdb").touch()
    assert not server.present()
    (programs / "postgres").touch()
    assert server.present()


@pytest.mark.parametrize(
    ("says", "good"),
    [
        ("c++ (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright", True),
        ("c++ (Ubuntu 11.4.0-1ubuntu1) 11.4.0\n", False),
        ("Debian clang version 14.0.6\nTarget: x86_64", False),
        ("Ubuntu clang version 18.1.3 (1ubuntu1)\n", True),
        ("", False),
    ],
)
def test_a_compiler_is_good_when_cmake_would_accept_it(says: str, good: bool) -> None:
    assert needs._is_good_compiler(says) is good


@pytest.mark.parametrize(("offered", "enough"), [(True, False), (False, True)])
def test_a_good_gcc_is_enough_only_where_clang_cannot_be_had(
    offered: bool, enough: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(needs, "_says", lambda _: "c++ (Debian 12.2.0-14+deb12u1) 12.2.0")
    monkeypatch.setattr(apt, "offers", lambda package: offered and package == "clang-19")
    assert needs.COMPILER.present() is enough
    assert "libclang-rt-19-dev" in needs.COMPILER.packages


def test_apt_offers_what_it_knows_when_it_may_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    updates: list[str] = []
    monkeypatch.setattr(apt, "LISTS", tmp_path)
    monkeypatch.setattr(apt, "usable", lambda: True)
    monkeypatch.setattr(apt, "update", lambda: updates.append("update"))
    monkeypatch.setattr(apt, "candidate", lambda package: (19, 1) if package == "clang-19" else ())
    assert apt.offers("clang-19")
    assert updates == ["update"], "without lists apt would know of nothing"
    (tmp_path / "deb_dists_bookworm_main_binary-amd64_Packages").touch()
    assert not apt.offers("clang-99")
    assert updates == ["update"]
    monkeypatch.setattr(apt, "usable", lambda: False)
    assert not apt.offers("clang-19")
