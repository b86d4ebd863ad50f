"""What fails a gate, or makes it invalid, without statistics."""

from collections.abc import Callable
from pathlib import Path

import pytest

from flowreport.gate.problems import Problem, problems
from flowreport.load import load_run
from gate.runs import Record, edit_run, edit_trials, write_arms

Change = Callable[[Record], Record | None]


@pytest.fixture
def arms(tmp_path: Path) -> Path:
    return write_arms(tmp_path, rounds=2)


def found(arms: Path, expected: dict[str, tuple[str, str]] | None = None) -> tuple[Problem, ...]:
    return problems([(load_run(arms / "base"), load_run(arms / "candidate"))], expected)


def of_alpha(change: Record) -> Change:
    """Alpha's trials of 1,000 tasks end differently."""
    return lambda t: t | change if (t["subject"], t["tasks"]) == ("alpha", 1000) else t


CRASHED: Record = {"status": "crashed", "reason": "signal 11 (SIGSEGV)", "exit_code": None, "signal": 11}
WRONG: Record = {"status": "wrong_answer", "reason": "the answer is 1, not 2"}
NOTHING: Record = {"samples": [], "histograms": [], "completed": None, "answer": None}


def test_two_good_arms_have_none(arms: Path) -> None:
    assert found(arms) == ()


@pytest.mark.parametrize("change", [CRASHED, WRONG, {"status": "timed_out", "reason": "60 s passed"}])
def test_a_candidate_that_fails_where_the_base_does_not_is_at_fault(arms: Path, change: Record) -> None:
    edit_trials(arms / "candidate", of_alpha(change))
    (problem,) = found(arms)
    assert problem.fails
    assert problem.kind == change["status"]
    assert problem.text.startswith("alpha/spawn_join/1000: ")
    assert change["reason"] in problem.text


def test_a_base_that_fails_where_the_candidate_does_not_is_no_problem(arms: Path) -> None:
    edit_trials(arms / "base", of_alpha(CRASHED))
    assert found(arms) == ()


def test_where_both_crash_nothing_can_be_said(arms: Path) -> None:
    for arm in ("base", "candidate"):
        edit_trials(arms / arm, of_alpha(CRASHED))
    (problem,) = found(arms)
    assert not problem.fails


def test_an_executable_that_did_not_change_is_not_at_fault(arms: Path) -> None:
    wrong = {("pool", 1000): WRONG}
    edit_trials(arms / "candidate", lambda t: t | wrong.get((t["subject"], t["tasks"]), {}))
    (problem,) = found(arms)
    assert (problem.kind, problem.fails) == ("wrong_answer", False)


def test_a_wrong_answer_fails_even_where_the_base_gives_one_too(arms: Path) -> None:
    for arm in ("base", "candidate"):
        edit_trials(arms / arm, of_alpha(WRONG))
    (problem,) = found(arms)
    assert problem.fails


def test_a_case_that_is_gone_fails(arms: Path) -> None:
    def without(run: Record) -> None:
        cases = run["plan"]["cases"]
        cases[:] = [c for c in cases if (c["subject"], c["tasks"]) != ("alpha", 1000)]
        run["plan"]["trials"] -= 2

    edit_trials(arms / "candidate", lambda t: None if (t["subject"], t["tasks"]) == ("alpha", 1000) else t)
    edit_run(arms / "candidate", without)
    (problem,) = found(arms)
    assert (problem.kind, problem.fails) == ("vanished", True)


@pytest.mark.parametrize("status", ["unsupported", "not_built"])
def test_a_case_that_is_no_longer_done_fails(arms: Path, status: str) -> None:
    edit_trials(arms / "candidate", of_alpha({"status": status, "reason": "no more", **NOTHING}))
    (problem,) = found(arms)
    assert (problem.kind, problem.fails) == ("vanished", True)


def test_a_new_case_that_fails_is_the_candidates_fault(arms: Path) -> None:
    edit_trials(arms / "base", lambda t: None if (t["subject"], t["tasks"]) == ("alpha", 1000) else t)
    edit_run(arms / "base", _drop_case)
    edit_trials(arms / "candidate", of_alpha(CRASHED))
    (problem,) = found(arms)
    assert problem.fails
    assert "it is new" in problem.text


def _drop_case(run: Record) -> None:
    cases = run["plan"]["cases"]
    cases[:] = [c for c in cases if (c["subject"], c["tasks"]) != ("alpha", 1000)]
    run["plan"]["trials"] -= 2


def test_oracles_that_disagree_fail(arms: Path) -> None:
    edit_run(arms / "candidate", lambda run: run["oracle"][0].update(answer="17"))
    kinds = {(p.kind, p.fails) for p in found(arms)}
    assert kinds == {("wrong_answer", True)}


def test_with_other_seeds_the_oracles_may_differ(arms: Path) -> None:
    edit_run(arms / "candidate", lambda run: run["oracle"][0].update(answer="17"))
    edit_run(arms / "candidate", lambda run: run.update(answer_seed="99"))
    assert found(arms) == ()


def test_trials_that_are_not_there_make_it_invalid(arms: Path) -> None:
    edit_trials(arms / "candidate", lambda t: None if t["round"] == 1 and t["subject"] == "gamma" else t)
    assert [(p.kind, p.fails) for p in found(arms)] == [("incomplete", False)]


@pytest.mark.parametrize("flags", ["-O0 -g", "-O3 -fsanitize=address", "-Og", "debug build"])
def test_a_build_without_optimisation_or_with_a_sanitizer_makes_it_invalid(arms: Path, flags: str) -> None:
    edit_run(arms / "candidate", lambda run: run["subjects"][0].update(build={"compiler": "cc", "flags": flags}))
    (problem,) = found(arms)
    assert (problem.kind, problem.fails) == ("debug_build", False)
    assert "alpha" in problem.text


def test_an_executable_that_is_not_the_one_that_was_built_makes_it_invalid(arms: Path) -> None:
    assert found(arms, {"alpha": ("b" * 64, "c" * 64)}) == ()
    (problem,) = found(arms, {"alpha": ("b" * 64, "d" * 64)})
    assert (problem.kind, problem.fails) == ("other_binary", False)


def test_a_workload_that_changed_is_not_the_same_work(arms: Path) -> None:
    edit_run(arms / "candidate", lambda run: run["workloads"][0].update(task="less than before"))
    (problem,) = found(arms)
    assert (problem.kind, problem.fails) == ("other_workload", False)


def test_what_is_wrong_in_every_look_is_said_once(arms: Path) -> None:
    edit_trials(arms / "candidate", of_alpha(CRASHED))
    pair = (load_run(arms / "base"), load_run(arms / "candidate"))
    assert len(problems([pair, pair])) == 1
