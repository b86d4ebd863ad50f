import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from tooling import gate_nightly, gate_scenarios
from tooling.console import ROOT, UserError
from tooling.gate_scenarios import Outcome, Scenario

NAMES = [scenario.name for scenario in gate_nightly.SCENARIOS]


class Gates:
    """Gates that say what is right, but for those in `codes`; each writes the verdict that it gives."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seeds: list[int] = []
        self.codes: dict[int, int] = {}
        monkeypatch.setattr(gate_scenarios, "run", self.run)
        monkeypatch.setattr(gate_nightly, "_claim", lambda folder: folder.mkdir(exist_ok=True))
        monkeypatch.syspath_prepend(str(ROOT / "reports/src"))

    def run(self, scenario: Scenario, folder: Path, *, seed: int) -> Outcome:
        self.seeds.append(seed)
        (folder / "candidate-subjects").mkdir()
        code = self.codes.get(len(self.seeds), scenario.right)
        verdict = {0: "pass", 1: "regression", 3: "inconclusive"}.get(code, "")
        if verdict:
            (folder / "verdict.json").write_text(json.dumps({"verdict": verdict}))
        return Outcome(scenario, code, verdict, folder)


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch) -> Gates:
    return Gates(monkeypatch)


def test_each_scenario_is_repeated_with_an_order_of_its_own(
    gates: Gates, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate_nightly.main(2, tmp_path / "out", None) == 0
    assert len(set(gates.seeds)) == 2 * len(NAMES)
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == "| the same executables | 2 | 2 | 0 | 0 | 0 | 2/2 [15.8%, 100.0%] |"
    assert len(lines) == 2 + len(NAMES)


def test_what_has_a_verdict_is_not_repeated_and_an_interrupted_gate_is(gates: Gates, tmp_path: Path) -> None:
    gates.codes = {4: 130}
    assert gate_nightly.main(2, tmp_path / "out", None) == 130
    assert len(gates.seeds) == 4
    assert gate_nightly.main(2, tmp_path / "out", None) == 0
    assert gates.seeds[3] == gates.seeds[4]
    assert len(gates.seeds) == 1 + 2 * len(NAMES)
    assert not list((tmp_path / "out").rglob("candidate-subjects"))


def test_the_counts_are_those_of_the_verdicts(gates: Gates, tmp_path: Path) -> None:
    gates.codes = {1: 1, 2: 0, 5: 3}
    gate_nightly.main(3, tmp_path / "out", None)
    found = gate_nightly.counts(tmp_path / "out", 3)
    assert found["unchanged"] == Counter({"pass": 2, "regression": 1})
    assert found["slower_5"] == Counter({"regression": 1, "pass": 1, "inconclusive": 1})
    assert found["slower_10"] == Counter({"regression": 3})


def test_a_scenario_without_a_gate_has_no_share(gates: Gates) -> None:
    lines = gate_nightly.table({name: Counter() for name in NAMES})
    assert lines[2] == "| the same executables | 0 | 0 | 0 | 0 | 0 |  |"
    assert gates.seeds == []


def test_the_table_replaces_the_one_of_the_page_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- gate_selftest: begin -->\nold\n<!-- gate_selftest: end -->\nafter\n")
    for _ in range(2):
        gate_nightly.write_table(page, ["| a\\1 |", "| b |"])
    assert page.read_text() == (
        "before\n<!-- gate_selftest: begin -->\n| a\\1 |\n| b |\n<!-- gate_selftest: end -->\nafter\n"
    )


def test_a_page_without_a_place_for_the_table_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("no table\n")
    with pytest.raises(UserError, match="has no lines"):
        gate_nightly.write_table(tmp_path / "page.md", [])
    with pytest.raises(UserError, match="cannot be read"):
        gate_nightly.write_table(tmp_path / "nothing.md", [])


def test_verdicts_of_other_executables_are_not_counted_with_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subjects = gate_nightly.Arm("base", tmp_path / "subjects", tmp_path / "catalog.json")
    subjects.subjects.mkdir()
    program = subjects.subjects / gate_nightly.SUBJECT
    program.write_text("one")
    monkeypatch.setattr(gate_nightly.Arm, "of", staticmethod(lambda _name, _root: subjects))
    monkeypatch.setattr(gate_nightly, "INJECTED", tmp_path)
    for _ in range(2):
        gate_nightly._claim(tmp_path / "out")
    program.write_text("two")
    with pytest.raises(UserError, match="other executables"):
        gate_nightly._claim(tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/file").touch()
    with pytest.raises(UserError, match="holds something else"):
        gate_nightly._claim(tmp_path / "mine")


def test_the_statistics_are_those_of_flowreport(gates: Gates) -> None:
    share = gate_nightly._share(57, 60)
    assert gates.codes == {}
    assert str(share) == "57/60 [86.1%, 99.0%]"
    assert "flowreport.stats.binomial" in sys.modules
