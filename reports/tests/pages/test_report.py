"""The page as a document: its structure, its numbers, and that nothing in a run can become markup."""

import base64
import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from flowreport import units
from flowreport.cases import Analysis
from flowreport.gate_verdict import GateVerdict
from flowreport.load import load_run
from flowreport.model import Case, Run, Status
from flowreport.pages.report import render_report
from flowreport.stats.ratio import geometric_mean
from flowreport.text import visible
from outline import Outline
from sample_run import HOSTILE_REASON, HOSTILE_TITLE, write_sample_run


def only(run: Run, *workloads: str) -> Run:
    """The run with these workloads alone, which is quicker to draw."""
    cases = tuple(c for c in run.plan.cases if c.case.workload in workloads)
    trials = tuple(t for t in run.trials if t.case.workload in workloads)
    kept = tuple(w for w in run.workloads if w.id in workloads)
    return replace(run, workloads=kept, trials=trials, plan=replace(run.plan, cases=cases))


@pytest.fixture(scope="module")
def outline(page: str) -> Outline:
    return Outline(page)


def test_sections_are_there_in_order(outline: Outline, sample: Run) -> None:
    ids = [a["id"] for a in outline.all("section") if "id" in a]
    workloads = [f"w{i}" for i in range(len(sample.workloads))]
    assert ids == ["overview-section", "environment", "method", *workloads, "memory", "sequence", "reading", "raw"]
    assert {f"#{i}" for i in ids} <= {a.get("href") for a in outline.all("a")}


def test_ids_are_unique_and_links_and_labels_lead_somewhere(outline: Outline) -> None:
    ids = Counter(a["id"] for _, a in outline.elements if "id" in a)
    assert [i for i, n in ids.items() if n > 1] == []
    targets = [a["href"] for _, a in outline.elements if (a.get("href") or "").startswith("#")]
    assert targets
    assert {t[1:] for t in targets if t} <= set(ids)
    labels = [label for _, a in outline.elements for label in (a.get("aria-labelledby") or "").split()]
    assert set(labels) <= set(ids)


def test_each_workload_has_its_charts(outline: Outline, sample: Run) -> None:
    kinds = Counter((a.get("class") or "").removeprefix("chart ") for a in outline.all("svg"))
    workloads = len(sample.workloads)
    assert kinds["scale-logarithmic"] == kinds["scale-linear"] == 2 * workloads
    assert kinds["forest"] == workloads
    assert kinds["panels"] == 3 * workloads  # trials, resources, memory as intercept and slope
    assert kinds["timeline"] == kinds["chart"] == 1


def test_nothing_is_loaded_from_anywhere(page: str, outline: Outline) -> None:
    for tag, attributes in outline.elements:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"} or "action" not in attributes
        assert "src" not in attributes
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("id") == "raw-data" or (attributes.get("href") or "#").startswith("#")
    assert "@import" not in page
    assert "url(" not in page.replace("url(#", "")


def test_policy_allows_exactly_this_style_and_this_script(page: str, outline: Outline) -> None:
    (policy,) = [a["content"] for a in outline.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert (len(style), len(script)) == (1, 1)
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style[0], script[0])]
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )


def test_hostile_text_stays_text(page: str, outline: Outline) -> None:
    assert len(outline.all("script")) == 2
    assert HOSTILE_TITLE not in page
    assert any(HOSTILE_TITLE in cell for row in outline.rows["overview"] for cell in row)
    assert any(visible(HOSTILE_REASON) in cell for row in outline.rows["not-counted"] for cell in row)
    assert not [c for c in page if c != "\n" and (ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0)]


def test_raw_data_holds_every_trial_as_it_was(outline: Outline, sample: Run) -> None:
    data = json.loads(outline.raw_data())
    assert data["run"]["id"] == sample.id
    assert data["run"]["answer_seed"] == "18446744073709551615"
    rows = [dict(zip(data["trial_columns"], row, strict=True)) for row in data["trials"]]
    assert [r["trial"] for r in rows] == [t.trial for t in sample.trials]
    assert {r["reason"] for r in rows} == {t.reason for t in sample.trials}
    for row, trial in zip(rows, sample.trials, strict=True):
        assert (row["status"], row["wall_ns"], row["subject"]) == (trial.status, trial.wall_ns, trial.case.subject)
        assert [row[f"{of}_pressure_ns"] for of in ("cpu", "memory", "io")] == [250_000, 0, None]
        assert row["clock_error_ns"] == trial.clock_error_ns
        samples = [dict(zip(data["sample_columns"], s, strict=True)) for s in row["samples"]]
        assert [s["wall_ns"] for s in samples] == [s.wall_ns for s in trial.samples]


def test_overview_has_a_row_per_workload_and_size_and_a_column_per_subject(outline: Outline, sample: Run) -> None:
    head, *rows = outline.rows["overview"]
    assert [cell.strip() for cell in head[2:]] == [s.title for s in sample.subjects]
    assert [(r[0], r[1]) for r in rows] == [(w.title, n) for w in sample.workloads for n in ("1K", "10K", "100K")]
    assert {len(r) for r in rows} == {2 + len(sample.subjects)}


def test_overview_marks_do_not_need_colour(outline: Outline, sample: Run) -> None:
    analysis = Analysis(sample)
    row = next(r for r in outline.rows["overview"] if r[:2] == ["Compute", "10K"])
    alpha = analysis.results[Case("alpha", "compute", 10_000, 2)]
    for cell, subject in zip(row[2:], sample.subjects, strict=True):
        result = analysis.results.get(Case(subject.id, "compute", 10_000, 2))
        if result is None:
            assert cell == "not built"
        elif subject.id == "alpha":
            assert cell == "● 1.00×"
        else:
            ratio = analysis.ratio(result, alpha)
            assert cell == f"{'▼' if ratio.value < 1 else '▲'} {units.ratio(ratio.value)}"


def test_a_ratio_whose_interval_holds_1_is_marked_alike(sample: Run) -> None:
    gamma = Case("gamma", "compute", 10_000, 2)
    twin = {t.round: t.samples for t in sample.trials if t.case == Case("alpha", "compute", 10_000, 2)}
    trials = tuple(replace(t, samples=twin[t.round]) if t.case == gamma else t for t in sample.trials)
    rows = Outline(render_report(only(replace(sample, trials=trials), "compute"))).rows["overview"]
    row = next(r for r in rows if r[:2] == ["Compute", "10K"])
    assert row[2 + [s.id for s in sample.subjects].index("gamma")] == "≈ 1.00×"


def test_unlike_work_is_marked_wherever_it_is_compared(outline: Outline, sample: Run) -> None:
    column = 2 + [s.id for s in sample.subjects].index("alpha_inline")
    for row in outline.rows["overview"][1:]:
        assert row[column].endswith("†") == (row[0] == "Spawn and join"), row
    for table in ("w0-all", "w1-all"):
        marked = {row[1] for row in outline.rows[table] if "†" in row[1]}
        assert marked == {"Alpha, inline†" if table == "w0-all" else f"{HOSTILE_TITLE}†"}
    lines = [row for row in outline.rows["memory-lines"] if "†" in row[1]]
    assert [row[0] for row in lines] == ["Spawn and join", "Fan out"]
    legends = [i for i, text in enumerate(outline.texts["a"]) if text == "†"]
    assert (
        len(legends) == 3 + 3 + 3 + 3 + 2 + 2
    )  # overview, tables, memory, legends; three sizes each where there are rows


def test_each_mark_of_unlike_work_leads_to_how_it_differs(page: str, outline: Outline) -> None:
    marks = [a for a in outline.all("a") if a.get("class") == "unlike"]
    assert {a["aria-label"] for a in marks} == {"not quite the same work"}
    notes = {f"#{a['id']}": a for a in outline.all("li") if (a.get("id") or "").startswith("unlike-")}
    assert {a["href"] for a in marks} == set(notes) == {"#unlike-0-2-1", "#unlike-1-2-5"}
    assert [a["data-subject"] for a in notes.values()] == ["1", "5"]
    assert ": nothing is scheduled" in outline.texts["li"]
    assert ": in </li><script>alert(4)</script> shares" in outline.texts["li"]
    assert page.count("† Not quite the same work, so never the best") == 2


def test_unlike_work_is_in_no_geometric_mean(outline: Outline, sample: Run) -> None:
    cases = {row[0]: row[2] for row in outline.rows["means"][1:]}
    assert (cases["Alpha, inline"], cases["Gamma"]) == ("27", "30")
    analysis = Analysis(sample)
    inline = [
        analysis.ratio(r, base).value
        for case, r in analysis.results.items()
        if case.subject == "alpha_inline" and case.workload != "spawn_join"
        for base in [analysis.result_of(sample.reference, case)]
        if base
    ]
    mean = next(row[1] for row in outline.rows["means"] if row[0] == "Alpha, inline")
    assert mean == units.ratio(geometric_mean(np.array(inline)))


def test_a_reference_that_is_unlike_is_in_no_geometric_mean(sample: Run) -> None:
    subjects = tuple(replace(s, unlike={"fan_out": "how"} if s.reference else {}) for s in sample.subjects)
    rows = Outline(render_report(only(replace(sample, subjects=subjects), "fan_out", "compute"))).rows
    assert {row[0]: row[2] for row in rows["means"][1:]}["Gamma"] == "3"
    assert [r[2] for r in rows["overview"] if r[:2] == ["Fan out", "1K"]] == ["● 1.00×†"]


def test_a_run_of_the_same_work_has_no_mark(sample: Run) -> None:
    alike = replace(sample, subjects=tuple(replace(s, unlike={}) for s in sample.subjects))
    same = render_report(only(alike, "spawn_join", "fan_out"))
    outline = Outline(same)
    assert not [a for a in outline.all("a") if a.get("class") == "unlike"]
    assert "Not quite the same work" not in same
    assert "† not quite the same work" not in same


def test_workload_table_has_the_numbers_of_each_measured_case(outline: Outline, sample: Run) -> None:
    analysis = Analysis(sample)
    head, *rows = outline.rows["w2-all"]
    results = [r for c, r in analysis.results.items() if c.workload == sample.workloads[2].id]
    assert len(rows) == len(results)
    assert head[:5] == ["Tasks", "Subject", "Coldns/task", "95 % intervalns/task", "ntrials"]
    gamma = analysis.results[Case("gamma", "compute", 10_000, 2)]
    row = next(r for r in rows if r[0] == "10K" and r[1] == "Gamma")
    interval = gamma.cold.interval
    assert interval is not None
    assert gamma.warm_ns is not None
    assert row[2:10] == [
        units.number(gamma.cold.value),
        f"{units.number(interval.low)} – {units.number(interval.high)}",
        "7",
        units.number(gamma.warm_ns),
        units.number(gamma.cpu_ns),
        units.count(gamma.tasks_per_second),
        units.number(gamma.memory.value),
        units.number(gamma.process_ns / 1e6),
    ]


def test_the_four_numbers_are_in_both_languages_for_reference_and_baseline(outline: Outline, sample: Run) -> None:
    head, *rows = outline.rows["w0-lines"]
    for words in ("执行时间 / time", "吞吐量 / throughput", "内存使用 / memory", "性能提升 / speed-up"):
        assert any(words in cell for cell in head)
    assert [(r[0], r[1]) for r in rows] == [
        (n, s) for n in ("1,000", "10,000", "100,000") for s in ("Alpha", "Thread per task")
    ]
    analysis = Analysis(sample)
    alpha = analysis.results[Case("alpha", "spawn_join", 1_000, 2)]
    speed_up = analysis.speed_up(alpha)
    assert speed_up is not None
    assert rows[0][2:] == [
        units.duration(alpha.cold.value * 1_000),
        units.count(alpha.tasks_per_second),
        units.number(alpha.memory.value),
        units.ratio(speed_up),
    ]


def test_a_case_with_lost_trials_says_how_many_are_left(outline: Outline) -> None:
    cells = [row[4] for row in outline.rows["w6-all"]]
    assert any(re.fullmatch(r"\d of 7", c) for c in cells)


def test_lateness_is_shown_where_it_was_measured(outline: Outline, sample: Run) -> None:
    sleeping = [f"w{i}-late" for i, w in enumerate(sample.workloads) if w.id == "sleep"]
    assert [key for key in outline.rows if key.endswith("-late")] == sleeping
    assert all(cell.startswith("≤ ") for row in outline.rows[sleeping[0]][1:] for cell in row[2:7])


def test_front_page_tells_of_keys_that_nobody_knows(sample: Run, page: str) -> None:
    assert "does not know" not in page
    run = only(sample, "compute")
    first = run.trials[0].case.subject
    trials = tuple(replace(t, unknown_keys=2) if t.case.subject == first else t for t in run.trials)
    shown = Outline(render_report(replace(run, trials=trials)))
    n = sum(t.case.subject == first for t in trials)
    line = f"{first} wrote {2 * n} keys that the contract does not know, in {n} trials: they were ignored."
    assert line in shown.texts["li"]
    data = json.loads(shown.raw_data())
    place = data["trial_columns"].index("unknown_keys")
    assert [row[place] for row in data["trials"]] == [t.unknown_keys for t in trials]


def test_front_page_tells_each_state_and_the_limits(page: str, outline: Outline) -> None:
    states = [row[0] for row in outline.rows["not-counted"][1:]]
    assert states == ["wrong answer", "crashed", "contaminated", "unsupported", "unsupported", "not built"]
    assert any("vm.max_map_count=65530" in row[5] and row[6] == "32,741" for row in outline.rows["not-counted"])
    assert "13 of 1,470 trials failed" in page
    assert "uncommitted changes" in page
    assert "load average 1.42" in page


def test_environment_and_command_are_shown(outline: Outline) -> None:
    values = "\n".join(outline.texts["dd"])
    for text in ("Example CPU <2.4 GHz> & more", "6.18.0", "powersave", "cpu.max 200000 100000", "1.42 (1 minute)"):
        assert text in values
    assert outline.texts["code"][:1] == ["flowbench run --rounds 7 --seed 7 --filter 'a b;$(c)'\"'\"'d'"]


def test_page_stays_small(page: str) -> None:
    assert len(page.encode()) < 3_000_000


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.OK])
def test_a_run_in_which_everything_ended_badly_still_has_a_report(sample: Run, status: Status) -> None:
    trials = tuple(replace(t, status=status, reason="why", samples=()) for t in sample.trials)
    outline = Outline(render_report(replace(sample, trials=trials)))
    assert outline.all("svg")
    assert not [a for a in outline.all("svg") if (a.get("class") or "").startswith("chart")]
    assert "Nothing was measured." in " ".join(outline.texts["p"])


def test_a_run_without_trials_roles_and_optional_facts_has_a_report(sample: Run) -> None:
    subjects = tuple(replace(s, reference=False, baseline=False, oracle=False, build=None) for s in sample.subjects)
    environment = replace(sample.environment, governor=None, turbo=None, smt=None, virtualization=None, warnings=())
    run = only(replace(sample, subjects=subjects, environment=environment), "compute")
    assert "the fastest of the row" in render_report(run)
    empty = render_report(replace(run, trials=(), workloads=(), torn="dropped"))
    assert "Nothing was measured" in empty
    assert "dropped" in empty


def test_two_rounds_have_medians_and_no_intervals(sample: Run) -> None:
    run = only(replace(sample, trials=tuple(t for t in sample.trials if t.round < 2)), "spawn_join")
    rows = Outline(render_report(run)).rows["w0-all"]
    assert all(row[3] == "–too few trials" for row in rows[1:])
    ratios = [row[-1] for row in rows[1:]]
    assert all(r.startswith(("△ ", "▽ ", "● ")) for r in ratios)
    assert any(r.endswith("too few trials") for r in ratios)


def test_more_subjects_than_colours_have_a_report(sample: Run) -> None:
    more = tuple(replace(sample.subjects[-1], id=f"more{i}", title=f"More {i}") for i in range(30))
    outline = Outline(render_report(replace(sample, subjects=(*sample.subjects, *more), trials=sample.trials[:50])))
    assert len(outline.rows["overview"][0]) == 2 + len(sample.subjects) + 30


def test_several_numbers_of_workers_have_sections_of_their_own(sample: Run) -> None:
    few = tuple(t for t in sample.trials if t.case.workload == "compute")
    more = tuple(replace(t, trial=t.trial + 10_000, case=replace(t.case, workers=1)) for t in few)
    plan = replace(sample.plan, cases=())
    compute = tuple(w for w in sample.workloads if w.id == "compute")
    outline = Outline(render_report(replace(sample, trials=(*few, *more), plan=plan, workloads=compute)))
    titles = [t for t in outline.texts["h2"] if t.startswith("Compute")]
    assert titles == ["Compute on 1 worker", "Compute on 2 workers"]
    assert len(outline.rows["overview"]) == 1 + 2 * 3


def test_the_banner_is_one_line_of_what_became_of_the_trials(outline: Outline, page: str) -> None:
    banners = [a for a in outline.all("section") if "verdict" in (a.get("class") or "").split()]
    assert [a["aria-label"] for a in banners] == ["Verdict"]
    assert page.index("13 of 1,470 trials failed") < page.index("trials planned") < page.index("<nav")


@pytest.mark.parametrize(
    ("verdict", "tone"), [("pass", "good"), ("regression", "bad"), ("inconclusive", "mixed"), ("invalid", "mixed")]
)
def test_the_banner_shows_the_verdict_of_a_gate(sample: Run, verdict: str, tone: str) -> None:
    reasons = (HOSTILE_REASON, "b", "c", "d", "e")
    page = render_report(only(sample), gate=GateVerdict(verdict, reasons))
    outline = Outline(page)
    (banner,) = [a for a in outline.all("section") if a.get("aria-label") == "Verdict of the gate"]
    assert banner["class"] == f"verdict {tone}"
    assert f"Gate: {verdict}" in outline.texts["p"]
    assert visible(HOSTILE_REASON) in outline.texts["li"]
    assert "and 2 more in verdict.json" in outline.texts["li"]


def test_a_gate_without_a_readable_verdict_is_not_shown_as_a_pass(sample: Run) -> None:
    outline = Outline(render_report(only(sample), gate=GateVerdict("", ("verdict.json is not JSON",))))
    (banner,) = [a for a in outline.all("section") if a.get("aria-label") == "Verdict of the gate"]
    assert banner["class"] == "verdict mixed"
    assert "Gate: no verdict" in outline.texts["p"]


def test_ratios_of_all_pairs_are_within_the_page(page: str, sample: Run) -> None:
    (text,) = re.findall(r'<script type="application/json" id="ratio-data">(.*?)</script>', page)
    data = json.loads(text)
    analysis = Analysis(sample)
    places = [s.id for s in sample.subjects]
    assert data["base"] == places.index("alpha")
    assert len(data["groups"]) == 3 * len(sample.workloads)
    group = data["groups"][3 * [w.id for w in sample.workloads].index("compute") + 1]
    gamma, pool = (analysis.results[Case(s, "compute", 10_000, 2)] for s in ("gamma", "pool"))
    above, below = (group["measured"].index(places.index(s)) for s in ("gamma", "pool"))
    ratio = analysis.ratio(gamma, pool)
    assert ratio.interval is not None
    expected = [ratio.value, ratio.interval.low, ratio.interval.high]
    assert group["ratios"][above][below] == pytest.approx(expected, rel=1e-5)
    assert group["ratios"][above][above] is None
    fan_out = data["groups"][3 * [w.id for w in sample.workloads].index("fan_out")]
    assert fan_out["unlike"] == [places.index("hostile")]


def test_every_cell_with_a_ratio_to_the_base_and_every_row_of_a_forest_has_its_key(page: str, sample: Run) -> None:
    analysis = Analysis(sample)
    keys = Counter(re.findall(r'<td[^>]* data-key="([\d-]+)"', page))
    rows = Counter(re.findall(r'<g [^>]*data-key="([\d-]+)"', page))
    assert len(keys) == len(rows) == len(analysis.results)
    assert set(keys.values()) == {2}  # the overview, and the table of the workload
    assert set(rows.values()) == {1}


def test_resources_are_medians_over_trials(outline: Outline, sample: Run) -> None:
    case = Case("gamma", "compute", 10_000, 2)
    trials = [t for t in sample.trials if t.case == case and t.counts]
    row = next(r for r in outline.rows["w2-all"] if r[0] == "10K" and r[1] == "Gamma")
    for cell, name in ((row[10], "voluntary_switches"), (row[11], "involuntary_switches")):
        per_thousand = [getattr(t, name) * 1000 / (10_000 * len(t.samples)) for t in trials]
        assert cell == units.number(float(np.median(per_thousand)))


def test_speed_up_is_that_of_a_subject_over_itself_with_the_fewest_workers(tmp_path: Path) -> None:
    run = load_run(write_sample_run(tmp_path, places=[2], sizes=[1_000, 10_000], workers=(1, 2, 4)))
    outline = Outline(render_report(run))
    head, *rows = outline.rows["speed-up-all"]
    assert head[3:] == ["2 workersspeed-up", "4 workersspeed-up"]
    analysis = Analysis(run)
    one, four = (analysis.results[Case("gamma", "compute", 10_000, w)] for w in (1, 4))
    row = next(r for r in rows if r[1:3] == ["10K", "Gamma"])
    assert row[4].startswith(units.ratio(one.cold.value / four.cold.value))
    # The model: a fifth of the work cannot be shared.
    assert one.cold.value / four.cold.value == pytest.approx(1 / (0.2 + 0.8 / 4), rel=0.1)
    charts = [a for a in outline.all("svg") if (a.get("aria-labelledby") or "").startswith("speed-up-")]
    assert len(charts) == 2
    assert any(a.get("class") == "ideal" for a in outline.all("path"))


def test_one_number_of_workers_has_no_speed_up(outline: Outline) -> None:
    assert "speed-up-all" not in outline.rows
    assert not [a for a in outline.all("section") if a.get("id") == "speed-up"]


def test_tables_and_wide_charts_can_be_scrolled_by_keyboard(outline: Outline) -> None:
    regions = [a for a in outline.all("div") if a.get("role") == "region"]
    assert len(regions) > 40
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in regions)


def test_controls_have_names(outline: Outline) -> None:
    assert {a["id"] for a in outline.all("input") if "id" in a} == {"filter-text", "linear"}
    assert [a["role"] for a in outline.all("span") if a.get("id") == "filter-status"] == ["status"]
    assert [a["value"] for a in outline.all("option") if "selected" in a] == ["0"]
