"""What a history keeps of a run is what the report says of it."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark_run import LOSSY, PLAIN, PUSH, SLEEP, write_benchmark_run
from flowreport.cases import Analysis
from flowreport.components import components
from flowreport.errors import ReportError
from flowreport.fingerprint import Fingerprint
from flowreport.history.commit_time import commit_time
from flowreport.history.record import WORKLOAD_METRICS, content_sha256
from flowreport.load import load_run
from flowreport.model import Run, Status
from history.places import recorded


def test_cases_carry_the_reports_medians_intervals_and_trials(small: Run) -> None:
    analysis = Analysis(small)
    rows = {(r["subject"], r["name"], r["tasks"], r["workers"], r["metric"]): r for r in recorded(small).results}
    assert len(rows) == len(analysis.results) * len(WORKLOAD_METRICS)
    for case, result in analysis.results.items():
        key = (case.subject, case.workload, case.tasks, case.workers)
        cold, memory = rows[*key, "cold"], rows[*key, "bytes"]
        assert (cold["median"], cold["n"], cold["trial_values"]) == (
            result.cold.value, result.cold.n, list(result.cold_values),
        )  # fmt: skip
        assert result.cold.interval is None or (cold["low"], cold["high"]) == (
            result.cold.interval.low, result.cold.interval.high,
        )  # fmt: skip
        assert (memory["median"], memory["trial_values"]) == (result.memory.value, list(result.memory_values))
        assert rows[*key, "warm"]["median"] == result.warm_ns
        assert rows[*key, "cpu"]["median"] == result.cpu_ns
        assert rows[*key, "process"]["median"] == result.process_ns


def test_too_few_trials_have_no_interval(small: Run) -> None:
    few = replace(small, trials=tuple(t for t in small.trials if t.round < 5))
    rows = recorded(few).results
    assert rows
    assert all(r["n"] == 5 or r["subject"] == "hostile" for r in rows)
    assert {(r["low"], r["high"], r["level"]) for r in rows} == {(None, None, None)}


def test_components_are_kept_by_each_of_their_times(tmp_path: Path) -> None:
    run = load_run(write_benchmark_run(tmp_path, alone=True))
    record = recorded(run)
    kept = {(r["name"], r["metric"]): r for r in record.results}
    assert {k for k in kept if k[0] != LOSSY} == {
        (PUSH, "op"), (SLEEP, "op"), (SLEEP, "p50"), (SLEEP, "p99"), (PLAIN, "iteration"),
    }  # fmt: skip
    (push,) = (c for c in components(run) if c.benchmark.name == PUSH)
    assert kept[PUSH, "op"]["trial_values"] == list(push.times[0].values)
    assert kept[LOSSY, "op"]["n"] == 6
    assert {(r["tasks"], r["workers"]) for r in record.results} == {(0, 0)}


def test_failures_are_counted_by_case_and_state(small: Run) -> None:
    failures = recorded(small).failures
    for status in Status:
        trials = sum(t.status is status for t in small.trials) if status is not Status.OK else 0
        assert sum(int(str(f["trials"])) for f in failures if f["status"] == status) == trials
    assert len({(f["subject"], f["tasks"], f["status"]) for f in failures}) == len(failures)


def test_the_run_row_says_what_and_where(small: Run) -> None:
    record = recorded(replace(small, created="2026-01-02T05:04:05+02:00"))
    assert record.run["created"] == "2026-01-02T03:04:05Z"
    assert record.run["machine"] == record.machine["key"] == Fingerprint.of(small).key
    assert record.run["added"] == "2026-03-01T00:00:00Z"
    with pytest.raises(ReportError, match="created is 'yesterday', not a time"):
        recorded(replace(small, created="yesterday"))


def test_the_content_hash_follows_both_files_and_nothing_else(small_folder: Path, tmp_path: Path) -> None:
    hashes = [content_sha256(small_folder)]
    for name in ("run.json", "trials.jsonl", "report.html"):
        (tmp_path / name).write_bytes((small_folder / name).read_bytes() if name != "report.html" else b"x")
    assert content_sha256(tmp_path) == hashes[0]
    for name in ("run.json", "trials.jsonl"):
        with (tmp_path / name).open("ab") as out:
            out.write(b"\n")
        hashes.append(content_sha256(tmp_path))
    assert len(set(hashes)) == 3


def test_commit_time_is_that_of_the_commit_and_none_for_what_is_none(tmp_path: Path) -> None:
    when = "2026-02-03T04:05:06+01:00"
    who = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
    git = ["git", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    environment = {"PATH": "/usr/bin:/bin", "GIT_COMMITTER_DATE": when, "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z"}
    subprocess.run([*git, *who, "commit", "-q", "--allow-empty", "-m", "x"], check=True, env=environment)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert commit_time(head, tmp_path) == "2026-02-03T03:05:06Z"
    assert commit_time(head[:9], tmp_path) == "2026-02-03T03:05:06Z"
    for other in ("0" * 40, "unknown", "--help", "HEAD", ""):
        assert commit_time(other, tmp_path) is None
    assert commit_time(head, tmp_path / "absent") is None
