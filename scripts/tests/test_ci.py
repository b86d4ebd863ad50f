"""The recipes for CI: what they may do, and that each of their steps works, run here in a small clone.

The clone has this repository's Makefile, scripts and report. Its subjects are shell scripts, and a `cmake` on PATH that
copies them takes the place of the compilers, so that a build takes no time.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tooling.console import ROOT

GITHUB = ROOT / ".github/workflows/bench.yml"
GITLAB = ROOT / ".ci/gitlab-bench.yml"

CATALOG = {
    "v": 1,
    "tasks": [1000],
    "workloads": [{"id": "work", "title": "Work", "task": "one", "holds": "all", "answer": "sum"}],
    "subjects": [
        {"id": "tested", "title": "Tested", "language": "C++", "note": "", "reference": True},
        {"id": "steady", "title": "Steady", "language": "Go", "note": "", "control": True},
    ],
}

# Builds the programs in programs/: a subject is what stands there, flowbench one that makes the run of the test.
CMAKE = f"""#!{sys.executable}
import pathlib, shutil, sys
words = sys.argv[1:]
if words[0] == "--preset":
    folder = pathlib.Path("build") / words[1]
    compiler = folder / "CMakeFiles/3.25.1/CMakeCXXCompiler.cmake"
    compiler.parent.mkdir(parents=True, exist_ok=True)
    compiler.write_text('set(CMAKE_CXX_COMPILER "/usr/bin/c++")\\n')
    (folder / "CMakeCache.txt").write_text("CMAKE_BUILD_TYPE:STRING=Release\\nCMAKE_CXX_FLAGS_RELEASE:STRING=-O3\\n")
    sys.exit()
folder = pathlib.Path(words[1])
programs = folder.parents[1] / "programs"
if words[-1] == "help":
    for path in programs.iterdir():
        print(path.name if path.name == "flowbench" else "subject_" + path.name, end=": phony\\n")
    sys.exit()
shutil.rmtree(folder / "bin", ignore_errors=True)
(folder / "bin/subjects").mkdir(parents=True)
for path in programs.iterdir():
    shutil.copy2(path, folder / "bin" / ("" if path.name == "flowbench" else "subjects"))
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout of main, with a first commit."""
    root = tmp_path / "clone"
    root.mkdir()
    git(root, "init", "-q")
    for name in (
        "Makefile",
        "CMakePresets.json",
        "CMakeLists.txt",
        ".gitignore",
        "go_bench/go.mod",
        "rust_bench/Cargo.toml",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    left_out = shutil.ignore_patterns("tests", "__pycache__", "canaries", ".*_cache")
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=left_out)
    program(root / "scripts/bootstrap", "#!/bin/sh\n")
    (root / "harness/contract").mkdir(parents=True)
    (root / "harness/contract/catalog.json").write_text(json.dumps(CATALOG))
    for name in ("tested", "steady"):
        program(root / "programs" / name, f"#!/bin/sh\n# {name}\n")
    sample = tmp_path / "sample"
    program(
        root / "programs/flowbench",
        f"#!/bin/sh\nmkdir -p results && cp -r {sample} results/latest\n",
    )
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    python = root / ".venv/bin"
    program(python / "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    report = f'#!/bin/sh\nPYTHONPATH={ROOT}/reports/src exec {sys.executable} -m flowreport "$@"\n'
    program(python / "flowreport", report)
    return root


class Runner:
    """Runs commands as the recipe's machine would: as root in a container, with a home of its own."""

    def __init__(self, home: Path, clone: Path) -> None:
        self.clone = clone
        self.summary = home / "summary.md"
        programs = home / "programs"
        program(programs / "apt-get", "#!/bin/sh\n")
        program(programs / "cmake", CMAKE)
        (home / "home").mkdir()
        self.environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(home / "home"),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    def run(self, steps: Iterator[str], **environment: str) -> list[int]:
        """The exit codes of the steps; none follows one that failed."""
        codes = []
        for step in steps:
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step],
                cwd=self.clone, env={**self.environment, **environment}, check=False, timeout=120,
            )  # fmt: skip
            codes.append(done.returncode)
            if done.returncode != 0:
                break
        return codes

    def merge(self, *arguments: str) -> None:
        """Merges a branch with one change into main, and leaves the merge checked out, as for a pull request."""
        git(self.clone, "checkout", "-qb", "topic")
        subprocess.run(arguments, cwd=self.clone, check=True)
        git(self.clone, "add", "-A")
        git(self.clone, "commit", "-qm", "change")
        git(self.clone, "checkout", "-q", "main")
        git(self.clone, "merge", "-q", "--no-ff", "--no-edit", "topic")


@pytest.fixture
def runner(tmp_path: Path, clone: Path) -> Runner:
    return Runner(tmp_path, clone)


def recipe(path: Path) -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def github_steps(job: str) -> Iterator[str]:
    return (step["run"] for step in recipe(GITHUB)["jobs"][job]["steps"] if "run" in step)


def gitlab_steps(job: str) -> Iterator[str]:
    whole = recipe(GITLAB)
    yield from whole[whole[job]["extends"]]["before_script"]
    yield from whole[job]["script"]


def artifacts(job: str) -> list[str]:
    steps = recipe(GITHUB)["jobs"][job]["steps"]
    return [step["with"]["path"] for step in steps if "upload-artifact" in step.get("uses", "")]


def verdict(clone: Path) -> str:
    return str(json.loads((clone / "results/gate/verdict.json").read_text())["verdict"])


def job_environment() -> dict[str, str]:
    return dict(recipe(GITHUB)["jobs"]["gate"]["env"])


def test_a_pull_request_that_changes_no_executable_passes(runner: Runner) -> None:
    runner.merge("sh", "-c", "echo words > README.md")
    assert set(runner.run(github_steps("gate"), **job_environment())) == {0}
    assert verdict(runner.clone) == "pass"
    assert all((runner.clone / path).exists() for path in artifacts("gate"))
    assert "pass" in runner.summary.read_text()


def test_a_pull_request_that_loses_a_subject_fails_and_keeps_what_it_found(runner: Runner) -> None:
    runner.merge("git", "rm", "-q", "programs/tested")
    codes = runner.run(github_steps("gate"), **job_environment())
    assert codes[-1] == 2
    assert set(codes[:-1]) == {0}
    assert verdict(runner.clone) == "regression"
    assert all((runner.clone / path).exists() for path in artifacts("gate"))
    assert "tested" in runner.summary.read_text()


def test_gitlab_compares_with_the_base_of_the_merge_request(runner: Runner) -> None:
    runner.merge("git", "rm", "-q", "programs/tested")
    base = subprocess.run(
        ["git", "rev-parse", "HEAD^1"], cwd=runner.clone, capture_output=True, text=True, check=True
    ).stdout.strip()
    assert runner.run(gitlab_steps("bench:gate"), CI_MERGE_REQUEST_DIFF_BASE_SHA=base)[-1] == 2
    assert verdict(runner.clone) == "regression"
    kept = recipe(GITLAB)["bench:gate"]["artifacts"]
    assert all((runner.clone / path).exists() for path in (*kept["paths"], kept["reports"]["junit"]))


def test_a_base_that_is_not_there_is_never_a_pass(runner: Runner) -> None:
    assert runner.run(gitlab_steps("bench:gate"), CI_MERGE_REQUEST_DIFF_BASE_SHA="0" * 40)[-1] == 2
    assert verdict(runner.clone) == "invalid"
    assert runner.run(iter(["make gate GATE_ARGS='--out results/none'"])) == [2]
    assert not (runner.clone / "results/none").exists()


def test_a_push_is_measured_and_added_to_the_history(runner: Runner, tmp_path: Path) -> None:
    good_run(tmp_path / "sample")
    assert set(runner.run(github_steps("history"))) == {0}
    assert all((runner.clone / path).stat().st_size > 0 for path in artifacts("history"))
    assert (runner.clone / "results/history.sqlite").exists()
    assert "alpha" in runner.summary.read_text()


def test_gitlab_measures_and_keeps_what_github_does() -> None:
    commands = [line for step in github_steps("history") for line in step.splitlines()]
    assert list(gitlab_steps("bench:history")) == [line for line in commands if "GITHUB" not in line]
    assert recipe(GITLAB)["bench:history"]["artifacts"]["paths"] == artifacts("history")


def good_run(folder: Path) -> None:
    """A run without a failed trial: of the made-up one for the tests of the report, what went well."""
    subprocess.run([sys.executable, ROOT / "reports/tests/sample_run.py", folder], check=True, capture_output=True)
    trials = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    bad = {trial["subject"] for trial in trials if trial["status"] != "ok"}
    trials = [{**trial, "trial": i} for i, trial in enumerate(t for t in trials if t["subject"] not in bad)]
    run = json.loads((folder / "run.json").read_text())
    run["plan"]["cases"] = [case for case in run["plan"]["cases"] if case["subject"] not in bad]
    run["plan"]["trials"] = len(trials)
    assert trials
    (folder / "run.json").write_text(json.dumps(run))
    (folder / "trials.jsonl").write_text("".join(json.dumps(trial) + "\n" for trial in trials))


def test_no_job_may_write_or_sees_a_secret() -> None:
    whole = recipe(GITHUB)
    assert whole["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in whole["jobs"].values())
    assert set(whole[True]) == {"pull_request", "push"}  # YAML 1.1 reads the key `on` as true
    for path in (GITHUB, GITLAB):
        assert not re.search(r"secrets\.|pull_request_target|workflow_run", path.read_text())


def test_every_action_is_pinned_by_version() -> None:
    used = [step["uses"] for job in recipe(GITHUB)["jobs"].values() for step in job["steps"] if "uses" in step]
    assert used
    assert [action for action in used if not re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", action)] == []


def test_no_text_of_a_pull_request_is_pasted_into_a_command() -> None:
    for job in recipe(GITHUB)["jobs"]:
        assert not any("${{" in step for step in github_steps(job))


def test_what_a_failed_gate_found_is_kept_too() -> None:
    steps = recipe(GITHUB)["jobs"]["gate"]["steps"]
    assert all(step["if"] == "always()" for step in steps if "upload-artifact" in step.get("uses", ""))
    assert recipe(GITLAB)["bench:gate"]["artifacts"]["when"] == "always"


def test_the_base_of_a_gate_is_in_the_checkout() -> None:
    for job in recipe(GITHUB)["jobs"].values():
        (checkout,) = (step for step in job["steps"] if "checkout" in step.get("uses", ""))
        assert checkout["with"]["fetch-depth"] == 0
    assert recipe(GITLAB)[".bench"]["variables"]["GIT_DEPTH"] == "0"
