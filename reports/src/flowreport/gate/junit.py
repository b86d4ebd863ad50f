"""A ruling as JUnit XML: a test case per cell, so that a CI shows them one by one."""

from collections.abc import Iterator

from flowreport.gate.judge import Finding, State
from flowreport.gate.reasons import name, sentence
from flowreport.gate.texts import WORDS
from flowreport.gate.verdict import Ruling, Verdict
from flowreport.junit import JunitCase, JunitSuite, junit_document

_SKIPPED = (State.NOT_GATED, State.CONTROL)
_FAILED = (State.REGRESSION, State.UNDECIDED, State.TOO_FEW)


def junit_text(ruling: Ruling, *, created: str) -> str:
    """The document; `created` is UTC, ISO 8601. The first case is the verdict itself: it fails unless that is pass."""
    properties = (("base", ruling.base.commit), ("candidate", ruling.candidate.commit))
    suite = JunitSuite("gate", created, [p for p in properties if p[1]], list(_cases(ruling)))
    return junit_document("gate", [suite])


def _cases(ruling: Ruling) -> Iterator[JunitCase]:
    verdict = ruling.verdict
    failure = None if verdict is Verdict.PASS else (verdict.value, "; ".join(ruling.reasons))
    yield JunitCase("verdict", "gate", failure=failure, output=[*ruling.reasons, *ruling.notices])
    for finding in () if ruling.judgement is None else ruling.judgement.findings:
        yield _case(finding)


def _case(finding: Finding) -> JunitCase:
    said = (finding.state.value, f"{WORDS[finding.state]}: {sentence(finding)}")
    return JunitCase(
        name(finding.cell),
        f"gate.{finding.cell.key.subject}",
        failure=said if finding.state in _FAILED else None,
        skipped=said if finding.state in _SKIPPED else None,
    )
