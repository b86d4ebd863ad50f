"""From the trials of benchmarks to the times of components."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmark_run import GONE, LOSSY, NS, PLAIN, PUSH, ROUNDS, SLEEP, WRONG, write_benchmark_run
from flowreport.components import ITERATION, Component, benchmarks, components, missing
from flowreport.load import load_run
from flowreport.model import Benchmark, Run
from flowreport.stats.median import median_estimate


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return load_run(write_benchmark_run(tmp_path_factory.mktemp("benchmarks") / "run"))


@pytest.fixture(scope="module")
def found(run: Run) -> dict[str, Component]:
    return {c.benchmark.name: c for c in components(run)}


def test_every_planned_benchmark_is_measured_or_missing(run: Run, found: dict[str, Component]) -> None:
    gone = {m.benchmark.name: m.why for m in missing(run)}
    assert {b.name for b in benchmarks(run)} == {*found, *gone} == {*NS, GONE}
    assert gone == {WRONG: "wrong answer", GONE: "protocol error"}


def test_the_process_is_the_unit_of_replication(run: Run, found: dict[str, Component]) -> None:
    (time,) = found[PUSH].times
    values = [t.measurement.counters["op"] * 1e9 for t in run.benchmark_trials if t.case.name == PUSH and t.measurement]
    assert time.values == tuple(values)
    assert len(values) == ROUNDS
    assert time.estimate == median_estimate(np.array(values))
    assert time.estimate.value == pytest.approx(NS[PUSH], rel=0.05)
    assert found[LOSSY].times[0].estimate.n == ROUNDS - 1


def test_without_a_count_of_operations_the_time_is_that_of_an_iteration(found: dict[str, Component]) -> None:
    (time,) = found[PLAIN].times
    assert time.measure == ITERATION
    assert time.estimate.value == pytest.approx(NS[PLAIN], rel=0.05)


def test_where_there_are_percentiles_an_iteration_says_nothing(run: Run) -> None:
    trials = tuple(
        replace(t, measurement=replace(t.measurement, counters={"p50": 2e-9})) if t.measurement else t
        for t in run.benchmark_trials
    )
    assert {t.measure for c in components(replace(run, benchmark_trials=trials)) for t in c.times} == {"p50"}


def test_percentiles_are_times_and_other_counters_are_not(found: dict[str, Component]) -> None:
    sleep = found[SLEEP]
    assert [t.measure for t in sleep.times] == ["op", "p50", "p99"]
    assert sleep.times[2].estimate.value == pytest.approx(2 * sleep.times[0].estimate.value)
    assert sleep.counters == {"clock": 24.0}


def test_an_anchor_is_compared_operation_by_operation(found: dict[str, Component]) -> None:
    (push,) = found[PUSH].times
    # 40 M operations a second are 25 ns each, and one of ours is two of them.
    assert push.speed_up == pytest.approx(50 / push.estimate.value)
    p99 = found[SLEEP].times[2]
    assert p99.speed_up == pytest.approx(5200 / p99.estimate.value)
    assert found[SLEEP].times[0].anchor is None
    assert found[SLEEP].times[0].speed_up is None


def test_a_time_with_two_anchors_comes_with_each(run: Run) -> None:
    subjects = tuple(
        replace(s, anchors=(*s.anchors, replace(s.anchors[0], seed="another"))) if s.google_benchmark else s
        for s in run.subjects
    )
    push = next(c for c in components(replace(run, subjects=subjects)) if c.benchmark.name == PUSH)
    assert [t.anchor.seed for t in push.times if t.anchor] == ["queue, 40 M ops/s", "another"]


def test_warmup_and_failed_trials_do_not_count(run: Run) -> None:
    trials = tuple(replace(t, warmup=t.round > 0) for t in run.benchmark_trials)
    (push,) = next(c for c in components(replace(run, benchmark_trials=trials)) if c.benchmark.name == PUSH).times
    assert push.estimate.n == 1
    assert push.estimate.interval is None


def test_a_planned_benchmark_without_trials_is_not_run(run: Run) -> None:
    lost = missing(replace(run, benchmark_trials=()))
    assert lost[0].benchmark == Benchmark("micro", PUSH)
    assert {m.why for m in lost} == {"not run"}


def test_a_run_of_benchmarks_alone_is_read(tmp_path: Path) -> None:
    run = load_run(write_benchmark_run(tmp_path / "run", alone=True))
    assert run.trials == ()
    assert run.runtimes == ()
    assert len(components(run)) == len(NS) - 1
