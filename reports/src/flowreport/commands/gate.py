"""`flowreport gate FOLDER` and `flowreport gate RUN_BASE RUN_CAND`: whether a candidate is worse than its base."""

import argparse
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from flowreport.errors import MissingBaselineError, ReportError
from flowreport.exits import Exit
from flowreport.files import write_whole
from flowreport.fingerprint import Fingerprint, differences
from flowreport.gate.rules import RULES
from flowreport.gate.verdict import Arm, Ruling
from flowreport.model import Run
from flowreport.sources import add_baselines, open_run

NEXT = "next.json"
OUTPUTS = ("verdict.json", "summary.md", "junit.xml", "compare.html")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say how the command is called."""
    parser = commands.add_parser(
        "gate",
        help="rule on a candidate against its base",
        epilog="Exit: 0 pass, 1 regression, 2 usage, 3 inconclusive or invalid, 4 more must be measured (next.json).",
    )
    parser.add_argument("source", metavar="FOLDER | RUN_BASE", help="a gate's folder, or the run of the base")
    parser.add_argument("candidate", nargs="?", metavar="RUN_CAND", help="the run of the candidate, measured apart")
    parser.add_argument(
        "--allow-cross-machine",
        action="store_true",
        help="compare runs of different machines, for a look: it never fails, and is never a pass",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help=f"write {', '.join(OUTPUTS)} there")
    add_baselines(parser)
    parser.set_defaults(run=gate)


def gate(options: argparse.Namespace) -> Exit:
    """Judge, and write what was asked for."""
    if options.candidate is None:
        if options.allow_cross_machine:
            raise ReportError("--allow-cross-machine is for two runs; a gate's folder is of one machine")
        return _gate_folder(Path(options.source), options.output)
    return _gate_runs(options)


def _gate_folder(folder: Path, output: Path | None) -> Exit:
    from flowreport.gate.decide import decide  # noqa: PLC0415 - numpy takes its time to import
    from flowreport.gate.folder import Gate  # noqa: PLC0415
    from flowreport.gate.steps import Step  # noqa: PLC0415

    asked = Gate(folder)
    answer = decide(asked.question, asked.measured())
    if isinstance(answer, Step):
        _write_json(folder / NEXT, asked.next_json(answer))
        sys.stdout.write(f"undecided: measure {answer.folder}, {answer.rounds} rounds\n")
        return Exit.UNDECIDED
    (folder / NEXT).unlink(missing_ok=True)
    return _write(answer, output or folder, to_ci=True)


def _gate_runs(options: argparse.Namespace) -> Exit:
    from flowreport.gate.decide import Question, decide_once, rule_without_runs  # noqa: PLC0415 - numpy takes its time to import
    from flowreport.gate.problems import Problem  # noqa: PLC0415

    try:
        base, candidate = (open_run(source, options.baselines) for source in (options.source, options.candidate))
    except MissingBaselineError as error:
        left, right = (Arm(source, "", dirty=False) for source in (options.source, options.candidate))
        nothing = Problem("no_baseline", f"no baseline: {error}", fails=False)
        question = Question(left, right, RULES, known=(nothing,))
        return _write(rule_without_runs(question), options.output, to_ci=False)
    differing = differences(Fingerprint.of(base), Fingerprint.of(candidate))
    known = tuple(Problem("other_machine", d, fails=False) for d in differing)
    question = Question(_arm(base), _arm(candidate), RULES, known=known)
    ruling = decide_once(question, (base, candidate), look_anyway=options.allow_cross_machine)
    code = _write(ruling, options.output, to_ci=False)
    if options.allow_cross_machine and differing:
        sys.stdout.write("for a look only: the runs are not comparable, so this is no verdict\n")
        return Exit.GOOD
    return code


def _arm(run: Run) -> Arm:
    return Arm(run.id, run.tool.commit, run.tool.dirty)


def _write(ruling: Ruling, folder: Path | None, *, to_ci: bool) -> Exit:
    from flowreport.gate.junit import junit_text  # noqa: PLC0415 - as above
    from flowreport.gate.record import verdict_record  # noqa: PLC0415
    from flowreport.gate.texts import markdown_text, terminal_text  # noqa: PLC0415
    from flowreport.pages.gate import render_gate  # noqa: PLC0415

    markdown = markdown_text(ruling)
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ReportError(f"{folder}: cannot be made: {error.strerror}") from None
        write_whole(folder / "compare.html", render_gate(ruling))
        write_whole(folder / "junit.xml", junit_text(ruling, created=_now()))
        write_whole(folder / "summary.md", markdown)
        # Last: whoever finds a verdict finds the rest.
        _write_json(folder / "verdict.json", verdict_record(ruling))
    if to_ci:
        _append_step_summary(markdown)
    sys.stdout.write(terminal_text(ruling))
    return ruling.verdict.exit_code


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _append_step_summary(markdown: str) -> None:
    """GitHub shows what is appended to this file on the page of the CI run."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as out:
            out.write(markdown)
    except OSError as error:
        raise ReportError(f"{path} (GITHUB_STEP_SUMMARY): cannot be written: {error.strerror}") from None


def _write_json(path: Path, value: Mapping[str, object]) -> None:
    write_whole(path, json.dumps(value, indent=1, allow_nan=False) + "\n")
