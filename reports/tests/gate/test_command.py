"""`flowreport gate`: what it writes and how it ends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from flowreport.cli import run_command
from flowreport.exits import Exit
from gate.runs import Record, edit_run, edit_trials, slower, write_arms

SCHEMAS = Path(__file__).parents[3] / "harness" / "contract" / "schemas"
OUTPUTS = ("verdict.json", "summary.md", "junit.xml", "compare.html")
HOSTILE = '<img src=x onerror=alert(1)>|`::error::\x1b[31m](http://x) "'


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def write_gate(folder: Path, **options: object) -> Path:
    """gate.json for alpha against two controls."""
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "v": 1,
        "kind": "gate",
        "created": "2026-01-02T03:04:05Z",
        "base": {"ref": "main", "commit": "a" * 40, "title": "before"},
        "candidate": {"commit": "b" * 40, "dirty": True},
        "subjects": [
            {"id": "alpha", "base_sha256": "b" * 64, "candidate_sha256": "c" * 64, "control": False},
            {"id": "pool", "base_sha256": "b" * 64, "candidate_sha256": "b" * 64, "control": True},
            {"id": "gamma", "base_sha256": "b" * 64, "candidate_sha256": "b" * 64, "control": True},
        ],
        "problems": [],
        "identical": False,
        "options": {"always_measure": False, "confirm": True, "rounds": 10, "looks": 3, "seed": "7"},
        "command": ["gate", "main"],
    }
    for key, value in options.items():
        part = record.get(key)
        record[key] = part | value if isinstance(part, dict) and isinstance(value, dict) else value
    (folder / "gate.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def measure(folder: Path, change: Callable[[Record], Record | None] = lambda t: t) -> None:
    """Both arms of one step; `change` is put into the candidate's trials."""
    write_arms(folder, seed=len(folder.name))
    edit_trials(folder / "candidate", change)


def verdict(folder: Path) -> Record:
    found: Record = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    return found


def gate(*arguments: object) -> int:
    return run_command(["gate", *map(str, arguments)])


def test_the_first_answer_is_what_to_measure(tmp_path: Path) -> None:
    folder = write_gate(tmp_path / "gate")
    assert gate(folder) == Exit.UNDECIDED
    step = json.loads((folder / "next.json").read_text(encoding="utf-8"))
    assert (step["folder"], step["rounds"], step["filter"]) == ("look-1", 10, "")
    assert step["subjects"] == ["alpha", "pool", "gamma"]
    assert int(step["seed"]) >= 0
    assert not (folder / "verdict.json").exists()


def test_an_unchanged_candidate_passes_and_everything_is_written(tmp_path: Path) -> None:
    folder = write_gate(tmp_path / "gate", options={"looks": 1})
    measure(folder / "look-1")
    assert gate(folder) == Exit.GOOD
    assert all((folder / name).is_file() for name in OUTPUTS)
    assert not (folder / "next.json").exists()
    found = verdict(folder)
    jsonschema.validate(found, json.loads((SCHEMAS / "verdict.schema.json").read_text(encoding="utf-8")))
    assert found["verdict"] == "pass"
    assert {c["subject"] for c in found["cells"] if c["state"] == "control"} == {"pool", "gamma"}


def test_a_slower_candidate_must_be_found_twice(tmp_path: Path) -> None:
    folder = write_gate(tmp_path / "gate")
    measure(folder / "look-1", lambda t: slower(t, 1.6))
    assert gate(folder) == Exit.UNDECIDED
    step = json.loads((folder / "next.json").read_text(encoding="utf-8"))
    while step["folder"].startswith("look"):
        measure(folder / step["folder"], lambda t: slower(t, 1.6))
        assert gate(folder) == Exit.UNDECIDED
        step = json.loads((folder / "next.json").read_text(encoding="utf-8"))
    assert step["folder"].startswith("confirm")
    measure(folder / step["folder"], lambda t: slower(t, 1.6))
    assert gate(folder) == Exit.FAILED
    found = verdict(folder)
    assert found["verdict"] == "regression"
    assert all("measured again: " in reason for reason in found["reasons"])
    assert any(c["confirmed"] and c["name"] == "alpha/spawn_join/1000" for c in found["cells"])
    suite = ET.fromstring((folder / "junit.xml").read_text(encoding="utf-8"))[0]  # noqa: S314 - our own file
    assert suite.attrib["failures"] != "0"


def test_more_memory_is_a_regression(tmp_path: Path) -> None:
    folder = write_gate(tmp_path / "gate", options={"looks": 1, "confirm": False, "rounds": 30})
    write_arms(folder / "look-1", rounds=30)
    edit_trials(folder / "look-1" / "candidate", lambda t: slower(t, 1.0, memory=1.3))
    assert gate(folder) == Exit.FAILED
    states = {(c["name"], c["metric"]): c["state"] for c in verdict(folder)["cells"]}
    assert states["alpha/spawn_join/100000", "memory"] == "regression"


def test_a_crash_fails_without_statistics(tmp_path: Path) -> None:
    folder = write_gate(tmp_path / "gate")
    crash = {"status": "crashed", "reason": "signal 6", "exit_code": None, "signal": 6}
    measure(folder / "look-1", lambda t: t | crash if t["subject"] == "alpha" and t["round"] == 3 else t)
    assert gate(folder) == Exit.FAILED
    assert verdict(folder)["problems"][0]["kind"] == "crashed"


def test_where_no_time_can_be_gated_nothing_passes(tmp_path: Path) -> None:
    def restless(trial: Record) -> Record:
        if trial["subject"] in {"pool", "gamma"}:
            return trial
        return slower(trial, 1.0 + 3.0 * (trial["round"] % 4), subject=trial["subject"])

    folder = write_gate(tmp_path / "gate", options={"looks": 1})
    measure(folder / "look-1", restless)
    edit_trials(folder / "look-1" / "base", restless)
    assert gate(folder) == Exit.INCONCLUSIVE
    assert any("not one time could be gated" in r for r in verdict(folder)["reasons"])


def test_so_few_pairs_that_nothing_could_be_found_say_so(tmp_path: Path) -> None:
    folder = write_gate(tmp_path / "gate", options={"looks": 1, "rounds": 6})
    write_arms(folder / "look-1", rounds=6)
    edit_trials(folder / "look-1" / "candidate", lambda t: slower(t, 3.0))
    assert gate(folder) == Exit.INCONCLUSIVE
    assert any("more rounds" in r for r in verdict(folder)["reasons"])


def test_identical_executables_pass_without_measuring(tmp_path: Path) -> None:
    folder = write_gate(tmp_path / "gate", identical=True)
    assert gate(folder) == Exit.GOOD
    assert "byte for byte" in verdict(folder)["reasons"][0]
    assert gate(write_gate(tmp_path / "always", identical=True, options={"always_measure": True})) == Exit.UNDECIDED


@pytest.mark.parametrize(("kind", "code"), [("unknown_ref", Exit.INCONCLUSIVE), ("vanished_subject", Exit.FAILED)])
def test_problems_found_before_measuring_are_the_verdict(tmp_path: Path, kind: str, code: Exit) -> None:
    folder = write_gate(tmp_path / "gate", problems=[{"kind": kind, "text": "no commit 'x'; git fetch"}])
    assert gate(folder) == code
    assert verdict(folder)["reasons"] == ["no commit 'x'; git fetch"]
    assert all((folder / name).is_file() for name in OUTPUTS)


def test_what_was_measured_in_spite_of_a_loss_is_shown(tmp_path: Path) -> None:
    folder = write_gate(tmp_path / "gate", problems=[{"kind": "vanished_subject", "text": "beta is gone"}])
    measure(folder / "look-1")
    assert gate(folder) == Exit.FAILED
    found = verdict(folder)
    assert found["reasons"][0] == "beta is gone"
    assert any(c["name"] == "alpha/spawn_join/1000" for c in found["cells"])


def test_the_summary_goes_to_the_ci_once_there_is_a_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "step.md"
    page.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    gate(write_gate(tmp_path / "open"))
    assert page.read_text(encoding="utf-8") == "before\n"
    gate(write_gate(tmp_path / "gate", identical=True))
    assert page.read_text(encoding="utf-8").startswith("before\n## Benchmark gate: pass")


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    folder = write_gate(tmp_path / "gate", base={"ref": HOSTILE}, problems=[{"kind": "unknown_ref", "text": HOSTILE}])
    assert gate(folder) == Exit.INCONCLUSIVE
    page = (folder / "compare.html").read_text(encoding="utf-8")
    assert "<img" not in page
    markdown = (folder / "summary.md").read_text(encoding="utf-8")
    assert "\x1b" not in page + markdown
    assert not any(line.lstrip().startswith("::") for line in markdown.splitlines())
    ET.fromstring((folder / "junit.xml").read_text(encoding="utf-8"))  # noqa: S314 - our own file


BAD: list[tuple[dict[str, Any], str]] = [
    ({"kind": "run"}, "kind"),
    ({"v": 2}, "schema version 2"),
    ({"options": {"looks": 9}}, "looks"),
    ({"options": {"rounds": 0}}, "rounds"),
    ({"options": {"seed": "x"}}, "seed"),
    ({"subjects": [{"id": "a"}]}, "base_sha256"),
]


@pytest.mark.parametrize(("change", "word"), BAD)
def test_a_gate_file_that_breaks_its_form_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], word: str
) -> None:
    assert gate(write_gate(tmp_path / "gate", **change)) == Exit.USAGE
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert word in said


def test_a_folder_without_a_gate_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gate(tmp_path) == Exit.USAGE
    assert "no gate here" in capsys.readouterr().err


def test_two_stored_runs_of_one_machine_are_judged(tmp_path: Path) -> None:
    write_arms(tmp_path, rounds=30)
    assert gate(tmp_path / "base", tmp_path / "candidate", "-o", tmp_path / "out") == Exit.GOOD
    edit_trials(tmp_path / "candidate", lambda t: slower(t, 1.5))
    assert gate(tmp_path / "base", tmp_path / "candidate", "-o", tmp_path / "out") == Exit.FAILED
    assert verdict(tmp_path / "out")["verdict"] == "regression"


def test_runs_of_different_machines_are_invalid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_arms(tmp_path)
    edit_run(tmp_path / "candidate", lambda run: run["environment"].update(cpu_model="another"))
    assert gate(tmp_path / "base", tmp_path / "candidate") == Exit.INCONCLUSIVE
    assert "CPU model" in capsys.readouterr().out


def test_for_a_look_only_different_machines_never_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_arms(tmp_path, rounds=30)
    edit_run(tmp_path / "candidate", lambda run: run["environment"].update(cpu_model="another"))
    edit_trials(tmp_path / "candidate", lambda t: slower(t, 2.0))
    arguments = (tmp_path / "base", tmp_path / "candidate", "--allow-cross-machine", "-o", tmp_path / "out")
    assert gate(*arguments) == Exit.GOOD
    assert "no verdict" in capsys.readouterr().out
    assert verdict(tmp_path / "out")["verdict"] == "invalid"


@pytest.mark.parametrize("missing", [0, 1])
def test_without_a_baseline_there_is_no_verdict_and_no_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: int
) -> None:
    write_arms(tmp_path)
    arms: list[object] = [tmp_path / "base", tmp_path / "candidate"]
    arms[missing] = "baseline:main"
    store = tmp_path / "store"
    assert gate(*arms, "--baselines", store, "-o", tmp_path / "out") == Exit.INCONCLUSIVE
    assert f"no baseline: baseline:main: no baseline of this name in {store}" in capsys.readouterr().out
    found = verdict(tmp_path / "out")
    jsonschema.validate(found, json.loads((SCHEMAS / "verdict.schema.json").read_text(encoding="utf-8")))
    assert (found["verdict"], found["cells"]) == ("invalid", [])
    assert all((tmp_path / "out" / name).is_file() for name in OUTPUTS)


def test_a_name_that_no_baseline_can_have_is_wrong_usage(tmp_path: Path) -> None:
    write_arms(tmp_path)
    assert gate("baseline:../../x", tmp_path / "candidate") == Exit.USAGE


def test_no_controls_no_verdict(tmp_path: Path) -> None:
    write_arms(tmp_path)

    def other(run: Record) -> None:
        for i, subject in enumerate(run["subjects"]):
            subject["sha256"] = f"{i:x}" * 64

    edit_run(tmp_path / "candidate", other)
    assert gate(tmp_path / "base", tmp_path / "candidate") == Exit.INCONCLUSIVE
