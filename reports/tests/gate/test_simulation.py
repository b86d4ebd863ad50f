"""Simulated gates on recorded noise."""

from dataclasses import replace
from pathlib import Path

import pytest
from numpy.random import default_rng

from flowreport.cli import run_command
from flowreport.exits import Exit
from flowreport.gate.cells import title
from flowreport.gate.rules import RULES
from flowreport.gate.simulation import NO_CHANGE, Change, Recording, simulate
from flowreport.gate.verdict import Verdict
from gate.cells import controls, time_cell
from gate.runs import edit_run, write_arms

GATES = 12


def recording() -> Recording:
    rng = default_rng(2)
    cells = [time_cell(rng, pairs=30, spread=0.02, name=f"w{i}") for i in range(6)] + controls(rng)
    return Recording(cells, {c.key: 1e6 for c in cells})


def test_nothing_put_in_nothing_found() -> None:
    tally = simulate(recording(), RULES, NO_CHANGE, default_rng(1).spawn(GATES))
    assert (tally.gates, tally.found) == (GATES, {})
    assert tally.verdicts[Verdict.REGRESSION] == 0
    assert tally.verdicts[Verdict.PASS] >= GATES - 1


def test_what_was_put_in_is_found_where_it_was_put() -> None:
    change = Change(lambda key: title(key) == "mine/w3/1000", time=1.1)
    tally = simulate(recording(), RULES, change, default_rng(1).spawn(GATES))
    assert tally.verdicts[Verdict.REGRESSION] == GATES
    assert tally.found == {"mine/w3/1000": GATES}


def test_what_gates_left_undecided_is_counted_by_cell() -> None:
    change = Change(lambda key: title(key) == "mine/w3/1000", time=1.1)
    rules = replace(RULES, looks=RULES.looks[:1], ignored=0.2, detectable=1.0)
    tally = simulate(recording(), rules, change, default_rng(1).spawn(GATES))
    assert tally.verdicts[Verdict.INCONCLUSIVE] > 0
    assert tally.undecided["mine/w3/1000 cold"] == tally.verdicts[Verdict.INCONCLUSIVE]
    assert tally.unfit == {}


def test_what_made_gates_invalid_is_counted_without_its_figures() -> None:
    drifted = [replace(c, candidate=c.candidate * 1.2) if c.control else c for c in recording().cells]
    # Arms are swapped by a coin, so a drift is as often one up as one down; the controls of one round move together.
    tally = simulate(Recording(drifted, recording().durations), RULES, NO_CHANGE, default_rng(1).spawn(GATES))
    assert tally.verdicts[Verdict.INVALID] > 0
    assert sum(tally.unfit.values()) >= tally.verdicts[Verdict.INVALID]
    assert not any(digit in what for what in tally.unfit for digit in "0123456789")


def test_the_same_seed_draws_the_same_in_any_number_of_processes() -> None:
    once, twice = (simulate(recording(), RULES, NO_CHANGE, default_rng(4).spawn(3), jobs=jobs) for jobs in (1, 2))
    assert once == twice


def test_the_command_prints_counts_with_bounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_arms(tmp_path)
    edit_run(tmp_path / "candidate", lambda run: run["subjects"][0].update(sha256="b" * 64))
    arms = [str(tmp_path / arm) for arm in ("base", "candidate")]
    assert run_command(["simulate", *arms, "--controls", "pool,gamma,threads", "--gates", "2"]) == Exit.GOOD
    printed = capsys.readouterr().out
    assert "of 2" in printed
    assert "%" in printed


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--controls", "nobody"], "--controls"),
        (["--controls", "pool", "--gates", "0"], "--gates"),
        (["--controls", "pool", "--jobs", "-1"], "--jobs"),
        (["--controls", "pool", "--cases", "("], "regular expression"),
        (["--controls", "pool"], "other executables"),
    ],
)
def test_what_cannot_be_simulated_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], word: str
) -> None:
    write_arms(tmp_path, rounds=2)
    arms = [str(tmp_path / arm) for arm in ("base", "candidate")]
    assert run_command(["simulate", *arms, *arguments]) == Exit.USAGE
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert word in said
