"""The section of components in the page, and what the other sections say of a run with benchmarks."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmark_run import GONE, HOSTILE_NAME, LOSSY, PUSH, SLEEP, WRONG, write_benchmark_run
from flowreport import units
from flowreport.cases import Analysis
from flowreport.components import components
from flowreport.load import load_run
from flowreport.model import Run, Status
from flowreport.pages.front import front
from flowreport.pages.names import Names
from flowreport.pages.report import render_report
from flowreport.summary import summarize
from flowreport.text import visible
from outline import Outline
from sample_run import HOSTILE_REASON


@pytest.fixture(scope="module", params=[False, True], ids=["with workloads", "alone"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return load_run(write_benchmark_run(tmp_path_factory.mktemp("benchmarks") / "run", alone=request.param))


@pytest.fixture(scope="module")
def page(run: Run) -> str:
    return render_report(run)


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return Outline(page)


def test_the_section_is_there_and_links_lead_to_it(outline: Outline, run: Run) -> None:
    ids = [a["id"] for _, a in outline.elements if "id" in a]
    assert "components" in ids
    assert ("overview-section" in ids) == bool(run.workloads)
    targets = {a["href"] for a in outline.all("a") if a.get("id") != "raw-data"}
    assert "#components" in targets
    assert targets - {"#"} <= {f"#{i}" for i in ids}


def test_each_time_has_its_median_interval_and_anchor(outline: Outline, run: Run) -> None:
    head, *rows = outline.rows["components-all"]
    assert [h for h in head if "anchor" in h] == ["Historical anchor", "Speed-upover the anchor"]
    assert len(rows) == sum(len(c.times) for c in components(run))
    (push,) = next(c for c in components(run) if c.benchmark.name == PUSH).times
    interval = push.estimate.interval
    assert interval is not None
    assert push.speed_up is not None
    row = next(r for r in rows if r[0].startswith(PUSH))
    assert row[0] == f"{PUSH}queue: push"
    assert row[2:6] == [
        "operation",
        units.number(push.estimate.value),
        f"{units.number(interval.low)} – {units.number(interval.high)}",
        "7",
    ]
    assert row[-2] == "40.0 M/s2 in one of ours"
    assert outline.rows["components-anchors"][1:] == [
        ["queue, 40 M ops/s", "40.0 M/s", "one thread"],
        ["5.2 µs", "5.20 µs", "–"],
    ]
    assert row[-1] == units.ratio(push.speed_up)
    assert [r[2] for r in rows if r[0].startswith(SLEEP)] == ["operation", "p50", "p99"]
    assert next(r for r in rows if r[0].startswith(LOSSY))[5] == "6 of 7"


def test_failures_are_on_the_front_page_and_named_as_missing(page: str, outline: Outline) -> None:
    rows = [r for r in outline.rows["not-counted"][1:] if r[1] == "Components"]
    assert [(r[0], r[2], r[3]) for r in rows] == [
        ("wrong answer", WRONG, "7"),
        ("crashed", LOSSY, "1"),
        ("protocol error", GONE, "1"),
    ]
    assert f"{WRONG} (wrong answer)" in page
    assert f"{GONE} (protocol error)" in page
    assert "trials failed" in page
    assert "calls itself a debug build" in page


def test_the_verdict_counts_benchmarks_among_the_cases(run: Run) -> None:
    good = tuple(replace(t, status=Status.OK, reason="") for t in run.benchmark_trials if t.measurement)
    names = {t.case.name for t in good}
    plan = replace(run.plan, benchmarks=tuple(p for p in run.plan.benchmarks if p.case.name in names), trials=len(good))
    alone = replace(run, trials=(), benchmark_trials=good, workloads=(), plan=replace(plan, cases=()))
    alone = replace(alone, subjects=tuple(s for s in run.subjects if s.google_benchmark))
    whole = front(Analysis(alone), Names(alone))
    assert whole.verdict == "Every planned case was measured"
    assert ("4", "of 4 cases measured") in whole.facts
    lost = tuple(t if t.case.name != PUSH else replace(t, status=Status.UNSUPPORTED, reason="no") for t in good)
    part = front(Analysis(replace(alone, benchmark_trials=lost)), Names(alone))
    assert part.verdict == "No trial failed; some cases could not be measured"
    assert ("3", "of 4 cases measured") in part.facts


def test_hostile_names_and_reasons_stay_text(page: str, outline: Outline) -> None:
    assert HOSTILE_NAME not in page
    assert len(outline.all("script")) == 2
    assert any(visible(HOSTILE_NAME) in r[0] for r in outline.rows["components-all"])
    assert any(visible(HOSTILE_REASON) in cell for row in outline.rows["not-counted"] for cell in row)


def test_a_subject_of_benchmarks_is_not_compared_with_runtimes(outline: Outline, run: Run) -> None:
    if run.workloads:
        assert "Components" not in outline.rows["overview"][0]
        assert len(outline.rows["overview"][0]) == 2 + len(run.subjects) - 1
    assert any(r[0] == "Components" for r in outline.rows["subjects"])


def test_raw_data_holds_every_trial(outline: Outline, run: Run) -> None:
    data = json.loads(outline.raw_data())
    rows = [dict(zip(data["trial_columns"], row, strict=True)) for row in data["trials"]]
    assert [r["trial"] for r in rows] == [t.trial for t in run.processes]
    first = next(r for r in rows if r["benchmark"] == PUSH)
    measurement = next(t.measurement for t in run.benchmark_trials if t.case.name == PUSH)
    assert measurement is not None
    assert first["iterations_wall_ns"] == measurement.wall_ns
    assert json.loads(first["counters"]) == measurement.counters
    assert first["workload"] is None


def test_the_method_tells_the_least_time_and_what_was_not_run(outline: Outline) -> None:
    values = "\n".join(outline.texts["dd"])
    assert "100 ms" in values
    assert any("two benchmarks have this name" in text for text in outline.texts["li"])


def test_the_summary_has_the_components(run: Run) -> None:
    text = summarize(run)
    assert "components, median time of one operation" in text
    line = next(line for line in text.splitlines() if line.startswith(PUSH))
    assert re.search(r"op +[45]\.\d+ ns +40\.0 M/s +\d+\.?\d*×$", line), line
    assert ("memory per task" in text) == bool(run.workloads)
    assert f"wrong answer ×7: micro {WRONG}" in text


def test_a_run_in_which_no_benchmark_was_measured_has_a_report(tmp_path: Path) -> None:
    folder = write_benchmark_run(tmp_path / "run", alone=True)
    (folder / "trials.jsonl").write_text("", encoding="utf-8")
    page = render_report(load_run(folder))
    assert "Nothing was measured" in page
    assert f"{PUSH} (not run)" in page
