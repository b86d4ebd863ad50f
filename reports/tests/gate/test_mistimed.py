"""Trials that were too late for a rule, in gates: noise is no alarm, and what recurs in the candidate alone is one."""

import json
from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from flowreport.gate.cells import title
from flowreport.gate.decide import Question, decide, decide_once
from flowreport.gate.mistimed import Mistimed, mistimed
from flowreport.gate.problems import problems
from flowreport.gate.rules import RULES
from flowreport.gate.steps import Step
from flowreport.gate.verdict import Arm, Ruling, Verdict
from flowreport.load import load_run
from flowreport.model import Run
from gate.runs import Record, edit_run, edit_trials, write_arms

LATE: Record = {"status": "mistimed", "reason": "not all tasks were in flight at once: max_in_flight is 9, expected 10"}
ARMS = (Arm("base", "", dirty=False), Arm("candidate", "", dirty=False))
ROUNDS = range(10)


@pytest.fixture
def arms(tmp_path: Path) -> Path:
    return write_arms(tmp_path)


def late(rounds: Collection[int], subject: str = "alpha", change: Record = LATE) -> Callable[[Record], Record]:
    """Trials of 1,000 tasks in these rounds are too late."""
    return lambda t: t | change if (t["subject"], t["tasks"]) == (subject, 1000) and t["round"] in rounds else t


def runs(arms: Path) -> tuple[Run, Run]:
    return load_run(arms / "base"), load_run(arms / "candidate")


def found(arms: Path) -> Mistimed:
    return mistimed([runs(arms)], alpha=RULES.alpha)


def ruling(arms: Path) -> Ruling:
    return decide_once(Question(*ARMS, RULES), runs(arms))


def test_without_any_there_is_nothing_to_say(arms: Path) -> None:
    assert found(arms) == Mistimed()


@pytest.mark.parametrize("both", [False, True])
def test_a_busy_moment_is_a_notice_and_no_alarm(arms: Path, *, both: bool) -> None:
    edit_trials(arms / "candidate", late([3]))
    if both:
        edit_trials(arms / "base", late([3, 4]))
    assert problems([runs(arms)]) == ()
    what = found(arms)
    assert (what.problems, what.unsettled) == ((), frozenset())
    (notice,) = what.notices
    where = "in the candidate alone in 0 and in the base alone in 1" if both else "candidate alone in 1"
    assert where in notice
    ruled = ruling(arms)
    assert ruled.verdict is not Verdict.REGRESSION
    assert notice in ruled.notices


def test_a_candidate_that_is_late_in_every_round_is_at_fault(arms: Path) -> None:
    edit_trials(arms / "candidate", late(ROUNDS))
    (problem,) = found(arms).problems
    assert (problem.kind, problem.fails) == ("mistimed", True)
    assert problem.text.startswith("alpha/spawn_join/1000: not all tasks were in flight at once")
    assert ruling(arms).verdict is Verdict.REGRESSION


def test_late_in_both_is_no_fault_of_the_candidate(arms: Path) -> None:
    for arm in ("base", "candidate"):
        edit_trials(arms / arm, late(range(1, 10)))
    assert found(arms).problems == ()
    assert ruling(arms).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("status", ["mistimed", "contaminated"])
def test_a_case_that_never_counts_in_either_arm_is_not_passed_over(arms: Path, status: str) -> None:
    for arm in ("base", "candidate"):
        edit_trials(arms / arm, late(ROUNDS, change={"status": status, "reason": "why"}))
    (problem,) = found(arms).problems
    assert (problem.kind, problem.fails) == ("too_few", False)
    assert status in problem.text
    assert ruling(arms).verdict is Verdict.INVALID


def test_a_base_that_is_late_where_the_candidate_is_not_is_no_problem(arms: Path) -> None:
    edit_trials(arms / "base", late(ROUNDS))
    assert found(arms).problems == ()
    assert ruling(arms).verdict is not Verdict.REGRESSION


def test_an_executable_that_did_not_change_is_not_at_fault(arms: Path) -> None:
    edit_trials(arms / "candidate", late(ROUNDS, "pool"))
    what = found(arms)
    assert (what.problems, what.unsettled) == ((), frozenset())
    assert len(what.notices) == 1


def test_a_new_case_that_is_always_late_is_the_candidates_fault(arms: Path) -> None:
    def without(run: Record) -> None:
        cases = run["plan"]["cases"]
        cases[:] = [c for c in cases if (c["subject"], c["tasks"]) != ("alpha", 1000)]
        run["plan"]["trials"] -= 10

    edit_trials(arms / "base", lambda t: None if (t["subject"], t["tasks"]) == ("alpha", 1000) else t)
    edit_run(arms / "base", without)
    edit_trials(arms / "candidate", late(ROUNDS))
    (problem,) = found(arms).problems
    assert problem.fails
    assert "it is new" in problem.text


def test_what_recurs_in_the_candidate_alone_is_measured_until_it_is_sure(tmp_path: Path) -> None:
    measured = {}
    for name, seed in (("look-1", 7), ("look-2-x1", 8), ("look-2-x5", 8), ("look-3-x5", 9)):
        folder = write_arms(tmp_path / name, seed=seed)
        edit_trials(folder / "candidate", late([2, 6, 8]))
        measured[name] = runs(folder)
        answer = decide(Question(*ARMS, RULES, controls=frozenset({"pool", "gamma"})), measured)
        if len(measured) == 1:
            assert isinstance(answer, Step)
            assert {title(key) for key in found(folder).unsettled} == {"alpha/spawn_join/1000"}
            assert "alpha/spawn_join/1000" in (answer.filter or "")
        if isinstance(answer, Ruling):
            break
    assert isinstance(answer, Ruling)
    assert answer.verdict is Verdict.REGRESSION
    assert any(p.kind == "mistimed" and p.fails for p in answer.problems)


def test_an_attempt_that_was_run_again_is_none_of_the_rounds_that_were_missed(arms: Path) -> None:
    path = arms / "candidate" / "trials.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    with path.open("w", encoding="utf-8") as out:
        for line in lines:
            out.write("".join(f"{text}\n" for text in _with_late_attempt(line)))
    assert found(arms) == Mistimed()
    assert ruling(arms).verdict is not Verdict.REGRESSION


def _with_late_attempt(line: str) -> list[str]:
    trial = json.loads(line)
    return [json.dumps(trial | LATE), line] if trial["subject"] == "alpha" else [line]
