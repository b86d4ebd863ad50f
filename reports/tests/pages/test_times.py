"""Histograms that tasks share, in the table and in the picture."""

import json
from dataclasses import replace

import pytest

from flowreport import units
from flowreport.cases import Analysis
from flowreport.load import load_run
from flowreport.model import Run
from flowreport.pages.names import Names
from flowreport.pages.report import render_report
from flowreport.pages.times import times_plot, times_table
from outline import Outline
from sample_run import CATALOG, PHASES, ROUNDS, RUNTIMES, SHARED, SHARES, write_sample_run


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return load_run(write_sample_run(tmp_path_factory.mktemp("shared"), places=(SHARED,), sizes=(1_000, 10_000)))


def test_each_histogram_of_a_case_is_a_row_with_its_percentiles(shared: Run) -> None:
    rows = Outline(render_report(shared)).rows["w0-times"]
    assert len(rows) == 1 + len(RUNTIMES) * 2 * len(SHARES)
    for of, (late, parts) in zip(SHARES, enumerate(SHARES.values()), strict=True):
        words = of.removesuffix("_ns").replace("_", " ")
        found = [row for row in rows if row[2] == words]
        assert len(found) == len(RUNTIMES) * 2
        median = {0: "≤ 1.02 µs", 1: "≤ 2.05 µs", 2: "≤ 4.10 µs"}[late]
        assert {row[3] for row in found} == {median}
        assert {row[8] for row in found if row[0] == units.size(1_000)} == {f"{ROUNDS * PHASES * 100 * parts:,}"}
        assert all(row[7] != row[3] for row in found), "the longest is in a bucket of its own"


def test_the_picture_has_a_row_for_each_case_and_a_column_for_each_histogram(shared: Run) -> None:
    analysis, names = Analysis(shared), Names(shared)
    results = list(analysis.results.values())
    plot = times_plot(analysis, names, results, "Title", "k")
    assert plot is not None
    assert plot.count("data-subject=") == len(results)
    for of in SHARES:
        assert of.removesuffix("_ns").replace("_", " ") in plot


def test_other_histograms_than_times_and_that_of_lateness_are_not_among_them(shared: Run) -> None:
    trials = tuple(
        replace(
            t,
            histograms=tuple(replace(h, of=of) for h, of in zip(t.histograms, ("lateness_ns", "sizes"), strict=False)),
        )
        for t in shared.trials
    )
    analysis = Analysis(replace(shared, trials=trials))
    names, results = Names(shared), list(analysis.results.values())
    assert times_table(names, results, "k") is None
    assert times_plot(analysis, names, results, "Title", "k") is None


def test_a_workload_without_histograms_has_neither(page: str) -> None:
    assert "-times" not in page


def test_the_made_up_histograms_are_those_of_the_catalog() -> None:
    row = json.loads(CATALOG.read_text(encoding="utf-8"))["workloads"][SHARED]
    assert row["rules"]["histograms"] == SHARES
