"""The commands besides report and summary, as the command line runs them; what they make is tested elsewhere."""

import json
import shutil
from pathlib import Path

import pytest

from flowreport.cli import run_command
from flowreport.commands.export import NAMES
from sample_run import write_sample_run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample_run(tmp_path_factory.mktemp("made") / "run", rounds=2, places=(0,))


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run in the folder `run` of the current directory."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(made, tmp_path / "run"))


@pytest.fixture
def failing(folder: Path) -> Path:
    """The same with a wrong answer."""
    path = folder / "trials.jsonl"
    path.write_bytes(
        path.read_bytes().replace(b'"status": "ok", "reason": ""', b'"status": "wrong_answer", "reason": "42"', 1)
    )
    return folder


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", NAMES)
def test_export_writes_to_stdout_or_to_a_file(name: str, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run_command(["export", "run", "--format", name]) == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert run_command(["export", "run/run.json", "--format", name, "-o", "out"]) == 0
    assert capfd.readouterr() == ("", "")
    assert (tmp_path / "out").read_bytes().decode() == out.replace("\r\n", "\n") or name == "csv"
    assert (tmp_path / "out").stat().st_size == len(out.encode())


def test_export_of_a_run_with_failed_trials_is_whole_and_1(failing: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["export", str(failing), "--format", "junit"]) == 1
    out, err = capfd.readouterr()
    assert out.endswith("</testsuites>\n")
    assert err == "flowreport: 1 of 42 trials failed; flowreport summary tells which\n"


def test_export_never_overwrites_the_run(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = (folder / "trials.jsonl").read_bytes()
    assert run_command(["export", "run", "--format", "csv", "-o", "run/trials.jsonl"]) == 2
    assert "is part of the run" in capfd.readouterr().err
    assert (folder / "trials.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    "arguments", [["export", "run"], ["export", "run", "--format", "xml"], ["compare", "run"], ["baseline"]]
)
def test_wrong_usage_is_2(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_command(arguments)
    assert stopped.value.code == 2
    assert "usage:" in capfd.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_baseline_can_be_saved_listed_shown_compared_and_removed(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["baseline", "save", "run", "main"]) == 0
    assert capfd.readouterr().out == "results/baselines/main\n"
    assert run_command(["baseline", "list"]) == 0
    head, row = capfd.readouterr().out.splitlines()
    assert head.split() == ["baseline", "created", "commit", "machine", "trials"]
    assert row.split() == ["main", "2026-01-02T03:04:05Z", "0123abcd0123+", "574110e98cbce27c", "42", "of", "42"]
    assert run_command(["baseline", "show", "main"]) == 0
    shown = dict(line.split("  ", 1) for line in capfd.readouterr().out.splitlines())
    assert shown["run"].strip() == "20260102T030405Z-7a7a"
    assert shown["subject alpha"].strip() == "clang 19.1.7 -O3 -DNDEBUG"
    assert run_command(["compare", "baseline:main", "run", "--html", "c.html"]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("A (base): baseline:main, run 20260102T030405Z-7a7a")
    assert err == ""
    assert Path("c.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert run_command(["summary", "baseline:main"]) == 0
    assert run_command(["baseline", "rm", "main"]) == 0
    assert run_command(["summary", "baseline:main"]) == 2
    assert "see flowreport baseline list" in capfd.readouterr().err


@pytest.mark.usefixtures("folder")
def test_baselines_may_be_elsewhere(capfd: pytest.CaptureFixture[str]) -> None:
    for command in (["save", "run", "one"], ["list"], ["show", "one"]):
        assert run_command(["baseline", *command, "--baselines", "kept"]) == 0
    assert run_command(["export", "baseline:one", "--baselines", "kept", "--format", "gha"]) == 0
    assert not Path("results").exists()
    assert capfd.readouterr().err == ""


def test_a_baseline_that_cannot_be_read_leaves_the_others(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("good", "spoilt"):
        assert run_command(["baseline", "save", str(folder), name]) == 0
    Path("results/baselines/spoilt/run.json").write_text("{", encoding="utf-8")
    capfd.readouterr()
    assert run_command(["baseline", "list"]) == 2
    out, err = capfd.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["baseline", "good"]
    assert "spoilt/run.json:1: not JSON" in err


def test_no_baselines_is_said(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run_command(["baseline", "list", "--baselines", str(tmp_path / "none")]) == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert "flowreport baseline save RUN NAME makes one" in err


def test_saving_a_run_with_failed_trials_is_said(failing: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["baseline", "save", str(failing), "main"]) == 0
    assert "warning: 1 of 42 trials of this baseline failed" in capfd.readouterr().err


def test_comparing_under_other_conditions_is_said(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    other = Path(shutil.copytree(folder, folder.parent / "other"))
    run = json.loads((other / "run.json").read_text(encoding="utf-8"))
    run["environment"]["kernel"] = "6.19.0"
    (other / "run.json").write_text(json.dumps(run), encoding="utf-8")
    assert run_command(["compare", "run", "other"]) == 0
    out, err = capfd.readouterr()
    assert "kernel: 6.18.0 | 6.19.0" in out
    assert "warning: A and B were not measured under the same conditions: 1 difference in machine" in err
    assert run_command(["compare", "run", "other", "--html", "run/run.json"]) == 2


def test_comparing_with_a_run_that_has_failed_trials_is_1(
    made: Path, failing: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    good = Path(shutil.copytree(made, failing.parent / "good"))
    for pair in ([good, failing], [failing, good]):
        assert run_command(["compare", *map(str, pair)]) == 1
        assert capfd.readouterr().err == "flowreport: 1 of 42 trials failed; flowreport summary tells which\n"
