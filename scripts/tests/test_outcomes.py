import json
from pathlib import Path

from tooling import outcomes
from tooling.outcomes import Outcome

CTEST = """<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="x" tests="6" failures="2" disabled="1" skipped="2">
  <testcase name="Queue.Pops" status="run"><system-out>fine</system-out></testcase>
  <testcase name="Queue.Fails" status="fail"><failure message="Failed"/><system-out>bad</system-out></testcase>
  <testcase name="Queue.Skips" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
    <system-out>[ RUN      ] Queue.Skips
q_test.cpp:9: Skipped
needs 4 CPUs

[  SKIPPED ] Queue.Skips (0 ms)</system-out></testcase>
  <testcase name="Queue.SkipsToo" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
    <system-out>q_test.cpp:9: Skipped
no cgroup here
[  SKIPPED ] Queue.SkipsToo (0 ms)</system-out></testcase>
  <testcase name="gone" status="notrun"><skipped message="Unable to find executable: gone"/></testcase>
  <testcase name="Queue.Off" status="disabled"><skipped message="Disabled"/></testcase>
</testsuite>
"""

PYTEST = """<testsuites><testsuite>
  <testcase classname="tests.test_a" name="test_ok"/>
  <testcase classname="tests.test_a" name="test_bad"><failure message="assert 1 == 2&#10;more">t</failure></testcase>
  <testcase classname="tests.test_a" name="test_broken"><error message="fixture 'x' not found"/></testcase>
  <testcase classname="tests.test_a" name="test_skip"><skipped message="needs chromium"/></testcase>
</testsuite></testsuites>
"""


def go_events(*events: dict[str, str]) -> list[str]:
    return [json.dumps(event) for event in events]


def test_ctest_counts_a_program_that_could_not_start_as_failed(tmp_path: Path) -> None:
    (tmp_path / "r.xml").write_text(CTEST)
    assert outcomes.from_ctest(tmp_path / "r.xml") == [
        Outcome("Queue.Pops", "passed"),
        Outcome("Queue.Fails", "failed", "Failed"),
        Outcome("Queue.Skips", "skipped", "needs 4 CPUs"),
        Outcome("Queue.SkipsToo", "skipped", "no cgroup here"),
        Outcome("gone", "failed", "Unable to find executable: gone"),
        Outcome("Queue.Off", "skipped", "disabled in its source"),
    ]


def test_pytest_errors_are_failures(tmp_path: Path) -> None:
    (tmp_path / "r.xml").write_text(PYTEST)
    assert outcomes.from_pytest(tmp_path / "r.xml") == [
        Outcome("tests.test_a::test_ok", "passed"),
        Outcome("tests.test_a::test_bad", "failed", "assert 1 == 2"),
        Outcome("tests.test_a::test_broken", "failed", "fixture 'x' not found"),
        Outcome("tests.test_a::test_skip", "skipped", "needs chromium"),
    ]


def test_a_go_package_that_does_not_compile_is_a_failure() -> None:
    lines = go_events(
        {"Action": "output", "Package": "kit", "Output": "kit/a.go:3:1: syntax error\n"},
        {"Action": "output", "Package": "kit", "Output": "FAIL\tkit [build failed]\n"},
        {"Action": "fail", "Package": "kit"},
    )
    assert outcomes.from_go(lines) == [Outcome("kit", "failed", "kit/a.go:3:1: syntax error")]


def test_a_failed_go_test_is_counted_once_not_again_for_its_package() -> None:
    lines = go_events(
        {"Action": "pass", "Package": "kit", "Test": "TestA"},
        {"Action": "output", "Package": "kit", "Test": "TestB", "Output": "    a_test.go:7: got 1\n"},
        {"Action": "fail", "Package": "kit", "Test": "TestB"},
        {"Action": "output", "Package": "kit", "Test": "TestC", "Output": "    a_test.go:9: no cgroup here\n"},
        {"Action": "skip", "Package": "kit", "Test": "TestC"},
        {"Action": "fail", "Package": "kit"},
    )
    assert outcomes.from_go(["not json", *lines]) == [
        Outcome("kit.TestA", "passed"),
        Outcome("kit.TestB", "failed", "a_test.go:7: got 1"),
        Outcome("kit.TestC", "skipped", "a_test.go:9: no cgroup here"),
    ]


def test_cargo_lines_carry_the_program_they_ran_in() -> None:
    text = """     Running unittests src/lib.rs (target/debug/deps/kit-0123)
test mix::first_value ... ok
test mix::wraps ... FAILED
test slow ... ignored, takes a minute
test bad - should panic ... ok
   Doc-tests kit
test src/lib.rs - mix (line 4) ... ok
test result: FAILED. 3 passed; 1 failed; 1 ignored
"""
    assert outcomes.from_cargo(text.splitlines()) == [
        Outcome("src/lib.rs::mix::first_value", "passed"),
        Outcome("src/lib.rs::mix::wraps", "failed"),
        Outcome("src/lib.rs::slow", "skipped", "takes a minute"),
        Outcome("src/lib.rs::bad", "passed"),
        Outcome("kit::src/lib.rs - mix (line 4)", "passed"),
    ]


def test_the_summary_names_skipped_tests_only_when_there_are_some() -> None:
    passed, failed, skipped = Outcome("a", "passed"), Outcome("b", "failed"), Outcome("c", "skipped", "why")
    assert outcomes.summary_line([passed, passed, failed]) == "2 passed, 1 failed"
    assert outcomes.summary_line([passed, skipped]) == "1 passed, 0 failed, 1 skipped"
