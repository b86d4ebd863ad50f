import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tooling import gate_scenarios
from tooling.console import UserError
from tooling.gate_arms import Arm
from tooling.gate_scenarios import MEMORY, PASS, REGRESSION, SUBJECT, TIME, UNDECIDED, Outcome, Scenario

# Speaks as much of the contract as the scenarios change.
REAL = """#!/bin/sh
case " $* " in *" --describe "*) echo '{"v":1,"workloads":["one","two"],"unsupported":{}}' >&3; exit;; esac
echo '{"v":1,"kind":"done","completed":1,"answer":"42"}' >&3
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "a 'quoted' folder"
    folder.mkdir()
    (folder / SUBJECT).write_text(REAL)
    (folder / SUBJECT).chmod(0o755)
    return folder


def says(programs: Path, *arguments: str) -> str:
    """What the subject writes to descriptor 3."""
    program = programs / SUBJECT
    done = subprocess.run(
        ["sh", "-c", '"$0" "$@" 3>&1 1>&2', program, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_liar_changes_the_answer_and_nothing_else(programs: Path) -> None:
    gate_scenarios.liar(programs)
    assert json.loads(says(programs)) == {"v": 1, "kind": "done", "completed": 1, "answer": "1"}
    assert json.loads(says(programs, "--describe"))["workloads"] == ["one", "two"]


def test_a_silent_subject_describes_itself_and_says_nothing_more(programs: Path) -> None:
    gate_scenarios.silent(programs)
    assert says(programs) == ""
    assert json.loads(says(programs, "--describe"))["workloads"] == ["one", "two"]


def test_a_subject_can_lose_one_workload(programs: Path) -> None:
    real = programs / SUBJECT
    real.write_text(REAL.replace(">&3", '>&"${FD:-1}"'))
    gate_scenarios.without("two")(programs)
    described = json.loads(says(programs, "--describe"))
    assert described["workloads"] == ["one"]
    assert described["unsupported"] == {"two": "it is gone"}


def test_a_removed_subject_is_gone(programs: Path) -> None:
    gate_scenarios.removed(programs)
    assert not (programs / SUBJECT).exists()


def test_a_variant_that_is_not_built_is_a_usage_error(programs: Path) -> None:
    with pytest.raises(UserError, match=r"no_such_variant.* is not built"):
        gate_scenarios.injected("no_such_variant")(programs)


def outcome(folder: Path, code: int, states: dict[str, str], *, right: int, worse: tuple[str, ...] = ()) -> Outcome:
    cells = [{"metric": metric, "state": state} for metric, state in states.items()]
    cells.append({"metric": "cold", "state": "control"})
    (folder / "verdict.json").write_text(json.dumps({"verdict": "any", "cells": cells}))
    return Outcome(Scenario("s", "", right, gate_scenarios.unchanged, (), worse=worse), code, "any", folder)


@pytest.mark.parametrize(
    ("code", "states", "right", "worse", "word"),
    [
        (PASS, {"cold": "pass"}, PASS, (), "right"),
        (REGRESSION, {"cold": "regression"}, PASS, (), "WRONG"),
        (UNDECIDED, {"cold": "undecided"}, PASS, (), "undecided"),
        (REGRESSION, {"cold": "regression"}, REGRESSION, TIME, "right"),
        (PASS, {"cold": "pass", "memory": "not_gated"}, REGRESSION, TIME, "WRONG"),
        (PASS, {"cold": "not_gated", "memory": "pass"}, REGRESSION, TIME, "undecided"),
        (PASS, {"cold": "not_gated", "memory": "pass"}, REGRESSION, MEMORY, "WRONG"),
        (PASS, {}, REGRESSION, (), "WRONG"),
        (2, {}, PASS, (), "WRONG"),
    ],
)
def test_a_busy_machine_is_told_from_a_gate_that_is_wrong(
    *, tmp_path: Path, code: int, states: dict[str, str], right: int, worse: tuple[str, ...], word: str
) -> None:
    assert outcome(tmp_path, code, states, right=right, worse=worse).word == word


@pytest.mark.parametrize(
    ("codes", "runs"), [([PASS], 1), ([UNDECIDED, PASS], 2), ([UNDECIDED] * 5, 3), ([REGRESSION], 1)]
)
def test_only_what_is_undecided_is_run_again_with_another_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codes: list[int], runs: int
) -> None:
    seeds = []

    def fake(scenario: Scenario, folder: Path, *, seed: int) -> Outcome:
        assert folder.is_dir()
        seeds.append(seed)
        return Outcome(scenario, codes[len(seeds) - 1], "", folder)

    monkeypatch.setattr(gate_scenarios, "run", fake)
    scenario = Scenario("s", "", PASS, gate_scenarios.unchanged, ())
    last = gate_scenarios.run_until_decided(scenario, tmp_path, seed=7, attempts=3)
    assert seeds == [7, 8, 9][:runs]
    assert last.code == codes[runs - 1]


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Arm:
    arm = Arm("base", tmp_path / "subjects", tmp_path / "catalog.json")
    arm.subjects.mkdir()
    rows: list[dict[str, Any]] = [
        {"id": SUBJECT}, {"id": "steady", "control": True}, {"id": "answers", "oracle": True}, {"id": "another"},
    ]  # fmt: skip
    arm.catalog.write_text(json.dumps({"workloads": [{"id": "one"}], "subjects": rows}))
    for row in rows:
        (arm.subjects / row["id"]).write_text(str(row["id"]))
    monkeypatch.setattr(Arm, "of", staticmethod(lambda _name, _root: arm))
    return arm


@pytest.mark.parametrize("linked", [True, False])
def test_the_candidate_is_a_copy_of_what_is_measured_and_the_base_stays(
    base: Arm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    if not linked:
        monkeypatch.setattr("os.link", refuse)
    measured: list[Any] = []

    def judge(_folder: Path, pair: Any, found: Any, _tools: object) -> int:
        measured.append((pair, found))
        return 1

    def lie(programs: Path) -> None:
        (programs / SUBJECT).unlink()
        (programs / SUBJECT).write_text("other")

    monkeypatch.setattr(gate_scenarios.gate, "measure_and_judge", judge)
    (tmp_path / "gate").mkdir()
    found = gate_scenarios.run(Scenario("s", "", REGRESSION, lie, ("--tasks=1k",)), tmp_path / "gate", seed=1)
    assert found.word == "right"
    ((pair, comparison),) = measured
    assert sorted(path.name for path in pair.candidate.subjects.iterdir()) == sorted([SUBJECT, "steady", "answers"])
    assert {row.id: (row.equal, row.control) for row in comparison.rows} == {
        SUBJECT: (False, False),
        "steady": (True, True),
    }
    assert (base.subjects / SUBJECT).read_text() == SUBJECT
    assert "--tasks=1k" in pair.options.passed


def test_a_variant_takes_the_place_of_the_subject_and_leaves_that_of_the_base(
    base: Arm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = tmp_path / "injected/worse" / SUBJECT
    variant.parent.mkdir(parents=True)
    variant.write_text("worse")
    monkeypatch.setattr(gate_scenarios, "INJECTED", tmp_path / "injected")
    monkeypatch.setattr(gate_scenarios.gate, "measure_and_judge", lambda *_: 1)
    (tmp_path / "gate").mkdir()
    scenario = Scenario("s", "", REGRESSION, gate_scenarios.injected("worse"), ())
    gate_scenarios.run(scenario, tmp_path / "gate", seed=1)
    assert (tmp_path / "gate/candidate-subjects" / SUBJECT).read_text() == "worse"
    assert (base.subjects / SUBJECT).read_text() == SUBJECT
