"""From cells to findings: what is a regression, what passes, what cannot be told, and when the machine is to blame."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from flowreport.gate.cells import Cell
from flowreport.gate.judge import Judgement, State, judge
from flowreport.gate.rules import RULES
from gate.cells import controls, memory_cell, time_cell


@pytest.fixture
def rng() -> Generator:
    return default_rng(11)


def rule(*cells: Cell) -> Judgement:
    return judge(cells, RULES, alpha=RULES.alpha)


def state(*cells: Cell) -> State:
    return rule(*cells).findings[0].state


def test_a_tenth_slower_is_a_regression(rng: Generator) -> None:
    assert state(time_cell(rng, change=1.10), *controls(rng)) is State.REGRESSION


def test_the_same_passes(rng: Generator) -> None:
    assert state(time_cell(rng), *controls(rng)) is State.PASS


def test_slower_by_less_than_the_margin_passes(rng: Generator) -> None:
    assert state(time_cell(rng, change=1.025, spread=0.01), *controls(rng)) is State.PASS


def test_a_tenth_faster_is_an_improvement(rng: Generator) -> None:
    assert state(time_cell(rng, change=0.90, spread=0.02), *controls(rng)) is State.IMPROVEMENT


def test_what_a_layout_of_the_linker_does_is_no_regression_however_sure_it_is(rng: Generator) -> None:
    assert state(time_cell(rng, change=1.008, spread=0.001), *controls(rng)) is State.PASS


def test_a_cell_that_finds_nothing_below_ten_percent_is_not_gated(rng: Generator) -> None:
    finding = rule(time_cell(rng, spread=0.4), *controls(rng)).findings[0]
    assert finding.state is State.NOT_GATED
    assert finding.detectable is not None
    assert finding.detectable > RULES.detectable


def test_before_the_last_look_no_cell_is_left_out(rng: Generator) -> None:
    cells = [time_cell(rng, spread=0.4), *controls(rng)]
    assert judge(cells, RULES, alpha=RULES.alpha, more=lambda _: 2.0).findings[0].state is State.UNDECIDED


def test_an_unsteady_candidate_is_gated_all_the_same(rng: Generator) -> None:
    calm, wild = time_cell(rng), time_cell(rng, change=1.5, spread=0.3)
    assert state(replace(calm, candidate=wild.candidate), *controls(rng)) is State.REGRESSION


def test_too_few_pairs_tell_nothing(rng: Generator) -> None:
    finding = rule(time_cell(rng, pairs=5, change=2.0), *controls(rng)).findings[0]
    assert (finding.state, finding.p, finding.low) == (State.TOO_FEW, None, None)
    assert rule(time_cell(rng, pairs=0), *controls(rng)).findings[0].state is State.TOO_FEW


def test_memory_needs_three_percent_and_a_mebibyte(rng: Generator) -> None:
    assert state(memory_cell(rng, grown=6.0), *controls(rng)) is State.REGRESSION
    assert state(memory_cell(rng, mib=1.0, grown=0.3), *controls(rng)) is State.PASS
    assert state(memory_cell(rng, mib=100.0, grown=2.0, spread=0.002), *controls(rng)) is State.PASS


def test_memory_where_none_was_needed_before_is_compared_in_bytes(rng: Generator) -> None:
    nothing = memory_cell(rng, mib=0.0, spread=0.0)
    assert state(nothing, *controls(rng)) is State.PASS
    assert state(replace(nothing, candidate=nothing.base + 5 * 2**20), *controls(rng)) is State.REGRESSION


def test_equal_values_divide_by_nothing(rng: Generator) -> None:
    flat = replace(time_cell(rng), base=np.full(30, 7.0), candidate=np.full(30, 7.0))
    finding = rule(flat, *controls(rng)).findings[0]
    assert (finding.state, finding.ratio, finding.low, finding.high) == (State.PASS, 1.0, 1.0, 1.0)


def test_one_outlier_of_a_million_times_the_rest_decides_nothing(rng: Generator) -> None:
    cell = time_cell(rng)
    wild = np.array([*cell.candidate[:-1], 1e8])
    assert state(replace(cell, candidate=wild), *controls(rng)) is State.PASS


def test_many_unchanged_cells_raise_no_alarm_and_pass() -> None:
    states: Counter[State] = Counter()
    for seed in range(40):
        rng = default_rng(seed)
        cells = [time_cell(rng, name=f"w{i}", spread=0.02 + 0.01 * (i % 8)) for i in range(40)]
        states.update(f.state for f in rule(*cells, *controls(rng)).findings if not f.cell.control)
    assert states[State.REGRESSION] == states[State.IMPROVEMENT] == 0
    assert states[State.UNDECIDED] <= 8


@pytest.mark.parametrize(("change", "least"), [(1.05, 46), (1.10, 58)])
def test_changes_of_a_calm_cell_are_found(change: float, least: int) -> None:
    found = 0
    for seed in range(60):
        rng = default_rng(seed)
        others = [time_cell(rng, name=f"w{i}") for i in range(9)]
        found += state(time_cell(rng, change=change, spread=0.02), *others, *controls(rng)) is State.REGRESSION
    assert found >= least


def test_controls_that_drift_apart_make_the_machine_unfit(rng: Generator) -> None:
    conditions = rule(time_cell(rng), *controls(rng, change=1.06)).conditions
    assert any("drifted apart" in p for p in conditions.problems)


def test_a_small_drift_of_the_controls_is_taken_off(rng: Generator) -> None:
    judgement = rule(time_cell(rng, change=1.02, spread=0.01), *controls(rng, change=1.02, spread=0.01))
    assert judgement.conditions.drift == pytest.approx(0.02, abs=0.005)
    assert judgement.findings[0].ratio == pytest.approx(1.0, abs=0.01)


def test_controls_that_scatter_more_than_their_spread_explains_widen_every_margin(rng: Generator) -> None:
    restless = [replace(c, candidate=c.candidate * (1.03 if i % 2 else 0.97)) for i, c in enumerate(controls(rng))]
    judgement = rule(time_cell(rng), *restless)
    calm = rule(time_cell(rng), *controls(rng))
    assert judgement.conditions.time_inflation > 1.3
    assert (judgement.findings[0].noise_floor or 0) > (calm.findings[0].noise_floor or 0)


def test_a_few_pages_more_in_a_control_that_always_takes_as_many_do_not_make_the_machine_unfit(rng: Generator) -> None:
    flat = [memory_cell(rng, mib=0.08, spread=0.0, control=True) for _ in range(6)]
    shifted = [replace(c, candidate=c.candidate + 4096.0 * i) for i, c in enumerate(flat)]
    conditions = rule(time_cell(rng), *controls(rng), *shifted).conditions
    assert conditions.problems == ()
    assert conditions.memory_inflation < RULES.inflation


def test_one_control_that_changed_makes_the_machine_unfit(rng: Generator) -> None:
    conditions = rule(time_cell(rng), *controls(rng), time_cell(rng, control=True, change=1.3, name="odd")).conditions
    assert conditions.problems


def test_without_controls_the_conditions_say_so(rng: Generator) -> None:
    conditions = rule(time_cell(rng)).conditions
    assert (conditions.controls, conditions.drift, conditions.noise_floor) == (0, None, None)
