"""The loop of a gate: measure both arms, let flowreport judge, measure what it asks for, until there is a verdict."""

import contextlib
import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tooling import bench_run, gate_cases
from tooling.console import EXIT_INTERRUPTED, EXIT_USAGE, ROOT, UserError, say
from tooling.gate_arms import Comparison
from tooling.gate_plan import Look, Options, Pair
from tooling.gate_problems import Problem, one_line
from tooling.subjects import FLOWBENCH

EXIT_UNDECIDED = 4  # of `flowreport gate`: next.json says what else to measure
EXIT_INVALID = 3
_INTERRUPTED = (EXIT_INTERRUPTED, 143, 129, -2, -15, -1)
_LOOK = re.compile(r"(look-[1-9]|confirm(-[1-9])?)(-x[1-9][0-9]?)?")  # -x5: the cases that run five times in a round
_MOST_LOOKS = 16  # more than any gate plans: a judge that never ends is an error


@dataclass(frozen=True)
class Tools:
    """The programs that measure and judge; `aloud`: whether the judgement is what the user asked for."""

    flowbench: Path = FLOWBENCH
    flowreport: Path = bench_run.FLOWREPORT
    aloud: bool = True


@dataclass(frozen=True)
class Sides:
    """What the two arms are, for gate.json: {ref, commit, title, build} and {commit, dirty, build}."""

    base: dict[str, Any]
    candidate: dict[str, Any]


def stamped(name: str) -> Path:
    """A folder of results that is not there yet: its name and the time."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    names = (ROOT / "results" / f"{name}-{stamp}{tail}" for tail in ("", *(f"-{i}" for i in range(2, 100))))
    return next(path for path in names if not path.exists())


def new_folder(wish: Path | None) -> Path:
    """The empty folder of a new gate. Raises UserError when `wish` is taken."""
    wish = stamped("gate") if wish is None else wish
    folder = wish.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{wish} is not an empty folder; name another with --out")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{wish} cannot be made: {error.strerror}") from error
    return folder


def remove_if_empty(folder: Path) -> None:
    """For a gate that was interrupted before it wrote anything."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def write_record(folder: Path, sides: Sides, comparison: Comparison, options: Options, command: Sequence[str]) -> None:
    """Writes gate.json, whole or not at all."""
    record = {
        "v": 1,
        "kind": "gate",
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "base": sides.base,
        "candidate": sides.candidate,
        "subjects": [vars(row) for row in comparison.rows],
        "problems": [vars(problem) for problem in comparison.problems],
        "identical": comparison.identical,
        "options": options.record(),
        "command": list(command),
    }
    _write(folder / "gate.json", record)


def add_problem(folder: Path, problem: Problem) -> None:
    """Adds to gate.json what went wrong while measuring."""
    record = json.loads((folder / "gate.json").read_text(encoding="utf-8"))
    record["problems"].append(vars(problem))
    _write(folder / "gate.json", record)


def judge(folder: Path, tools: Tools) -> int:
    """`flowreport gate` on the folder; its exit code."""
    for name in ("next.json", "verdict.json"):
        (folder / name).unlink(missing_ok=True)
    return bench_run.run_to_its_end([str(tools.flowreport), "gate", str(folder)], as_progress=not tools.aloud)


def measure_and_judge(folder: Path, pair: Pair, comparison: Comparison, tools: Tools | None = None) -> int:
    """Looks until there is a verdict; the exit code of scripts/gate. gate.json must be there."""
    tools = tools or Tools()
    options = pair.options
    subjects = tuple(comparison.to_measure(everything=options.always_measure))
    if any(problem.is_fatal or not options.keep_going for problem in comparison.problems):
        return judge(folder, tools)
    if not subjects or (comparison.identical and not options.always_measure):
        return judge(folder, tools)
    look = Look("look-1", options.rounds, options.seed, subjects, _first_filter(pair, comparison))
    for _ in range(_MOST_LOOKS):
        say(f"{look.folder}: {look.rounds} rounds of {', '.join(look.subjects)}")
        command = pair.command(tools.flowbench, look, folder / look.folder)
        code = bench_run.run_to_its_end(command, as_progress=True)
        if code in _INTERRUPTED:
            say(f"interrupted; what was measured is in {shown(folder)}")
            return EXIT_INTERRUPTED
        if code == EXIT_USAGE:
            return EXIT_USAGE
        if code not in (0, 1) and not is_measured(folder / look.folder):
            add_problem(folder, Problem("not_measured", f"flowbench pair ended with exit code {code} in {look.folder}"))
            return judge(folder, tools)
        code = judge(folder, tools)
        if code != EXIT_UNDECIDED:
            return EXIT_INTERRUPTED if code in _INTERRUPTED else code
        look = next_look(folder)
    raise UserError(f"{shown(folder)}: flowreport gate asked for more than {_MOST_LOOKS} looks")


def _first_filter(pair: Pair, comparison: Comparison) -> str | None:
    options = pair.options
    catalog = json.loads(pair.candidate.catalog.read_text(encoding="utf-8"))
    controls = {row.id for row in comparison.rows if row.control}
    return gate_cases.filter_of(catalog, controls, options.given("--tasks"), options.given("--filter"))


def is_measured(look: Path) -> bool:
    """Whether both arms have a run to judge: flowbench also complains of cases that were disturbed every time."""
    return all((look / arm / "trials.jsonl").is_file() for arm in ("base", "candidate"))


def next_look(folder: Path) -> Look:
    """What next.json asks for. Raises UserError when it makes no sense."""
    file = folder / "next.json"
    try:
        asked = json.loads(file.read_text(encoding="utf-8"))
        look = Look(
            folder=str(asked["folder"]),
            rounds=int(asked["rounds"]),
            seed=int(asked["seed"]),
            subjects=tuple(map(str, asked["subjects"])),
            filter=str(asked["filter"]) or None,
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise UserError(f"{shown(file)} does not say what to measure next: {one_line(str(error), 100)}") from error
    if not _LOOK.fullmatch(look.folder) or (folder / look.folder).exists():
        raise UserError(f"{shown(file)} asks for a look '{one_line(look.folder, 40)}', which cannot be")
    return look


def print_verdict(folder: Path, code: int) -> None:
    """The last line of a gate: the verdict and where it is written."""
    file = folder / "verdict.json"
    try:
        verdict = one_line(str(json.loads(file.read_text(encoding="utf-8"))["verdict"]), 40)
    except (OSError, ValueError, LookupError, TypeError):
        if code not in (EXIT_USAGE, EXIT_INTERRUPTED):
            raise UserError(f"flowreport gate ended with exit code {code} and wrote no {shown(file)}") from None
        return
    print(f"verdict: {verdict} ({shown(file)})", flush=True)


def shown(path: Path) -> str:
    """A path as short as it can be written from the root of the checkout."""
    return os.path.relpath(path, ROOT) if path.is_relative_to(ROOT) else str(path)


def command_line() -> list[str]:
    """How this gate was called."""
    return [Path(sys.argv[0]).name, *sys.argv[1:]]


def _write(file: Path, record: dict[str, Any]) -> None:
    draft = file.with_name(f".{file.name}.part")
    draft.write_text(json.dumps(record, indent=2, ensure_ascii=True) + "\n", encoding="utf-8")
    draft.replace(file)
