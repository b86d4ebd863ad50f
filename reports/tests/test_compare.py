"""Two runs side by side."""

from dataclasses import replace

import pytest

from flowreport import units
from flowreport.cases import Analysis
from flowreport.compare import MEMORY, TIME, Comparison, Lone, alike
from flowreport.compare_text import compare_text, letter, ratio_text
from flowreport.model import Benchmark, Case, Pair, Run, Status
from flowreport.pages.compare import render_compare
from flowreport.stats.estimate import Estimate, Interval
from outline import Outline
from slower import slower


def without(run: Run, case: Case) -> Run:
    """The run in which a case was never planned."""
    cases = tuple(c for c in run.plan.cases if c.case != case)
    plan = replace(run.plan, cases=cases)
    return replace(run, plan=plan, trials=tuple(t for t in run.trials if t.case != case))


def crashed(run: Run, case: Case) -> Run:
    return replace(
        run,
        trials=tuple(
            replace(t, status=Status.CRASHED, reason="ended by signal 11") if t.case == case else t for t in run.trials
        ),
    )


CASE = Case("gamma", "sleep", 10_000, 2)


def test_the_ratio_is_that_of_the_medians_with_an_interval(measured: Run) -> None:
    comparison = Comparison(measured, slower(measured, 1.5))
    results = Analysis(measured).results
    times = {c.case: c for c in comparison.compared if c.measure == TIME and isinstance(c.case, Case)}
    assert set(times) == set(results)
    for case, c in times.items():
        assert c.base == results[case].cold
        assert c.ratio
        assert c.ratio.value == pytest.approx(1.5, rel=1e-4)
        assert c.ratio.interval is None or c.ratio.interval.holds(1.5)
    memory = [c for c in comparison.compared if c.measure == MEMORY and c.ratio]
    assert {round(c.ratio.value, 9) for c in memory if c.ratio} == {1.0}


def test_components_are_compared_by_each_of_their_times(mixed: Run) -> None:
    comparison = Comparison(mixed, slower(mixed, 2.0))
    found = {(c.case.name, c.measure): c for c in comparison.compared if isinstance(c.case, Benchmark)}
    ratio = found["push/items:8", "op"].ratio
    assert ratio
    assert ratio.value == pytest.approx(2.0)
    assert ratio.n == 7
    unchanged = found["sleep/real_time", "p99"].ratio
    assert unchanged
    assert unchanged.value == 1.0
    assert not [name for name, _ in found if name in ("wrong", "twice")]


def test_comparing_twice_gives_the_same_intervals(measured: Run) -> None:
    other = slower(measured, 1.01)
    assert Comparison(measured, other).compared == Comparison(measured, other).compared


def test_what_only_one_run_has_is_named_with_what_became_of_it(measured: Run) -> None:
    a, b = without(measured, CASE), crashed(measured, Case("pool", "sleep", 1_000, 2))
    comparison = Comparison(a, b)
    assert comparison.base_only == (Lone(Case("pool", "sleep", 1_000, 2), "crashed: ended by signal 11"),)
    assert comparison.candidate_only == (Lone(CASE, "not planned"),)
    reason = "unsupported: cannot keep 100000 threads alive at once"
    assert Lone(Case("threads", "sleep", 100_000, 2), reason) in comparison.neither
    compared = {c.case for c in comparison.compared}
    alone = {c.case for c in (*comparison.base_only, *comparison.candidate_only, *comparison.neither)}
    planned = {c.case for c in measured.plan.cases}
    assert compared | alone == planned
    assert not compared & alone


def test_a_base_that_needs_no_memory_has_no_ratio(measured: Run) -> None:
    def empty(run: Run) -> Run:
        return replace(
            run,
            trials=tuple(
                replace(t, samples=tuple(replace(s, peak_rss_bytes=s.rss_before_bytes) for s in t.samples))
                for t in run.trials
            ),
        )

    comparison = Comparison(empty(measured), measured)
    assert {c.ratio for c in comparison.compared if c.measure == MEMORY} == {None}
    assert units.DASH in compare_text(["a", "b"], [comparison])
    render_compare(["a", "b"], [comparison])


def test_runs_of_one_pair_are_known(measured: Run) -> None:
    base, other = (replace(measured, pair=Pair("p", arm, "")) for arm in ("base", "candidate"))
    assert Comparison(base, other).paired
    assert not Comparison(base, base).paired
    assert not Comparison(base, replace(other, pair=Pair("q", "candidate", ""))).paired
    assert not Comparison(base, measured).paired


def test_the_ratio_of_a_pair_is_within_rounds(measured: Run) -> None:
    """Rounds that differ by factors of 10 hide 5 % from the medians, and not from the pairs."""

    def drifting(factor: float) -> Run:
        trials = []
        for t in measured.trials:
            wall = round(1e6 * 10**t.round * (factor * (1 + 0.002 * t.round)))
            trials.append(replace(t, samples=tuple(replace(s, wall_ns=wall) for s in t.samples)))
        return replace(measured, trials=tuple(trials))

    base, candidate = drifting(1.0), drifting(1.05)
    arms = [replace(run, pair=Pair("p", arm, "")) for run, arm in ((base, "base"), (candidate, "candidate"))]
    (paired,) = [c for c in Comparison(*arms).compared if (c.case, c.measure) == (CASE, TIME)]
    (apart,) = [c for c in Comparison(base, candidate).compared if (c.case, c.measure) == (CASE, TIME)]
    assert paired.ratio
    assert paired.ratio.interval
    assert paired.ratio.interval.low == pytest.approx(1.05)
    assert paired.ratio.interval.high == pytest.approx(1.05)
    assert apart.ratio
    assert apart.ratio.interval
    assert apart.ratio.interval.holds(1.0)
    note = "A and B were measured together: each ratio is that within pairs of the same round"
    assert note in compare_text(["a", "b"], [Comparison(*arms)])
    assert note not in compare_text(["a", "b"], [Comparison(base, candidate)])
    assert "A and B were measured together" in render_compare(["a", "b"], [Comparison(*arms)])


def test_a_round_without_its_other_half_is_left_out(measured: Run) -> None:
    base = replace(measured, pair=Pair("p", "base", ""))
    kept = tuple(t for t in measured.trials if t.case != CASE or t.round < 6)
    twice = tuple(replace(t, trial=t.trial + 100_000) for t in kept if t.case == CASE and t.round == 0)
    candidate = replace(slower(measured, 2.0), trials=kept + twice, pair=Pair("p", "candidate", ""))
    (found,) = [c for c in Comparison(base, candidate).compared if (c.case, c.measure) == (CASE, TIME)]
    assert found.ratio
    assert found.ratio.n == 5
    assert found.ratio.interval is None
    assert (found.base.n, found.candidate.n) == (7, 7)


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (None, "–"),
        (Estimate(1.08, 7, Interval(1.03, 1.12)), "▲ 1.08× (1.03 – 1.12)"),
        (Estimate(0.9, 7, Interval(0.8, 0.95)), "▼ 0.900× (0.800 – 0.950)"),
        (Estimate(1.01, 7, Interval(0.98, 1.02)), "≈ 1.01× (0.980 – 1.02)"),
        (Estimate(1.2, 3, None), "△ 1.20×"),
    ],
)
def test_the_sign_says_what_the_interval_says(ratio: Estimate | None, text: str) -> None:
    assert ratio_text(ratio) == text


def test_runs_are_called_by_letters() -> None:
    assert [letter(i) for i in (0, 1, 25, 26)] == ["A", "B", "Z", "A2"]


def test_the_text_has_a_line_for_each_case_and_a_column_for_each_run(measured: Run) -> None:
    comparisons = [Comparison(measured, slower(measured, f)) for f in (1.5, 2.0)]
    text = compare_text(["results/a", "baseline:b", "c"], comparisons)
    lines = text.splitlines()
    assert lines[0].startswith("A (base): results/a, run 20260102T030405Z-7a7a, commit 0123abcd0123+changes, ")
    assert lines[1].startswith("B: baseline:b, ")
    (row,) = [line for line in lines if line.startswith("gamma sleep 10K  ") and " ns" in line]
    assert "▲ 1.50×" in row
    assert "▲ 2.00×" in row
    assert row.index("1.50") < row.index("2.00")
    table = lines[lines.index("time per task, cold median (lower is better)") + 1 :]
    body = table[: table.index("")]
    assert len({len(line) for line in body}) == 1
    assert len(body) == 1 + len({c.case for c in comparisons[0].compared})
    assert "† alpha_inline" not in text  # these two workloads are the same work for it
    assert "threads sleep 100K: unsupported: cannot keep 100000 threads alive at once" in text


def test_other_conditions_are_told(measured: Run) -> None:
    other = replace(measured, environment=replace(measured.environment, kernel="6.19.0\x1b[31m"))
    comparison = Comparison(measured, other)
    text = compare_text(["a", "b"], [comparison])
    assert "warning: A and B were not measured under the same conditions (A | B)" in text
    assert "  kernel: 6.18.0 | 6.19.0" in text.splitlines()
    page = render_compare(["a", "b"], [comparison])
    assert "Not all runs were made under the same conditions" in page
    assert "kernel: 6.18.0 | 6.19.0" in page
    assert "same conditions" not in compare_text(["a", "b"], [Comparison(measured, measured)])


def test_the_page_holds_every_ratio_and_loads_nothing(measured: Run) -> None:
    comparison = Comparison(without(measured, CASE), slower(measured, 1.5))
    page = render_compare(["results/<a>", "b"], [comparison])
    outline = Outline(page)
    time = outline.rows["c1-time-w"]
    assert len(time) == 1 + len({c.case for c in comparison.compared})
    (row,) = [row for row in time if row[0].startswith("pool sleep 10K")]
    assert row[5] == "▲ 1.50×"
    pictures = [a for a in outline.all("svg") if "forest" in (a.get("class") or "")]
    assert len(pictures) == 2
    (policy,) = [a["content"] for a in outline.all("meta") if a.get("http-equiv")]
    assert policy
    assert "default-src 'none'" in policy
    assert not outline.all("script")
    links = [v for _, attributes in outline.elements for k, v in attributes.items() if k in ("src", "href")]
    assert all(str(link).startswith("#") for link in links)
    assert "gamma sleep 10K: not planned" in page
    assert "results/&lt;a&gt;" in page


def test_runs_without_a_case_in_common_say_so(measured: Run, mixed: Run) -> None:
    alone = replace(mixed, trials=(), workloads=(), plan=replace(mixed.plan, cases=()))
    comparison = Comparison(measured, alone)
    assert comparison.compared == ()
    assert "no measured case in common" in render_compare(["a", "b"], [comparison])
    assert "measured in A only, not in B" in compare_text(["a", "b"], [comparison])


def test_cases_of_one_subject_with_one_reason_share_a_line() -> None:
    lone = [Lone(Case("s", "w", n, 2), "not run") for n in (1_000, 10_000)] + [
        Lone(Case("s", "v", 1_000, 2), "crashed")
    ]
    assert list(alike(lone, several_workers=False)) == ["s w 1K, 10K: not run", "s v 1K: crashed"]
