"""JUnit XML from suites and cases; tests/exports has its schema and its reader."""

from xml.etree import ElementTree as ET

from flowreport.junit import JunitCase, JunitSuite, junit_document


def test_a_case_that_failed_is_not_skipped_as_well() -> None:
    both = JunitCase("a", "g", 1.5, failure=("slow", "why"), skipped=("skip", "not"))
    suites = [JunitSuite("s", "2026-01-02T03:04:05Z", [("k", "v")], [both, JunitCase("b", "g", 0.5)])]
    root = ET.fromstring(junit_document("n", suites))  # noqa: S314 - made in the line above
    for element in (root, root[0]):
        counts = {key: element.get(key) for key in ("tests", "failures", "errors", "skipped", "time")}
        assert counts == {"tests": "2", "failures": "1", "errors": "0", "skipped": "0", "time": "2.000000"}
    case = root.find("testsuite/testcase")
    assert case is not None
    assert [(e.tag, e.get("type"), e.text) for e in case] == [("failure", "slow", "why")]


def test_output_is_kept_line_by_line() -> None:
    suites = [JunitSuite("s", "2026-01-02T03:04:05Z", [], [JunitCase("a", "g", output=["one", "two\x1b[31m"])])]
    root = ET.fromstring(junit_document("n", suites))  # noqa: S314 - made in the line above
    assert root.findtext("testsuite/testcase/system-out") == "one\ntwo"
