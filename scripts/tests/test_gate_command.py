"""scripts/gate as a user calls it, in a small clone: what it says and leaves where there is nothing to measure."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Runner, git


def gate(runner: Runner, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [".venv/bin/python", "scripts/gate", *arguments, "--out", "results/gate"],
        cwd=runner.clone, env={**runner.environment, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def left(clone: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((clone / "results/gate" / name).read_text())
    return found


def change(clone: Path, name: str, text: str) -> None:
    """A commit with another text in the file `name`."""
    (clone / name).write_text(text)
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", f"change {name}")


def test_changes_that_no_commit_has_are_gated_and_recorded(runner: Runner) -> None:
    (runner.clone / "README.md").write_text("mine")
    done = gate(runner, "HEAD")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "verdict: pass (results/gate/verdict.json)"
    assert "byte for byte the same" in done.stdout
    assert left(runner.clone, "gate.json")["candidate"]["dirty"] is True
    assert left(runner.clone, "gate.json")["base"]["title"] == "first"


@pytest.mark.parametrize(
    ("base", "kind", "says"),
    [
        ("no-such-ref", "unknown_ref", "'no-such-ref' is no commit of this clone"),
        ("HEAD~1", "predates_contract", "older than the contract"),
    ],
)
def test_a_base_that_cannot_be_used_is_one_line_and_never_a_pass(
    runner: Runner, base: str, kind: str, says: str
) -> None:
    git(runner.clone, "rm", "-q", "--cached", "-r", "harness")
    git(runner.clone, "commit", "-qm", "without a contract")
    git(runner.clone, "add", "-A")
    git(runner.clone, "commit", "-qm", "with it")
    done = gate(runner, base)
    assert done.returncode == 3
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("gate:")]
    assert says in line
    assert done.stdout.splitlines()[-1] == "verdict: invalid (results/gate/verdict.json)"
    assert [problem["kind"] for problem in left(runner.clone, "gate.json")["problems"]] == [kind]


@pytest.mark.parametrize(("file", "text"), [("programs/tested", "syntax error"), ("build_type", "Debug")])
@pytest.mark.parametrize("arm", ["base", "candidate"])
def test_an_arm_that_does_not_build_or_is_a_debug_build_is_never_measured(
    runner: Runner, arm: str, file: str, text: str
) -> None:
    good = (runner.clone / file).read_text() if (runner.clone / file).exists() else "Release"
    change(runner.clone, file, text if arm == "base" else good + "\n" * ("build" not in file))
    change(runner.clone, file, good if arm == "base" else text)
    done = gate(runner, "HEAD~1")
    kinds = {problem["kind"] for problem in left(runner.clone, "gate.json")["problems"]}
    if file == "build_type":
        assert (done.returncode, kinds) == (3, {"debug_build"})
    else:
        expected = (3, {"base_does_not_build"}) if arm == "base" else (1, {"not_built"})
        assert (done.returncode, kinds) == expected
    assert "Traceback" not in done.stderr
    assert not (runner.clone / "results/gate/look-1").exists()


def test_an_interrupted_build_leaves_no_empty_folder(runner: Runner, tmp_path: Path) -> None:
    cmake = tmp_path / "programs/cmake"
    cmake.write_text("#!/bin/sh\nkill -INT $PPID\nsleep 5\n")
    done = gate(runner, "HEAD")
    assert done.returncode == 130
    assert done.stderr.splitlines()[-1] == "gate: interrupted"
    assert not (runner.clone / "results/gate").exists()


@pytest.mark.parametrize("arguments", [[], ["HEAD", "--rounds", "0"], ["HEAD", "--nothing"], [""]])
def test_wrong_usage_leaves_nothing(runner: Runner, arguments: list[str]) -> None:
    done = gate(runner, *arguments)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("gate: ")
    assert not (runner.clone / "results").exists()
