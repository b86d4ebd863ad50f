"""CSV, read by the standard library and by pandas."""

import csv
import io
from dataclasses import replace

import pandas as pd

from flowreport.exports.csv_text import COLUMNS, export
from flowreport.model import Run, Status
from sample_run import HOSTILE_REASON


def rows(run: Run) -> list[dict[str, str]]:
    text = export(run)
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_there_is_a_line_for_each_sample_and_for_each_trial_without_one(measured: Run) -> None:
    found = rows(measured)
    assert len(found) == sum(max(len(t.samples), 1) if t.status == "ok" else 1 for t in measured.trials)
    assert {row["trial"] for row in found} == {str(t.trial) for t in measured.trials}


def test_numbers_stay_numbers(measured: Run) -> None:
    frame = pd.read_csv(io.StringIO(export(measured)))
    assert list(frame.columns) == list(COLUMNS)
    ok = frame[frame["status"] == "ok"]
    wall = [s.wall_ns for t in measured.trials if t.status == "ok" for s in t.samples]
    assert ok["sample_wall_ns"].tolist() == wall
    assert ok["tasks"].dtype.kind == "i"


def test_what_is_not_ok_has_a_reason_and_no_numbers(measured: Run) -> None:
    bad = [row for row in rows(measured) if row["status"] != "ok"]
    assert {row["status"] for row in bad} == {"crashed", "unsupported"}
    for row in bad:
        assert row["reason"]
        assert not [name for name, text in row.items() if text and name.startswith(("sample_", "benchmark_"))]
        assert not [name for name, text in row.items() if text and name.endswith(("_ns", "_bytes", "_faults"))]
        assert (row["answer"], row["completed"]) == ("", "")
    (limit,) = {row["limit"] for row in bad if row["subject"] == "threads"}
    assert limit == "vm.max_map_count=65530"


def test_times_of_a_wrong_answer_are_not_there(measured: Run) -> None:
    trials = tuple(replace(t, status=Status.WRONG_ANSWER, reason="42") for t in measured.trials if t.samples)
    found = rows(replace(measured, trials=trials))
    assert len(found) == len(trials)
    assert {row["sample_wall_ns"] for row in found} == {""}


def test_a_reason_like_a_formula_is_text(measured: Run) -> None:
    assert HOSTILE_REASON.startswith("=")
    reasons = {row["reason"] for row in rows(measured) if row["status"] == "crashed"}
    assert len(reasons) == 1
    assert reasons.pop().startswith("'=cmd()|")


def test_benchmarks_have_their_own_columns(mixed: Run) -> None:
    found = [row for row in rows(mixed) if row["benchmark"]]
    assert len(found) == len(mixed.benchmark_trials)
    push = [row for row in found if row["benchmark"] == "push/items:8"]
    assert {row["benchmark_iterations"] for row in push} == {"5000"}
    assert all('"op": ' in row["counters"] for row in push)
    assert {row["counters"] for row in found if row["status"] != "ok"} == {""}
