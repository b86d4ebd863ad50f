"""Which gate a run belongs to, and what its file says."""

import json
from pathlib import Path

import pytest

from flowreport.gate_verdict import GateVerdict, gate_verdict


def gate(folder: Path, text: str | None) -> Path:
    arm = folder / "gate-1" / "look-1" / "candidate"
    arm.mkdir(parents=True)
    (folder / "gate-1" / "gate.json").write_text("{}", encoding="utf-8")
    if text is not None:
        (folder / "gate-1" / "verdict.json").write_text(text, encoding="utf-8")
    return arm


def test_an_arm_finds_the_verdict_of_its_gate(tmp_path: Path) -> None:
    arm = gate(tmp_path, json.dumps({"v": 1, "verdict": "regression", "reasons": ["a is slower"], "more": 1}))
    assert gate_verdict(arm) == GateVerdict("regression", ("a is slower",))


def test_a_verdict_beside_the_run_counts_too(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text('{"v": 1, "verdict": "pass"}', encoding="utf-8")
    assert gate_verdict(tmp_path) == GateVerdict("pass", ())


def test_a_run_of_no_gate_has_none(tmp_path: Path) -> None:
    run = tmp_path / "results" / "run"
    run.mkdir(parents=True)
    (tmp_path / "verdict.json").write_text('{"v": 1, "verdict": "pass"}', encoding="utf-8")
    assert gate_verdict(run) is None
    assert gate_verdict(gate(tmp_path, None)) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "is not JSON"),
        ("[1]", "has no verdict"),
        ('{"v": 2, "verdict": "pass"}', "has no verdict"),
        ('{"v": 1, "verdict": "<b>"}', "has no verdict"),
        ('{"v": 1, "verdict": ["pass"]}', "has no verdict"),
        ('{"v": 1, "verdict": "pass", "reasons": [1]}', "not a list of texts"),
        ('{"v": 1, "verdict": "pass", "reasons": "x"}', "not a list of texts"),
    ],
)
def test_a_file_that_is_no_verdict_says_why_and_is_never_a_pass(tmp_path: Path, text: str, why: str) -> None:
    found = gate_verdict(gate(tmp_path, text))
    assert found is not None
    assert found.verdict == ""
    assert why in found.reasons[0]
