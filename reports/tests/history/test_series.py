"""Series over commits, machine by machine, and what is said to have changed in them."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.random import default_rng

from flowreport.history.runs import CaseName, StoredRun
from flowreport.history.series import Point, Series, series_of, series_until, unit
from flowreport.model import Run
from history.places import Place, put, recorded, variant

STEP_AT = 9
CASE = CaseName("alpha", "yield", 1_000, 2)


def stored(number: int) -> StoredRun:
    when = f"2026-01-{number + 1:02}T00:00:00Z"
    return StoredRun(f"r{number}", when, f"{number:040x}", None, False, "m", {}, "t", 1, 1, 0)  # noqa: FBT003


def series(values: Sequence[float], metric: str = "cold") -> Series:
    return Series(CASE, metric, tuple(Point(stored(i), 7, float(v), None, None) for i, v in enumerate(values)))


@pytest.fixture(scope="module")
def filled(new_place: Callable[[], Place], small: Run) -> Place:
    """Sixteen commits, a third slower from the tenth on; and three on another machine."""
    noise = default_rng(5).normal(1.0, 0.005, 16)
    runs = []
    for number in range(16):
        factor = noise[number] * (4 / 3 if number >= STEP_AT else 1.0)
        runs.append(variant(small, number, factor=factor))
    runs += [variant(small, 20 + k, machine="another CPU") for k in range(3)]
    place = new_place()
    put(place, *(recorded(one) for one in reversed(runs)))
    return place


def test_a_series_is_one_machine_in_the_order_of_the_code_and_finds_the_step(filled: Place) -> None:
    with filled.history.reading() as connection:
        found = series_of(connection, case=re.compile(r"^alpha/.*/1000$"), metrics=("cold",))
    assert [len(s.points) for s in found] == [3, 16]  # the machine that was measured last comes first
    long = found[1]
    assert [p.run.id for p in long.points] == [f"run-{n:03}" for n in range(16)]
    (change,) = long.changes
    assert (change.at.run.id, change.last.run.id) == ("run-009", "run-008")
    assert change.ratio == pytest.approx(4 / 3, rel=0.02)
    assert change.after / change.before == pytest.approx(change.ratio)
    assert change.p < 1e-6
    assert found[0].changes == ()
    assert not found[0].is_long


def test_the_level_is_shared_out_among_the_series_that_are_long_enough(filled: Place) -> None:
    with filled.history.reading() as connection:
        found = series_of(connection, metrics=("cold", "warm"), level=0.04)
    long = [s for s in found if s.is_long]
    assert 0 < len(long) < len(found)
    assert {s.level for s in found} == {0.04 / len(long)}


def test_series_are_chosen_by_case_metric_and_machine(filled: Place) -> None:
    with filled.history.reading() as connection:
        everything = series_of(connection, metrics=("cold", "bytes"))
        machine = everything[0].machine
        chosen = series_of(connection, case=re.compile("alpha_inline/"), metrics=("bytes",), machine=machine[:8])
        assert series_of(connection, metrics=("no such",)) == ()
    assert {s.metric for s in everything} == {"cold", "bytes"}
    assert {(s.case.subject, s.metric, s.machine) for s in chosen} == {("alpha_inline", "bytes", machine)}


def test_a_commit_measured_later_stands_at_the_place_of_its_commit(place: Place, small: Run) -> None:
    put(
        place,
        recorded(variant(small, 5), committed="2026-01-06T00:00:00Z"),
        recorded(variant(small, 6), committed="2025-12-01T00:00:00Z"),
    )
    with place.history.reading() as connection:
        one = series_of(connection, case=re.compile("^alpha/"), metrics=("cold",))[0]
    assert [p.run.id for p in one.points] == ["run-006", "run-005"]


def test_the_history_lines_of_a_report_end_at_its_run(filled: Place) -> None:
    with filled.history.reading() as connection:
        long = next(s for s in series_of(connection, metrics=("cold",)) if len(s.points) == 16)
        lines = series_until(connection, run="run-012", machine=long.machine, metrics=("cold", "warm"))
        all_of_it = series_until(connection, run="not there", machine=long.machine, metrics=("cold",))
        assert series_until(connection, run="run-012", machine="elsewhere") == {}
    assert {metric for _, metric in lines} == {"cold", "warm"}
    line = lines[long.case, "cold"]
    assert [p.run.id for p in line.points] == [f"run-{n:03}" for n in range(13)]
    assert [c.at.run.id for c in line.changes] == ["run-009"]
    assert [len(s.points) for s in all_of_it.values()] == [16] * len(all_of_it)
    assert len(all_of_it) * 2 == len(lines)


def test_a_case_that_the_run_does_not_have_has_no_line(place: Place, small: Run) -> None:
    some = replace(small, trials=tuple(t for t in small.trials if t.case.subject != "gamma"))
    put(place, recorded(variant(small, 1)), recorded(variant(some, 2)))
    machine = str(recorded(small).machine["key"])
    with place.history.reading() as connection:
        subjects = {case.subject for case, _ in series_until(connection, run="run-002", machine=machine)}
        before = {case.subject for case, _ in series_until(connection, run="run-001", machine=machine)}
    assert before - subjects == {"gamma"}


def test_times_are_compared_as_ratios() -> None:
    """The noise of the slow half, in ns, is as large as the step of the fast half; in shares it is not."""
    rng = default_rng(3)
    values = np.concatenate([np.full(10, 1e6), np.full(10, 100.0), np.full(10, 120.0)]) * rng.lognormal(0, 0.01, 30)
    found = series(values.tolist()).changes
    assert [c.at.run.id for c in found] == ["r10", "r20"]
    assert found[1].ratio == pytest.approx(1.2, rel=0.02)


def test_memory_that_is_not_above_zero_has_changes_without_ratio() -> None:
    (change,) = series([0.0] * 8 + [64.0] * 8, "bytes").changes
    assert (change.at.run.id, change.before, change.after, change.ratio) == ("r8", 0.0, 64.0, None)


def test_a_certain_change_that_is_too_small_to_matter_is_not_told() -> None:
    exact = np.repeat([1000.0, 1005.0], 8)
    assert series(exact.tolist()).changes == ()
    assert len(series(np.repeat([1000.0, 1020.0], 8).tolist()).changes) == 1


def test_units_and_names() -> None:
    component = CaseName("micro", "push/items:8", 0, 0)
    assert str(CASE) == "alpha/yield/1000"
    assert str(component) == "micro/push/items:8"
    assert [unit(CASE, m) for m in ("cold", "process", "bytes")] == ["ns per task", "ns per process", "bytes per task"]
    assert [unit(component, m) for m in ("op", "p99", "iteration")] == [
        "ns per operation", "ns per operation", "ns per iteration",
    ]  # fmt: skip
