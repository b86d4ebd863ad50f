import subprocess
from pathlib import Path

import pytest

from tooling import readers, toolchains
from tooling.console import UserError
from tooling.needs import needs_of


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for tools that is empty, and a Go that is no more than a name."""
    monkeypatch.setattr(readers, "TOOLS", tmp_path)
    monkeypatch.setattr(readers, "BENCHSTAT", tmp_path / "benchstat")
    monkeypatch.setattr(toolchains, "find_go", lambda: Path("go"))
    monkeypatch.setattr(toolchains, "environment", dict)
    return tmp_path


class Go:
    """Stands for `go build`: fails `failures` times, then builds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, failures: int) -> None:
        self.calls: list[list[str]] = []
        self._failures = failures
        monkeypatch.setattr(subprocess, "run", self._run)

    def _run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.calls.append(command)
        if len(self.calls) <= self._failures:
            return subprocess.CompletedProcess(command, 1, "", "no route to the proxy")
        Path(command[command.index("-o") + 1]).touch()
        return subprocess.CompletedProcess(command, 0, "", "")


def test_benchstat_is_built_once(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = Go(monkeypatch, failures=0)
    readers.obtain()
    readers.obtain()
    assert len(go.calls) == 1
    assert go.calls[0][-1] == "golang.org/x/perf/cmd/benchstat"
    assert (tools / "benchstat").exists()
    (tools / "benchstat").unlink()
    readers.obtain()
    assert len(go.calls) == 2


@pytest.mark.usefixtures("tools")
def test_a_build_that_fails_once_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    go = Go(monkeypatch, failures=1)
    readers.obtain()
    assert len(go.calls) == 2


@pytest.mark.usefixtures("tools")
def test_a_build_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    Go(monkeypatch, failures=9)
    with pytest.raises(UserError, match="no route to the proxy"):
        readers.obtain()


def test_without_go_it_is_said_aloud(
    tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(toolchains, "find_go", lambda: None)
    readers.obtain()
    assert "no Go, so no benchstat" in capsys.readouterr().err
    assert list(tools.iterdir()) == []


def test_the_version_is_locked() -> None:
    module = (readers.MODULE / "go.mod").read_text(encoding="utf-8")
    locked = (readers.MODULE / "go.sum").read_text(encoding="utf-8")
    (version,) = [line.split()[1] for line in module.splitlines() if line.strip().startswith("golang.org/x/perf ")]
    assert f"golang.org/x/perf {version} h1:" in locked


def test_the_tests_need_compare_py_and_a_benchmark_does_not() -> None:
    assert "Google Benchmark's compare.py" in {need.name for need in needs_of(["test"])}
    assert "Google Benchmark's compare.py" not in {need.name for need in needs_of(["bench"])}
