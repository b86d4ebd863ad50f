"""The recipes for CI: what they may do, and that each of their steps works, run here in a small clone."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from conftest import Runner

from tooling.console import ROOT

GITHUB = ROOT / ".github/workflows/bench.yml"
GITLAB = ROOT / ".ci/gitlab-bench.yml"


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
