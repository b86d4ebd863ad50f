"""What a test did, and reading it from the machine-readable output of each language's test runner."""

import json
import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

State = Literal["passed", "failed", "skipped"]


_CARGO_STATES: dict[str, State] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}


@dataclass(frozen=True)
class Outcome:
    """One test: `detail` says why it failed or was skipped, in one line."""

    name: str
    state: State
    detail: str = ""


def summary_line(outcomes: Iterable[Outcome]) -> str:
    """'N passed, N failed', with ', N skipped' when there are some."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for outcome in outcomes:
        counts[outcome.state] += 1
    line = f"{counts['passed']} passed, {counts['failed']} failed"
    return f"{line}, {counts['skipped']} skipped" if counts["skipped"] else line


def from_ctest(junit: Path) -> list[Outcome]:
    """ctest --output-junit. Only a test that says it skips is skipped; one that could not be started is a failure."""
    outcomes = []
    for case in ET.parse(junit).getroot().iter("testcase"):
        name, status = case.get("name", "?"), case.get("status", "")
        skipped = case.find("skipped")
        message = "" if skipped is None else skipped.get("message", "")
        output = case.findtext("system-out") or ""
        if status == "run":
            outcomes.append(Outcome(name, "passed"))
        elif status == "disabled":
            outcomes.append(Outcome(name, "skipped", "disabled in its source"))
        elif status == "notrun" and message.startswith("SKIP_"):
            outcomes.append(Outcome(name, "skipped", _gtest_reason(output)))
        else:
            failure = case.find("failure")
            said = message if failure is None else failure.get("message", "")
            outcomes.append(Outcome(name, "failed", said or _last_line(output)))
    return outcomes


def from_pytest(junit: Path) -> list[Outcome]:
    """pytest --junitxml."""
    outcomes = []
    for case in ET.parse(junit).getroot().iter("testcase"):
        name = "::".join(part for part in (case.get("classname"), case.get("name")) if part)
        skipped, wrong = case.find("skipped"), case.find("failure")
        if wrong is None:
            wrong = case.find("error")
        if wrong is not None:
            outcomes.append(Outcome(name, "failed", _first_line(wrong.get("message", ""))))
        elif skipped is not None:
            outcomes.append(Outcome(name, "skipped", _first_line(skipped.get("message", "no reason given"))))
        else:
            outcomes.append(Outcome(name, "passed"))
    return outcomes


def from_go(lines: Iterable[str]) -> list[Outcome]:
    """go test -json. A package that fails without a failed test (it did not compile, say) is a failure itself."""
    outcomes: list[Outcome] = []
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    packages_with_failed_tests = set()
    for line in lines:
        if not line.startswith("{"):
            continue
        event = json.loads(line)
        package, test = event.get("Package", ""), event.get("Test", "")
        match event.get("Action"):
            case "output":
                said[package, test].append(event.get("Output", "").strip())
            case "pass" if test:
                outcomes.append(Outcome(f"{package}.{test}", "passed"))
            case "skip" if test:
                outcomes.append(Outcome(f"{package}.{test}", "skipped", _go_reason(said[package, test])))
            case "fail" if test:
                packages_with_failed_tests.add(package)
                outcomes.append(Outcome(f"{package}.{test}", "failed", _go_reason(said[package, test])))
            case "fail" if package not in packages_with_failed_tests:
                outcomes.append(Outcome(package, "failed", _go_reason(said[package, ""])))
    return outcomes


def from_cargo(lines: Iterable[str]) -> list[Outcome]:
    """The text of cargo test, whose lines are `test path::name ... ok|FAILED|ignored[, reason]`."""
    outcomes = []
    program = ""
    for line in lines:
        running = re.match(r"\s*(?:Running (?:unittests )?(\S+)|Doc-tests (\S+))", line)
        if running:
            program = running.group(1) or running.group(2)
        match = re.match(r"test (.+?)(?: - should panic)? \.\.\. (ok|FAILED|ignored)(?:, (.*))?$", line)
        if match:
            name, verdict, reason = match.groups()
            state = _CARGO_STATES[verdict]
            detail = (reason or "ignored in its source") if state == "skipped" else ""
            outcomes.append(Outcome(f"{program}::{name}", state, detail))
    return outcomes


def _gtest_reason(output: str) -> str:
    match = re.search(r": Skipped\n(.+?)\n\s*(?:\n|\[  SKIPPED)", output + "\n\n", re.DOTALL)
    return " ".join(match.group(1).split()) if match else _last_line(output)


def _go_reason(output: list[str]) -> str:
    told = [line for line in output if line and not re.match(r"(=== |--- |FAIL|ok\s)", line)]
    return told[-1] if told else ""


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]


def _last_line(text: str) -> str:
    return text.strip().rsplit("\n", 1)[-1]
