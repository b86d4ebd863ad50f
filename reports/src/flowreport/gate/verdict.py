"""The verdict: one of four, why, and everything that it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flowreport.exits import Exit
from flowreport.gate.judge import Finding, Judgement
from flowreport.gate.problems import Problem
from flowreport.gate.rules import Rules


class Verdict(StrEnum):
    """What a gate says; a candidate that is not judged has not passed."""

    PASS = "pass"  # noqa: S105 - a verdict
    REGRESSION = "regression"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"

    @property
    def exit_code(self) -> Exit:
        """Of the command line: 0, 1, 3, 3."""
        return _EXITS[self]


_EXITS = {
    Verdict.PASS: Exit.GOOD,
    Verdict.REGRESSION: Exit.FAILED,
    Verdict.INCONCLUSIVE: Exit.INCONCLUSIVE,
    Verdict.INVALID: Exit.INCONCLUSIVE,
}


@dataclass(frozen=True)
class Arm:
    """One side: what a reader calls it, and the commit it was built from, where that is known."""

    title: str
    commit: str
    dirty: bool


@dataclass(frozen=True)
class Ruling:
    """A verdict with its reasons, the worst first, and notices that did not decide it.

    `judgement` is None where nothing was compared; `confirmed` are the findings of the repeated measurement;
    `measured` names each run of both arms with its rounds.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    notices: tuple[str, ...]
    base: Arm
    candidate: Arm
    problems: tuple[Problem, ...]
    judgement: Judgement | None
    confirmed: tuple[Finding, ...]
    measured: Mapping[str, int]
    rules: Rules
