"""What is not in a chart must be on the front page."""

from collections import Counter
from dataclasses import replace

import pytest

from flowreport.model import Benchmark, Case, Run, Status
from flowreport.outcomes import absence, count, outcomes, throttled


def test_every_trial_that_is_not_ok_is_in_exactly_one_group(sample: Run) -> None:
    told: Counter[tuple[Status, Case | Benchmark]] = Counter()
    for outcome in outcomes(sample):
        for case, n in outcome.cases.items():
            told[outcome.status, case] += n
    assert told == Counter((t.status, t.case) for t in sample.trials if t.status is not Status.OK)
    assert told


def test_failures_come_first(sample: Run) -> None:
    order = [o.status for o in outcomes(sample)]
    assert order == sorted(order, key=list(Status).index)
    assert order[0].failed


def test_reasons_that_differ_in_numbers_only_are_one_group(sample: Run) -> None:
    bad = [t for t in sample.trials if t.status is Status.OK][:9]
    reasons = {t.trial: f"{i % 3} of {t.case.tasks} were late" for i, t in enumerate(bad)}
    trials = tuple(
        replace(t, status=Status.WRONG_ANSWER, reason=reasons[t.trial], case=bad[0].case) if t.trial in reasons else t
        for t in sample.trials
    )
    (late,) = [o for o in outcomes(replace(sample, trials=trials)) if o.reason.endswith("late")]
    assert late.trials == 9
    assert late.others == len(set(reasons.values())) - 1


def test_limit_and_largest_are_kept(sample: Run) -> None:
    (limited,) = [o for o in outcomes(sample) if o.limit]
    assert (limited.subject, limited.limit, limited.largest) == ("threads", "vm.max_map_count=65530", 32_741)


def test_subject_that_was_not_built_is_listed_once_with_its_reason(sample: Run) -> None:
    (absent,) = [o for o in outcomes(sample) if o.status is Status.NOT_BUILT]
    assert (absent.subject, absent.reason, absent.trials) == ("absent", "zig was not found", 0)


def test_counts_add_up(sample: Run) -> None:
    counts = count(sample)
    assert sum(counts.by_status.values()) == len(sample.trials) == counts.planned
    assert counts.counted == counts.by_status[Status.OK]
    assert counts.missing == 0
    assert counts.failed == sum(t.status.failed for t in sample.trials) > 0


def test_trials_without_a_record_are_missing(sample: Run) -> None:
    assert count(replace(sample, trials=sample.trials[:100])).missing == len(sample.trials) - 100


def test_warm_up_trials_are_counted_apart(sample: Run) -> None:
    ok = next(t for t in sample.trials if t.status is Status.OK)
    run = replace(sample, trials=tuple(replace(t, warmup=True) if t == ok else t for t in sample.trials))
    assert (count(run).warmup, count(run).counted) == (1, count(sample).counted - 1)


def test_throttled_trials_are_told_with_the_most_waits(sample: Run) -> None:
    (held_up,) = throttled(sample)
    waits = [t.throttled for t in sample.trials if t.throttled]
    assert (held_up.subject, held_up.reason) == ("threads", "kernel.threads-max=32768")
    assert (held_up.waits, held_up.trials) == (max(waits), len(waits))


@pytest.mark.parametrize(
    ("case", "why", "failed"),
    [
        (Case("hostile", "mutex", 100_000, 2), "wrong answer", True),
        (Case("threads", "sleep", 100_000, 2), "unsupported", False),
        (Case("absent", "mutex", 1_000, 2), "not built", False),
        (Case("alpha", "mutex", 77, 2), "not planned", False),
    ],
)
def test_absence_says_why(sample: Run, case: Case, why: str, *, failed: bool) -> None:
    missing = absence(sample, case)
    assert (missing.why, missing.failed) == (why, failed)


def test_planned_case_without_a_trial_was_not_run(sample: Run) -> None:
    assert absence(replace(sample, trials=()), Case("alpha", "mutex", 1_000, 2)).why == "not run"
