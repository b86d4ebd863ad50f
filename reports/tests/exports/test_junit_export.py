"""JUnit XML, by its schema and by a reader of test reports."""

from pathlib import Path

import junitparser
import xmlschema

from flowreport.exports.junit import export
from flowreport.model import Run

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "junit.xsd")


def read(run: Run) -> junitparser.JUnitXml:
    text = export(run)
    SCHEMA.validate(text)
    return junitparser.JUnitXml.fromstring(text.encode())


def cases(document: junitparser.JUnitXml) -> dict[str, junitparser.TestCase]:
    return {case.name: case for suite in document for case in suite}


def test_each_case_is_there_in_the_suite_of_its_subject(measured: Run) -> None:
    document = read(measured)
    assert [suite.name for suite in document] == [s.id for s in measured.subjects]
    found = cases(document)
    assert len(found) == len(measured.plan.cases) + 1
    passed = found["gamma/sleep/1000/workers:2"]
    assert passed.is_passed
    assert passed.classname == "gamma"
    assert passed.time > 0


def test_a_failure_has_its_reason(measured: Run, mixed: Run) -> None:
    failed = [case for case in cases(read(measured)).values() if case.is_failure]
    assert failed
    for case in failed:
        (result,) = case.result
        assert result.type == "crashed"
        assert result.message.startswith("crashed ×")
        assert "=cmd()" in result.message
        assert "\x1b" not in result.message
    wrong = cases(read(mixed))["micro/wrong"]
    assert wrong.is_failure
    assert wrong.time == 0


def test_what_could_not_be_measured_is_skipped(measured: Run) -> None:
    found = cases(read(measured))
    (result,) = found["threads/sleep/100000/workers:2"].result
    assert isinstance(result, junitparser.Skipped)
    reason = "unsupported ×7: cannot keep 100000 threads alive at once (vm.max_map_count=65530)"
    assert result.message == reason
    (result,) = found["all"].result
    assert result.message == "not built: zig was not found"


def test_the_counts_add_up(measured: Run) -> None:
    document = read(measured)
    found = [case for suite in document for case in suite]
    assert document.tests == len(found)
    assert document.failures == sum(case.is_failure for case in found)
    assert document.skipped == sum(case.is_skipped for case in found)
