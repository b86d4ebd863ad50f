import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tooling import gate
from tooling.console import ROOT, UserError
from tooling.gate_arms import Arm, Comparison, Row
from tooling.gate_plan import Options, Pair
from tooling.gate_problems import Problem

SCHEMA = json.loads((ROOT / "harness/contract/schemas/gate.schema.json").read_text())
SIDES = gate.Sides({"ref": "main", "commit": "a" * 40, "title": "t"}, {"commit": "b" * 40, "dirty": True})
CHANGED = Row("tested", "1" * 64, "2" * 64, control=False)
STEADY = Row("steady", "3" * 64, "3" * 64, control=True)

# Notes its call in `calls`, and does what the file `script` says for this call: [exit code, {file: content}].
FAKE = """#!{python}
import json, pathlib, sys
home = pathlib.Path({home!r})
calls = home / "calls"
with calls.open("a") as file: file.write(json.dumps([{name!r}, *sys.argv[1:]]) + "\\n")
place = home / {name!r}.replace("flow", "script-")
script = json.loads(place.read_text())
code, files = script.pop(0)
place.write_text(json.dumps(script))
for name, content in files.items():
    target = pathlib.Path(sys.argv[-1]) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(content))
if {name!r} == "flowbench":
    pathlib.Path(sys.argv[sys.argv.index("--out") + 1]).mkdir(parents=True)
sys.exit(code)
"""


class Bench:
    """A gate folder, and a flowbench and a flowreport that play what a test wants."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "gate"
        self.folder.mkdir()
        self.tools = gate.Tools(self._program("flowbench"), self._program("flowreport"))

    def _program(self, name: str) -> Path:
        path = self.home / name
        path.write_text(FAKE.format(python=sys.executable, home=str(self.home), name=name))
        path.chmod(0o755)
        return path

    def run(self, pairs: list[int], judgements: list[tuple[int, dict[str, Any]]], **changes: Any) -> int:
        """The exit code of a gate whose flowbench and flowreport end so, one after the other."""
        found = Comparison([CHANGED, STEADY], changes.pop("problems", []), identical=changes.pop("identical", False))
        options = Options(**{"seed": 5, **changes})
        (self.home / "script-bench").write_text(json.dumps([[code, {}] for code in pairs]))
        (self.home / "script-report").write_text(json.dumps(judgements))
        gate.write_record(self.folder, SIDES, found, options, ["gate", "main"])
        (self.home / "catalog.json").write_text('{"tasks": [1000], "workloads": [], "subjects": []}')
        arm = Arm("any", self.home, self.home / "catalog.json")
        return gate.measure_and_judge(self.folder, Pair(arm, arm, "old", "new", options), found, self.tools)

    def calls(self) -> list[list[str]]:
        file = self.home / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def record(self) -> dict[str, Any]:
        record: dict[str, Any] = json.loads((self.folder / "gate.json").read_text())
        jsonschema.validate(record, SCHEMA)
        return record


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def asks(folder: str, **changes: Any) -> tuple[int, dict[str, Any]]:
    """A judgement that wants to see more."""
    wish = {"folder": folder, "rounds": 10, "filter": "^case$", "subjects": ["tested"], "seed": "9", **changes}
    return (4, {"next.json": wish})


def verdict(code: int, word: str) -> tuple[int, dict[str, Any]]:
    return (code, {"verdict.json": {"verdict": word}})


@pytest.mark.parametrize(("code", "word"), [(0, "pass"), (1, "regression"), (3, "inconclusive"), (2, "")])
def test_the_first_judgement_that_is_one_ends_the_gate(bench: Bench, code: int, word: str) -> None:
    assert bench.run([0], [verdict(code, word)]) == code
    names = [call[:2] for call in bench.calls()]
    assert names == [["flowbench", "pair"], ["flowreport", "gate"]]
    assert bench.calls()[1][2] == str(bench.folder)


def test_what_is_still_undecided_is_measured_until_it_is_not(bench: Bench) -> None:
    judgements = [
        asks("look-2-x5"),
        asks("look-3-x1", seed="18446744073709551615"),
        asks("confirm", filter=""),
        verdict(1, "regression"),
    ]
    assert bench.run([0, 1, 0, 0], judgements) == 1
    pairs = [call for call in bench.calls() if call[0] == "flowbench"]
    folders = [Path(call[call.index("--out") + 1]).name for call in pairs]
    assert folders == ["look-1", "look-2-x5", "look-3-x1", "confirm"]
    assert [call[call.index("--seed") + 1] for call in pairs] == ["5", "9", "18446744073709551615", "9"]
    assert ["--filter=^case$" in call for call in pairs] == [False, True, True, False]
    assert [call[call.index("--subjects") + 1] for call in pairs] == ["tested,steady", "tested", "tested", "tested"]


def test_identical_arms_are_judged_and_not_measured(bench: Bench) -> None:
    assert bench.run([], [verdict(0, "pass")], identical=True) == 0
    assert [call[0] for call in bench.calls()] == ["flowreport"]
    assert bench.record()["identical"] is True


def test_identical_arms_are_measured_when_that_is_asked_for(bench: Bench) -> None:
    assert bench.run([0], [verdict(0, "pass")], identical=True, always_measure=True) == 0
    assert [call[0] for call in bench.calls()] == ["flowbench", "flowreport"]


def test_a_loss_is_judged_at_once_and_with_keep_going_after_measuring(bench: Bench) -> None:
    lost = [Problem("vanished_subject", "gone")]
    assert bench.run([], [verdict(1, "regression")], problems=lost) == 1
    assert bench.record()["problems"] == [{"kind": "vanished_subject", "text": "gone"}]
    assert bench.run([0], [verdict(1, "regression")], problems=lost, keep_going=True) == 1
    assert [call[0] for call in bench.calls()] == ["flowreport", "flowbench", "flowreport"]


def test_without_a_base_nothing_is_measured_whatever_the_options(bench: Bench) -> None:
    broken = [Problem("debug_build", "the base is a debug build")]
    assert bench.run([], [verdict(3, "invalid")], problems=broken, keep_going=True, always_measure=True) == 3
    assert [call[0] for call in bench.calls()] == ["flowreport"]


def test_a_machine_that_cannot_be_measured_on_is_a_problem_of_the_record(bench: Bench) -> None:
    assert bench.run([3], [verdict(3, "invalid")]) == 3
    (problem,) = bench.record()["problems"]
    assert problem["kind"] == "not_measured"
    assert "exit code 3" in problem["text"]


def test_what_was_measured_is_judged_though_some_cases_were_always_disturbed(bench: Bench) -> None:
    for arm in ("base", "candidate"):
        (bench.folder / "look-1" / arm).mkdir(parents=True)
        (bench.folder / "look-1" / arm / "trials.jsonl").touch()
    assert bench.run([3], [verdict(0, "pass")]) == 0
    assert bench.record()["problems"] == []


def test_wrong_usage_of_flowbench_is_that_of_the_gate(bench: Bench) -> None:
    assert bench.run([2], []) == 2


@pytest.mark.parametrize("code", [130, 143, 129])
def test_an_interrupted_measuring_is_not_judged_and_stays(bench: Bench, code: int) -> None:
    assert bench.run([code], []) == 130
    assert (bench.folder / "look-1").exists()
    assert [call[0] for call in bench.calls()] == ["flowbench"]


@pytest.mark.parametrize(
    "wish",
    [
        asks("look-1"), asks("../../elsewhere"), asks("look-2/x"), asks("look-2", rounds="many"),
        asks("look-2", seed=None), (4, {"next.json": {}}), (4, {"next.json": []}), (4, {}),
    ],
)  # fmt: skip
def test_a_wish_that_makes_no_sense_ends_the_gate_with_one_line(bench: Bench, wish: tuple[int, Any]) -> None:
    with pytest.raises(UserError, match=r"next\.json"):
        bench.run([0, 0], [wish])
    assert len([call for call in bench.calls() if call[0] == "flowbench"]) == 1


def test_a_judge_that_never_ends_is_stopped(bench: Bench) -> None:
    with pytest.raises(UserError, match="more than 16 looks"):
        bench.run([0] * 17, [asks(f"look-2-x{i}") for i in range(2, 19)])


def test_a_verdict_of_an_earlier_judgement_is_not_taken_for_this_one(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    (bench.folder / "verdict.json").write_text('{"verdict": "pass"}')
    code = bench.run([0], [(3, {})])
    with pytest.raises(UserError, match=r"wrote no .*verdict\.json"):
        gate.print_verdict(bench.folder, code)
    assert capsys.readouterr().out == ""


def test_the_last_line_has_the_verdict_and_its_file(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    code = bench.run([0], [verdict(1, "regression")])
    gate.print_verdict(bench.folder, code)
    assert capsys.readouterr().out == f"verdict: regression ({bench.folder / 'verdict.json'})\n"


def test_a_folder_that_holds_something_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").touch()
    for name in ("full", "full/file"):
        with pytest.raises(UserError, match="not an empty folder"):
            gate.new_folder(tmp_path / name)
    with pytest.raises(UserError, match="cannot be made"):
        gate.new_folder(Path("/proc/gate"))
    assert gate.new_folder(tmp_path / "deep/new").is_dir()


def test_two_gates_of_one_second_have_a_folder_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "ROOT", tmp_path)
    folders = {gate.new_folder(None) for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.parent == tmp_path / "results" for folder in folders)


def test_the_record_of_a_gate_without_a_base_is_valid_too(tmp_path: Path) -> None:
    sides = gate.Sides({"ref": "\udcff", "commit": None, "title": ""}, {"commit": None, "dirty": True})
    found = Comparison([], [Problem("unknown_ref", "no such commit")], identical=False)
    gate.write_record(tmp_path, sides, found, Options(), ["gate"])
    jsonschema.validate(json.loads((tmp_path / "gate.json").read_text()), SCHEMA)


def test_ctrl_c_waits_for_flowbench_and_ends_with_130(tmp_path: Path) -> None:
    slow = tmp_path / "flowbench"
    slow.write_text(
        f"#!{sys.executable}\nimport pathlib, sys, time\n"
        f"pathlib.Path({str(tmp_path)!r}, 'started').touch()\n"
        "try:\n    time.sleep(30)\nexcept KeyboardInterrupt:\n"
        f"    time.sleep(0.2)\n    pathlib.Path({str(tmp_path)!r}, 'kept').touch()\n    sys.exit(130)\n"
    )
    slow.chmod(0o755)
    script = (
        "from pathlib import Path\nfrom tooling import gate\nfrom tooling.console import run_main\n"
        "from tooling.gate_arms import Arm, Comparison, Row\nfrom tooling.gate_plan import Options, Pair\n"
        f"home = Path({str(tmp_path)!r})\n"
        "(home / 'catalog.json').write_text('{\"subjects\": []}')\n"
        "arm = Arm('any', home, home / 'catalog.json')\nrow = Row('tested', 'a', 'b', False)\n"
        "pair = Pair(arm, arm, '', '', Options())\n"
        "tools = gate.Tools(home / 'flowbench', home / 'none')\n"
        "run_main(lambda _: gate.measure_and_judge(home, pair, Comparison([row], [], False), tools))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT / "scripts", start_new_session=True)
    until = time.monotonic() + 20
    while not (tmp_path / "started").exists() and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=20) == 130
    assert (tmp_path / "kept").exists()
