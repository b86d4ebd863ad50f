"""The plain-text summary."""

from dataclasses import replace

from flowreport import units
from flowreport.cases import Analysis
from flowreport.model import Case, Run
from flowreport.summary import summarize


def test_each_case_has_its_median_ratio_and_bytes(sample: Run) -> None:
    analysis = Analysis(sample)
    time_part, memory_part = summarize(sample).split("memory per task", 1)
    result = analysis.results[Case("gamma", "compute", 10_000, 2)]
    ratio = analysis.ratio(result, analysis.results[Case("alpha", "compute", 10_000, 2)])
    (line,) = [x for x in time_part.splitlines() if x.split()[:2] == ["compute", "10K"]]
    assert f"{units.number(result.cold.value)} ns {units.ratio(ratio.value)}" in line
    (line,) = [x for x in memory_part.splitlines() if x.split()[:2] == ["compute", "10K"]]
    assert f"{units.number(result.memory.value)} B" in line


def test_there_is_a_line_for_each_workload_and_size_and_they_are_aligned(sample: Run) -> None:
    table = summarize(sample).split("\n\n")[1].splitlines()[1:]
    assert len(table) == 1 + len(sample.workloads) * 3
    ends = {line.rindex(line.split()[-1]) + len(line.split()[-1]) for line in table}
    assert len(ends) == 1


def test_what_was_not_measured_says_why(sample: Run) -> None:
    text = summarize(sample)
    assert "not built" in text
    assert "unsupported ×7: threads sleep 100K: cannot keep 100000 threads alive at once" in text
    assert "(vm.max_map_count=65530), largest 32,741" in text


def test_no_control_character_reaches_the_terminal(sample: Run) -> None:
    text = summarize(sample)
    assert "red" in text
    assert not [c for c in text if c != "\n" and not c.isprintable()]


def test_a_run_without_a_reference_has_no_ratios(sample: Run) -> None:
    subjects = tuple(replace(s, reference=False) for s in sample.subjects)
    assert "×" not in summarize(replace(sample, subjects=subjects)).split("not counted")[0]


def test_a_run_without_trials_says_so(sample: Run) -> None:
    text = summarize(replace(sample, trials=()))
    assert "1,470 without a record" in text
    assert "not run" in text


def test_several_numbers_of_workers_get_a_column(sample: Run) -> None:
    more = tuple(replace(t, trial=t.trial + 10_000, case=replace(t.case, workers=1)) for t in sample.trials)
    text = summarize(replace(sample, trials=(*sample.trials, *more)))
    rows = [line.split()[:3] for line in text.splitlines() if line.startswith(("workload", "compute"))]
    assert rows[:3] == [["workload", "tasks", "workers"], ["compute", "1K", "1"], ["compute", "10K", "1"]]
    assert "unsupported ×14: threads sleep on 1 worker 100K; sleep on 2 workers 100K:" in text


def test_unlike_work_is_marked_and_explained(sample: Run) -> None:
    text = summarize(sample)
    lines = text.splitlines()
    assert "† not quite the same work" in lines
    assert "  alpha_inline spawn_join: nothing is scheduled" in lines
    times = lines[: lines.index("memory per task, median (lower is better)")]
    marked = [line.split()[0] for line in times if "† " in line]
    assert marked == ["spawn_join"] * 3 + ["fan_out"] * 3
    same = summarize(replace(sample, subjects=tuple(replace(s, unlike={}) for s in sample.subjects)))
    assert "†" not in same
