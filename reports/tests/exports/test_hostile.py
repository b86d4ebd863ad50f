"""Names and reasons that try to be something else, through every format and its reader."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree as ET

import pyperf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from flowreport.commands.export import NAMES
from flowreport.compare import Comparison
from flowreport.compare_text import compare_text
from flowreport.exports.formats import FORMATS
from flowreport.model import Benchmark, BenchmarkTrial, Run, Status
from flowreport.pages.compare import render_compare
from outline import Outline

GFM = MarkdownIt("gfm-like")
NASTY = [
    '=HYPERLINK("http://e.example","x")', "+1", "-1", "@SUM(A1)", "\tx", "\rx", "a|b", "\\|", "`", "``x",
    "<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "::error file=x::y", "##vso[task]x", "]]>",
    "<!--", "&amp;", "\x00", "\x1b[31mred", "\x1b]0;t\x07", "\u202eabc", "\ud800", "\ufffe", "a b",
    "a\nBenchmarkX 1 1 ns/op", "Unit ns/op better=higher", "../../etc/passwd", "", " ", "%s{0}", "-8",
]  # fmt: skip
TEXT = st.sampled_from(NASTY) | st.text(max_size=12)


def renamed(run: Run, subject: str, name: str, reason: str) -> Run:
    """One subject of few trials, and one benchmark, under other names; its second round ended badly."""
    old = run.subjects[0].id
    case = replace(next(c.case for c in run.plan.cases if c.case.subject == old), subject=subject)
    trials = [replace(t, case=case) for t in run.trials if t.case.subject == old and t.case.tasks == case.tasks]
    trials = [replace(t, status=Status.CRASHED, reason=reason) if t.round else t for t in trials]
    benchmark = Benchmark("micro", name)
    measured = [t for t in run.benchmark_trials if t.case.name == "push/items:8"]

    def counters(t: BenchmarkTrial) -> BenchmarkTrial:
        assert t.measurement
        return replace(t, case=benchmark, measurement=replace(t.measurement, counters={name: 1.0}, label=reason))

    planned = replace(run.plan.cases[0], case=case)
    plan = replace(run.plan, cases=(planned,), benchmarks=(replace(run.plan.benchmarks[0], case=benchmark),))
    subjects = tuple(
        replace(s, id=subject, note=reason, title=name) if s.id == old else s
        for s in run.subjects
        if s.id in (old, "micro")
    )
    environment = replace(run.environment, cpu_model=name, kernel=reason, warnings=(reason,))
    return replace(
        run, id=name, plan=plan, trials=tuple(trials), benchmark_trials=tuple(map(counters, measured)),
        subjects=subjects, environment=environment, tool=replace(run.tool, commit=reason),
    )  # fmt: skip


def check_json(text: str) -> None:
    json.loads(text, parse_constant=pytest.fail)
    assert text.isascii()


def check_pyperf(text: str) -> None:
    check_json(text)
    assert len(pyperf.BenchmarkSuite.loads(text)) >= 2


def check_gotext(text: str) -> None:
    lines = text.split("\n")
    assert lines == [*text.splitlines(), ""]
    head, body = lines[:4], lines[4:-1]
    assert [line.split(" ", 1)[0] for line in head] == ["#", "cpu:", "machine:", ""]
    for line in body:
        name, _, *figures = line.split(" ")
        assert re.fullmatch(r"Benchmark[^a-z]\S*-[0-9]+", name)
        assert len(line.split()) == len(figures) + 2
        assert len(figures) % 2 == 0
        assert all(float(f) >= 0 for f in figures[::2])


def check_csv(text: str) -> None:
    header, *rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert rows
    for row in rows:
        assert len(row) == len(header)
        assert not [cell for cell in row if cell.lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))]


def check_markdown(text: str) -> None:
    for token in GFM.parse(text):
        assert token.type != "html_block"
        assert {c.type for c in token.children or []} <= {"text", "code_inline", "em_open", "em_close"}
    assert not [line for line in text.splitlines() if line.lstrip().startswith("::") or "##vso" in line]
    assert "\x1b" not in text


def check_xml(text: str) -> None:
    ET.fromstring(text.encode())  # noqa: S314 - made in this test


CHECKS: dict[str, Callable[[str], None]] = {
    **dict.fromkeys(("gbench", "bmf", "gha", "hyperfine"), check_json),
    "pyperf": check_pyperf,
    "gotext": check_gotext,
    "csv": check_csv,
    "markdown": check_markdown,
    "junit": check_xml,
}


def test_every_format_is_checked_and_offered() -> None:
    assert set(NAMES) == set(FORMATS) == set(CHECKS)


def test_no_text_gets_out_of_its_place(mixed: Run) -> None:
    @settings(max_examples=40)
    @given(subject=TEXT.filter(lambda text: text != "micro"), name=TEXT, reason=TEXT)
    def check(subject: str, name: str, reason: str) -> None:
        run = renamed(mixed, subject, name, reason)
        for format_name, check_format in CHECKS.items():
            text = FORMATS[format_name](run)
            text.encode()
            check_format(text)

    check()


def test_no_text_gets_out_of_a_comparison(mixed: Run) -> None:
    @settings(max_examples=10)
    @given(subject=TEXT.filter(lambda text: text != "micro"), name=TEXT, reason=TEXT)
    def check(subject: str, name: str, reason: str) -> None:
        comparison = Comparison(few, renamed(few, subject, name, reason))
        text = compare_text([name, reason], [comparison])
        assert not [c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
        assert "\u202e" not in text
        assert not [line for line in text.splitlines() if line.lstrip().startswith("::") or "##" in line]
        page = Outline(render_compare([name, reason], [comparison]))
        assert not page.all("script")
        assert not page.all("img")
        assert not [k for _, attributes in page.elements for k in attributes if k.startswith("on") or k == "style"]

    few = replace(mixed, trials=tuple(t for t in mixed.trials if t.case.tasks == mixed.trials[0].case.tasks))
    check()
