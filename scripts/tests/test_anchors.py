import json
from pathlib import Path
from typing import Any

import pytest

from tooling import anchors
from tooling.anchors import Anchor, Run
from tooling.console import ROOT, UserError

QUEUE = Anchor("queue", "queue/items:1000", "op", 2, 45.5e6, "per_s", "lock-free queue", "one thread")
TIMER = Anchor("timer", "timer", "p50", 1, 52.0, "ns", "precision of 52 ns", "no sleep happened")


def entry(name: str, **fields: Any) -> dict[str, Any]:
    """One of the benchmarks in Google Benchmark's JSON."""
    return {"name": name, "run_name": name, "run_type": "iteration", "iterations": 3, "real_time": 7.0, **fields}


def run_of(*entries: dict[str, Any]) -> Run:
    return anchors.parse_run({"context": {"mimalloc": "measured"}, "benchmarks": list(entries)})


def test_every_anchor_of_ours_says_what_was_measured_then() -> None:
    ours = anchors.load(ROOT / "cpp_bench/micro/anchors.json")
    assert len(ours) > 20
    assert all(anchor.original and anchor.seed and anchor.measure in ("op", "p50", "p99", "p99_99") for anchor in ours)
    assert len({anchor.component for anchor in ours}) == len(ours)


def test_a_time_is_compared_by_how_much_shorter_it_is() -> None:
    assert TIMER.ours(13e-9) == pytest.approx(13)
    assert TIMER.ratio(13e-9) == pytest.approx(4)


def test_a_rate_counts_the_operations_that_the_anchor_counted() -> None:
    # An item in and out of the queue takes 22 ns; that was counted as two operations.
    assert QUEUE.ours(22e-9) == pytest.approx(2 / 22e-9)
    assert QUEUE.ratio(22e-9) == pytest.approx(2 / 22e-9 / 45.5e6)


def test_the_counters_of_a_benchmark_are_read_and_its_repetitions_give_their_median() -> None:
    times = [5e-9, 1e-9, 2e-9]
    run = run_of(
        *(entry("a", op=time) for time in times),
        {"name": "a_mean", "run_name": "a", "run_type": "aggregate", "op": 99.0},
        entry("b", p50=4e-9),
    )
    assert run.counters["a"]["op"] == 2e-9
    assert run.counters["b"] == {"real_time": 7.0, "p50": 4e-9}
    assert run.context == {"mimalloc": "measured"}


def test_a_benchmark_with_a_wrong_answer_has_no_figure() -> None:
    run = run_of(entry("timer", p50=1e-9), entry("timer", error_occurred=True, error_message="wrong answer", p50=1e-9))
    assert run.failed == {"timer": "wrong answer"}
    assert "timer" not in run.counters
    assert anchors.table([TIMER], run).splitlines()[1].split() == ["timer", "failed", "52.0", "ns"]


def test_the_table_has_a_row_for_each_anchor_that_was_run() -> None:
    run = run_of(entry("queue/items:1000", op=22e-9), entry("without an anchor", op=1.0))
    assert anchors.table([QUEUE, TIMER], run) == (
        "component      ours  historical figure  ratio\nqueue      90.9 M/s           45.5 M/s  2.00×"  # noqa: RUF001
    )


def test_without_any_anchor_that_was_run_there_is_no_table() -> None:
    assert anchors.table([QUEUE, TIMER], run_of(entry("other", op=1e-9))) == ""


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(1.2e-9, "1.20 ns"), (333e-9, "333 ns"), (78.2e-6, "78.2 µs")],
)
def test_figures_have_three_digits(seconds: float, shown: str) -> None:
    assert shown in anchors.table([TIMER], run_of(entry("timer", p50=seconds)))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"unit": "furlongs"}, "'furlongs' is not a unit"),
        ({"figure": 0}, "figure and operations must be positive"),
        ({"ours": [{"benchmark": "b"}]}, "KeyError: 'component'"),
    ],
)
def test_a_file_that_is_none_of_ours_is_a_usage_error(change: dict[str, Any], problem: str, tmp_path: Path) -> None:
    ours = [{"component": "c", "benchmark": "b", "measure": "op", "operations": 1}]
    anchor = {"seed": "s", "figure": 1, "unit": "ns", "original": "o", "ours": ours, **change}
    file = tmp_path / "anchors.json"
    file.write_text(json.dumps({"v": 1, "anchors": [anchor]}))
    with pytest.raises(UserError, match=problem):
        anchors.load(file)
