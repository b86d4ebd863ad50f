"""From trials to results: which trials count, and what is divided by what."""

from dataclasses import replace

import numpy as np
import pytest

from flowreport.cases import Analysis, trials_frame
from flowreport.model import Case, Run, Status, Trial

CASE = Case("alpha", "spawn_join", 1_000, 2)


def trials_of(run: Run, case: Case) -> list[Trial]:
    return [t for t in run.trials if t.case == case]


def test_result_is_made_of_each_trials_own_values(sample: Run) -> None:
    result = Analysis(sample).results[CASE]
    trials = trials_of(sample, CASE)
    assert result.cold.n == 7
    assert result.cold.value == np.median([t.samples[0].wall_ns for t in trials]) / 1_000
    assert result.warm_ns == np.median([np.median([s.wall_ns for s in t.samples[1:]]) for t in trials]) / 1_000
    assert result.cpu_ns == np.median([t.samples[0].cpu_ns for t in trials]) / 1_000
    assert result.process_ns == np.median([t.wall_ns for t in trials])
    own = [t.samples[0].peak_rss_bytes - t.samples[0].rss_before_bytes for t in trials]
    assert result.memory.value == np.median(own) / 1_000
    assert result.tasks_per_second == pytest.approx(1e9 / result.cold.value)
    assert result.in_flight == 1_000


def test_only_ok_trials_that_are_no_warm_up_count(sample: Run) -> None:
    first, second, *others = trials_of(sample, CASE)
    spoiled = {
        first.trial: replace(first, warmup=True),
        second.trial: replace(second, status=Status.WRONG_ANSWER, reason="wrong"),
    }
    run = replace(sample, trials=tuple(spoiled.get(t.trial, t) for t in sample.trials))
    assert Analysis(run).results[CASE].cold_values == tuple(t.samples[0].wall_ns / 1_000 for t in others)


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.OK])
def test_no_other_state_reaches_a_result(sample: Run, status: Status) -> None:
    trials = tuple(replace(t, status=status, reason="why") if t.case == CASE else t for t in sample.trials)
    assert CASE not in Analysis(replace(sample, trials=trials)).results


def test_trials_without_samples_count_but_measure_nothing(sample: Run) -> None:
    """--phases 0 asks for the answer only."""
    answers_only = [replace(t, samples=(), phases=0) for t in trials_of(sample, CASE)]
    assert trials_frame(answers_only).empty
    assert Analysis(replace(sample, trials=tuple(answers_only))).results == {}


def test_one_phase_has_no_warm_value(sample: Run) -> None:
    trials = tuple(replace(t, samples=t.samples[:1], phases=1) for t in trials_of(sample, CASE))
    assert Analysis(replace(sample, trials=trials)).results[CASE].warm_ns is None


def test_ratio_and_speed_up_are_reciprocal_views(sample: Run) -> None:
    analysis = Analysis(sample)
    alpha, threads = analysis.results[CASE], analysis.results[Case("threads", "spawn_join", 1_000, 2)]
    assert analysis.ratio(threads, alpha).value == pytest.approx(threads.cold.value / alpha.cold.value)
    assert analysis.speed_up(alpha) == pytest.approx(threads.cold.value / alpha.cold.value)
    assert analysis.speed_up(threads) == 1.0
    assert analysis.ratio(alpha, alpha).value == 1.0


def test_the_oracle_does_not_compete_for_the_best(sample: Run) -> None:
    analysis = Analysis(sample)
    fastest = min((r for c, r in analysis.results.items() if c.workload == "compute"), key=lambda r: r.cold.value)
    best = analysis.best(fastest.case)
    assert fastest.case.subject == "plain"
    assert best is not None
    assert best.case.subject == "alpha_inline"


def test_work_that_is_not_quite_the_same_does_not_compete_for_the_best(sample: Run) -> None:
    analysis = Analysis(sample)
    rivals = [r for c, r in analysis.results.items() if (c.workload, c.tasks) == ("spawn_join", 1_000)]
    fastest = min((r for r in rivals if r.case.subject != "plain"), key=lambda r: r.cold.value)
    assert sample.unlike(fastest.case) == "nothing is scheduled"
    assert sample.unlike(replace(fastest.case, workload="compute")) is None
    best = analysis.best(fastest.case)
    assert best is not None
    assert best.case == CASE
    assert analysis.ratio(fastest, best).value < 1
    all_unlike = tuple(replace(s, unlike={"spawn_join": "how"}) for s in sample.subjects)
    assert Analysis(replace(sample, subjects=all_unlike)).best(fastest.case) is None


def test_a_case_has_the_same_numbers_whatever_else_is_in_the_run(sample: Run) -> None:
    two = {"alpha", "gamma"}
    small = Analysis(replace(sample, trials=tuple(t for t in sample.trials if t.case.subject in two)))
    whole = Analysis(sample)
    gamma = Case("gamma", "yield", 10_000, 2)
    alpha = Case("alpha", "yield", 10_000, 2)
    assert small.results[gamma] == whole.results[gamma]
    assert small.ratio(small.results[gamma], small.results[alpha]) == whole.ratio(
        whole.results[gamma], whole.results[alpha]
    )


def test_memory_line_finds_the_bytes_that_the_sample_run_was_made_with(sample: Run) -> None:
    analysis = Analysis(sample)
    line = analysis.memory_line("threads", analysis.groups[0])
    assert line is not None
    assert line.slope.value == pytest.approx(9_300, rel=0.05)
    assert line.r_squared > 0.99


def test_one_size_makes_no_memory_line(sample: Run) -> None:
    run = replace(sample, trials=tuple(t for t in sample.trials if t.case.tasks == 1_000))
    analysis = Analysis(run)
    assert analysis.memory_line("alpha", analysis.groups[0]) is None


def test_a_reference_that_measured_nothing_is_no_anchor(sample: Run) -> None:
    assert Analysis(sample).anchor == sample.subjects[0]
    run = replace(sample, trials=tuple(t for t in sample.trials if t.case.subject != "alpha"))
    assert Analysis(run).anchor is None


def test_lateness_is_added_up_over_trials(sample: Run) -> None:
    case = Case("gamma", "sleep", 1_000, 2)
    result = Analysis(sample).results[case]
    assert sum(n for _, n in result.histograms["lateness_ns"]) == 7 * 3 * 1_000
    assert Analysis(sample).results[CASE].histograms == {}


def on_one_worker_too(run: Run) -> Run:
    """The run with each trial a second time, half as fast, on one worker."""
    more = tuple(
        replace(
            t,
            trial=t.trial + len(run.trials),
            case=replace(t.case, workers=1),
            samples=tuple(replace(s, wall_ns=2 * s.wall_ns) for s in t.samples),
        )
        for t in run.trials
    )
    return replace(run, trials=(*run.trials, *more))


def test_numbers_of_workers_are_cases_of_their_own(sample: Run) -> None:
    one, both = Analysis(sample), Analysis(on_one_worker_too(sample))
    single = replace(CASE, workers=1)
    assert both.results[CASE] == one.results[CASE]
    assert both.results[single].cold.value == pytest.approx(2 * one.results[CASE].cold.value)
    assert [(g.workload.id, g.workers) for g in both.groups][:3] == [
        ("spawn_join", 1),
        ("spawn_join", 2),
        ("fan_out", 1),
    ]
    best = both.best(single)
    assert best is not None
    assert best.case.workers == 1
    assert both.result_of(sample.reference, replace(single, subject="gamma")) == both.results[single]
