"""JUnit XML in the dialect that CI servers read: suites of cases, each passed, failed or skipped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from flowreport.escape.xml import xml_text


@dataclass(frozen=True)
class JunitCase:
    """One case. `failure` and `skipped` are (type, message); a case with neither has passed."""

    name: str
    group: str
    seconds: float = 0.0
    failure: tuple[str, str] | None = None
    skipped: tuple[str, str] | None = None
    output: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class JunitSuite:
    """Cases under one name, with facts about how they came about."""

    name: str
    timestamp: str
    properties: Sequence[tuple[str, str]]
    cases: Sequence[JunitCase]


def junit_document(name: str, suites: Sequence[JunitSuite]) -> str:
    """The document; ends in a line end."""
    root = ET.Element("testsuites", {"name": xml_text(name), **_counts([c for s in suites for c in s.cases])})
    for suite in suites:
        root.append(_suite(suite))
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(suite: JunitSuite) -> ET.Element:
    # The dialect has local times without a zone; these are UTC.
    stamp = suite.timestamp.removesuffix("Z")
    element = ET.Element(
        "testsuite", {"name": xml_text(suite.name), **_counts(suite.cases), "timestamp": xml_text(stamp)}
    )
    properties = ET.SubElement(element, "properties")
    for key, value in suite.properties:
        ET.SubElement(properties, "property", {"name": xml_text(key), "value": xml_text(value)})
    element.extend(_case(case) for case in suite.cases)
    return element


def _counts(cases: Sequence[JunitCase]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(c.failure is not None for c in cases)),
        "errors": "0",
        "skipped": str(sum(c.failure is None and c.skipped is not None for c in cases)),
        "time": f"{sum(c.seconds for c in cases):.6f}",
    }


def _case(case: JunitCase) -> ET.Element:
    attributes = {"name": xml_text(case.name), "classname": xml_text(case.group), "time": f"{case.seconds:.6f}"}
    element = ET.Element("testcase", attributes)
    if case.failure is not None:
        kind, message = (xml_text(text) for text in case.failure)
        ET.SubElement(element, "failure", {"type": kind, "message": message}).text = message
    elif case.skipped is not None:
        kind, message = (xml_text(text) for text in case.skipped)
        ET.SubElement(element, "skipped", {"type": kind, "message": message}).text = message
    if case.output:
        ET.SubElement(element, "system-out").text = "\n".join(map(xml_text, case.output))
    return element
