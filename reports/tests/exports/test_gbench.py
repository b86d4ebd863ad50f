"""Google Benchmark's JSON, read by its own compare.py."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flowreport.exports.gbench import export
from flowreport.model import Run
from slower import slower

COMPARE = Path("/usr/share/benchmark/compare.py")


def compare(folder: Path, old: str, new: str, *options: str) -> list[dict[str, Any]]:
    """What compare.py makes of two exports."""
    assert COMPARE.is_file(), "compare.py is missing; scripts/bootstrap test installs it (libbenchmark-tools)"
    for name, text in (("old.json", old), ("new.json", new)):
        (folder / name).write_text(text, encoding="utf-8")
    arguments = ["--no-color", *options, "-d", "out.json", "benchmarks", "old.json", "new.json"]
    # Its own warnings are not ours to fix: it prints p-values of tiny samples.
    done = subprocess.run(
        [sys.executable, COMPARE, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    return found


def test_compare_py_finds_how_much_slower_a_run_is(measured: Run, tmp_path: Path) -> None:
    report = {row["name"]: row for row in compare(tmp_path, export(measured), export(slower(measured, 1.25)))}
    row = report["gamma/sleep/1000/workers:2/cold"]
    assert [m["time"] for m in row["measurements"]] == pytest.approx([0.25] * 7, abs=1e-6)
    assert row["utest"]["nr_of_repetitions"] == 7
    for aggregate in ("mean", "median", "stddev"):
        (m,) = report[f"gamma/sleep/1000/workers:2/warm_{aggregate}"]["measurements"]
        assert m["time"] == pytest.approx(0.25, abs=1e-4)
    (m,) = report["OVERALL_GEOMEAN"]["measurements"]
    assert m["time"] == pytest.approx(0.25, abs=1e-6)


def test_compare_py_reads_components(mixed: Run, tmp_path: Path) -> None:
    report = {row["name"]: row for row in compare(tmp_path, export(mixed), export(slower(mixed, 2.0)))}
    assert [m["time"] for m in report["micro/push/items:8"]["measurements"]] == pytest.approx([1.0] * 7, abs=1e-6)
    assert len(report["micro/lossy"]["measurements"]) == 6


def test_each_trial_is_a_repetition_with_its_raw_values(measured: Run) -> None:
    rows = json.loads(export(measured))["benchmarks"]
    found = [r for r in rows if r["name"] == "alpha/sleep/10000/workers:2/cold"]
    trials = [t for t in measured.trials if t.counts and (t.case.subject, t.case.tasks) == ("alpha", 10_000)]
    trials = [t for t in trials if t.case.workload == "sleep"]
    assert [r["repetition_index"] for r in found] == list(range(7))
    for row, trial in zip(found, trials, strict=True):
        first = trial.samples[0]
        assert row["iterations"] == 10_000
        assert row["real_time"] * 10_000 == pytest.approx(first.wall_ns)
        assert row["cpu_time"] * 10_000 == pytest.approx(first.cpu_ns)
        assert row["peak_rss_bytes"] == first.peak_rss_bytes
        assert (row["repetitions"], row["threads"], row["time_unit"]) == (7, 2, "ns")


def test_what_is_not_ok_is_told_and_is_no_benchmark(mixed: Run) -> None:
    document = json.loads(export(mixed))
    told = {row["name"]: row["state"] for row in document["context"]["not_counted"]}
    assert told["micro/wrong"] == "wrong answer"
    assert told["micro/twice"] == "protocol error"
    names = {row["run_name"] for row in document["benchmarks"]}
    assert not names & {"micro/wrong", "micro/twice"}
    assert document["context"]["json_schema_version"] == 1
    assert document["context"]["library_build_type"] == "debug"
