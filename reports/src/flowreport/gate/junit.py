"""A ruling as JUnit XML: a test case per cell, so that a CI shows them one by one."""

import xml.etree.ElementTree as ET

from flowreport.escape.xml import xml_text
from flowreport.gate.judge import State
from flowreport.gate.reasons import name, sentence
from flowreport.gate.texts import WORDS
from flowreport.gate.verdict import Ruling, Verdict

_SKIPPED = (State.NOT_GATED, State.CONTROL)
_FAILED = (State.REGRESSION, State.UNDECIDED, State.TOO_FEW)


def junit_text(ruling: Ruling) -> str:
    """The document. The first case is the verdict itself: it fails for every verdict but pass."""
    findings = () if ruling.judgement is None else ruling.judgement.findings
    failed = [f for f in findings if f.state in _FAILED]
    skipped = [f for f in findings if f.state in _SKIPPED]
    is_red = ruling.verdict is not Verdict.PASS
    counts = {
        "tests": str(1 + len(findings)),
        "failures": str(len(failed) + is_red),
        "errors": "0",
        "skipped": str(len(skipped)),
    }
    suites = ET.Element("testsuites", {"name": "gate", **counts})
    suite = ET.SubElement(suites, "testsuite", {"name": "gate", **counts})
    case = ET.SubElement(suite, "testcase", {"classname": "gate", "name": "verdict", "time": "0"})
    if is_red:
        said = {"message": xml_text(ruling.verdict.value), "type": ruling.verdict.value}
        ET.SubElement(case, "failure", said).text = "\n".join(map(xml_text, ruling.reasons))
    for f in findings:
        words = {"classname": xml_text(f"gate.{f.cell.key.subject}"), "name": xml_text(name(f.cell)), "time": "0"}
        case = ET.SubElement(suite, "testcase", words)
        if f.state in _FAILED:
            said = {"message": xml_text(sentence(f)), "type": f.state.value}
            ET.SubElement(case, "failure", said)
        elif f.state in _SKIPPED:
            ET.SubElement(case, "skipped", {"message": xml_text(f"{WORDS[f.state]}: {sentence(f)}")})
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"
