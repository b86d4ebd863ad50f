"""The text of `go test -bench`, read by benchstat."""

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from flowreport.exports.gotext import export
from flowreport.model import Run
from slower import slower

BENCHSTAT = Path(__file__).parents[3] / "build/tools/benchstat"


def benchstat(folder: Path, *arguments: str) -> str:
    if not BENCHSTAT.exists() and shutil.which("go") is None:
        pytest.skip("benchstat needs Go, which is not on this machine")
    assert BENCHSTAT.exists(), "benchstat is missing; scripts/bootstrap test builds it"
    done = subprocess.run([BENCHSTAT, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # It notes at which cells of its table there are few samples. Any other line is about a line of ours.
    assert not [line for line in done.stderr.splitlines() if not re.match(r"[A-Z]+[0-9]+: ", line)], done.stderr
    return done.stdout


def rows(text: str, unit: str) -> dict[str, list[str]]:
    """The rows of the table of one unit of benchstat's CSV, by name."""
    found: dict[str, list[str]] = {}
    inside = False
    for row in csv.reader(io.StringIO(text)):
        if len(row) > 1 and row[0] == "" and not row[1].endswith(".txt"):
            inside = row[1] == unit
        elif inside and row and row[0]:
            found[row[0]] = row[1:]
    return found


def test_benchstat_finds_how_much_slower_a_run_is(measured: Run, tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text(export(measured), encoding="utf-8")
    (tmp_path / "new.txt").write_text(export(slower(measured, 1.25)), encoding="utf-8")
    text = benchstat(tmp_path, "-format", "csv", "old.txt", "new.txt")
    assert text.count("machine:") == 1, "both runs belong in one table"
    name = "Sleep/subject=gamma/tasks=1000-2"
    cold = sorted(
        t.samples[0].wall_ns / 1_000 / 1e9
        for t in measured.trials
        if t.counts and (t.case.subject, t.case.workload, t.case.tasks) == ("gamma", "sleep", 1_000)
    )
    old, _, new, _, delta, p = rows(text, "sec/op")[name]
    assert float(old) == pytest.approx(cold[3])
    assert float(new) == pytest.approx(cold[3] * 1.25)
    assert delta == "+25.00%"
    assert "n=7" in p
    assert name in rows(text, "warm-sec/op")
    assert name in rows(text, "B/op")


def test_benchstat_sets_subjects_side_by_side(mixed: Run, tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text(export(mixed), encoding="utf-8")
    text = benchstat(tmp_path, "-format", "csv", "-col", "/subject", "-filter", ".name:Spawn_join", "run.txt")
    assert ",alpha,,alpha_inline,,,,threads" in text


def test_benchstat_reads_components_whatever_they_are_called(mixed: Run, tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text(export(mixed), encoding="utf-8")
    text = benchstat(tmp_path, "-format", "csv", "run.txt")
    named = [name for name in rows(text, "sec/op") if name.startswith("Component/subject=micro/")]
    assert len(named) == 4
    assert "Component/subject=micro/name=push/items:8-1" in named
    assert "wrong" not in text
    assert "Component/subject=micro/name=sleep/real_time-1" in rows(text, "p99-sec/op")


def test_there_is_a_line_for_each_trial(measured: Run) -> None:
    lines = [line for line in export(measured).splitlines() if line.startswith("Benchmark")]
    assert len(lines) == sum(t.counts for t in measured.trials)
