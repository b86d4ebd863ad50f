"""How a run is named on a command line: its folder, the run.json in it, `latest`, or `baseline:NAME`.

Every command finds its runs here, so that a name means the same to all of them.
"""

import argparse
import re
from pathlib import Path

from flowreport.console import say
from flowreport.errors import MissingBaselineError, ReportError
from flowreport.load import load_run
from flowreport.model import Run

RESULTS = Path("results")
BASELINES = RESULTS / "baselines"
LATEST = "latest"
BASELINE = "baseline:"
# What a run consists of; nothing that is made from a run may take the place of one of them.
INPUTS = ("run.json", "trials.jsonl", "calibration.jsonl")
# The pattern that the contract has for ids; it keeps a name from being a path.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)


def add_run(
    parser: argparse.ArgumentParser, name: str = "source", *, metavar: str = "RUN", nargs: str | None = None
) -> None:
    """Give a command a run as an argument, or several with `nargs`, kept as text in options.`name`."""
    parser.add_argument(
        name, metavar=metavar, nargs=nargs, help="a run: its folder, for example results/latest, or baseline:NAME"
    )


def add_baselines(parser: argparse.ArgumentParser) -> None:
    """Give a command the option that says where baselines are, kept as a path in options.baselines."""
    parser.add_argument(
        "--baselines",
        type=Path,
        default=BASELINES,
        metavar="DIR",
        help=f"the folder of baselines (default: {BASELINES})",
    )


def run_folder(source: str, baselines: Path = BASELINES) -> Path:
    """The folder of a run. Raises ReportError for a baseline that is not there; any other folder load_run checks."""
    if source.startswith(BASELINE):
        name = baseline_name(source.removeprefix(BASELINE))
        if not (baselines / name / "run.json").is_file():
            text = f"{source}: no baseline of this name in {baselines}; see flowreport baseline list"
            raise MissingBaselineError(text)
        return baselines / name
    path = Path(source)
    if source == LATEST and not path.exists():
        return RESULTS / LATEST
    return path.parent if path.name == "run.json" else path


def baseline_name(name: str) -> str:
    """The name, checked. Raises ReportError when it does not match the pattern of the contract's ids."""
    if not _NAME.fullmatch(name):
        raise ReportError(f"{name!r} cannot be the name of a baseline: use {_NAME.pattern}")
    return name


def output_file(name: str, *folders: Path) -> Path:
    """The file that the user named for output. Raises ReportError when it is an input of a run in one of `folders`."""
    path = Path(name)
    if any(path.resolve() == (folder / part).resolve() for folder in folders for part in INPUTS):
        raise ReportError(f"{path}: is part of the run; choose another file for -o")
    return path


def open_run(source: str, baselines: Path = BASELINES) -> Run:
    """Read the run that the user named; what was dropped at its end is said on stderr."""
    run = load_run(run_folder(source, baselines))
    if run.torn:
        say(f"warning: {run.torn}")
    return run
