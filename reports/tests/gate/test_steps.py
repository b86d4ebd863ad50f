"""What is measured next: folders, rounds, names."""

import re

import pytest

from flowreport.gate.steps import Step, name_filter, name_takes, steps
from flowreport.model import Benchmark
from gate.cells import case

KEYS = [
    (case("mine", "quick"), False),
    (case("mine", "slow"), False),
    (case("same", "quick"), True),
    (case("same", "slow"), True),
    (case("same", "other"), True),
]


def taken(step: Step) -> set[str]:
    return {f"{k.subject}/{k.workload}" for k, _ in KEYS if name_takes(step.filter, k)}


def test_cases_that_run_equally_often_share_a_step_with_their_controls() -> None:
    planned = list(
        steps(Step("look-2", 10, None), {KEYS[0][0], KEYS[1][0]}, KEYS, lambda k: 1 if "slow" in str(k) else 5)
    )
    assert [(s.folder, s.rounds) for s in planned] == [("look-2-x5", 50), ("look-2-x1", 10)]
    assert [taken(s) for s in planned] == [{"mine/quick", "same/quick"}, {"mine/slow", "same/slow"}]


def test_every_benchmark_of_a_control_stands_beside_benchmarks() -> None:
    mine, same = Benchmark("mine", "BM_x/1"), Benchmark("same", "BM_y")
    (planned,) = steps(Step("look-2", 10, None), {mine}, [*KEYS, (mine, False), (same, True)], lambda _: 1)
    assert name_takes(planned.filter, mine)
    assert name_takes(planned.filter, same)
    assert not taken(planned)


@pytest.mark.parametrize(
    "name", ["a.b", "BM_f<int, 3>/2", "x(y)", "a|b", "[z]", "p^q$", "back\\slash", "{1}", "a+b*c?"]
)
def test_a_filter_takes_its_own_name_and_no_other(name: str) -> None:
    key = Benchmark("mine", name)
    pattern = name_filter([key])
    assert re.search(pattern, f"mine/{name}")
    assert not re.search(pattern, f"mine/{name}x")
    assert not name_takes(pattern, Benchmark("mine", "ab"))


def test_no_filter_takes_everything() -> None:
    assert name_takes(None, KEYS[0][0])
