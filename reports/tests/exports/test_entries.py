"""A run under names of its own."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from flowreport.exports.entries import Problem, benchmark_entries, entries, unbuilt, unique, workload_entries
from flowreport.model import Case, Run, Status
from sample_run import NOT_BUILT


def test_each_case_is_there_once_with_the_trials_that_count(measured: Run) -> None:
    found = workload_entries(measured)
    assert len(found) == len({c.case for c in measured.plan.cases})
    assert sum(len(e.trials) for e in found) == sum(t.counts for t in measured.trials)
    (entry,) = [e for e in found if e.case == Case("gamma", "sleep", 10_000, 2)]
    assert entry.name == "gamma/sleep/10000/workers:2"
    assert [t.round for t in entry.trials] == list(range(7))
    assert entry.problems == ()


def test_what_did_not_count_has_its_reason(measured: Run) -> None:
    by_case = {e.case: e for e in workload_entries(measured)}
    (problem,) = by_case[Case("threads", "sleep", 100_000, 2)].problems
    reason = "cannot keep 100000 threads alive at once"
    assert problem == Problem(Status.UNSUPPORTED, "unsupported", reason, "vm.max_map_count=65530", 7, failed=False)
    some = [e for e in by_case.values() if e.case.subject == "hostile" and e.problems]
    assert some
    assert all(p.state == "crashed" and p.failed for e in some for p in e.problems)
    assert all(len(e.trials) + sum(p.trials for p in e.problems) == 7 for e in some)


def test_a_case_that_never_ran_says_so(measured: Run) -> None:
    nothing = replace(measured, trials=())
    assert {p.state for e in entries(nothing) for p in e.problems} == {"not run"}
    assert not any(e.trials for e in entries(nothing))


def test_a_subject_that_was_not_built_is_named(measured: Run) -> None:
    assert unbuilt(measured) == ((NOT_BUILT, "zig was not found"),)


def test_benchmarks_keep_their_own_names(mixed: Run) -> None:
    names = [e.name for e in benchmark_entries(mixed)]
    assert names[:2] == ["micro/push/items:8", "micro/sleep/real_time"]
    assert "\u202e" not in "".join(names)


@given(st.lists(st.text(max_size=3)))
def test_no_two_names_become_one(names: list[str]) -> None:
    found = unique(names)
    assert len(found) == len(names)
    assert len(set(found)) == len(names)
