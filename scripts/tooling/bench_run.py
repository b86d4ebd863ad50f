"""Running flowbench and then flowreport on what it left."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tooling import toolchains
from tooling.console import ROOT, UserError
from tooling.environments import VENV
from tooling.subjects import FLOWBENCH

FLOWREPORT = VENV / "bin/flowreport"

STDERR = 2
# Exit codes of flowreport that come with complete output.
GOOD, HOLDS_FAILED_TRIALS = 0, 1


def measure(arguments: Sequence[str]) -> int:
    """`flowbench run` with `arguments`; its exit code."""
    return run_to_its_end([str(FLOWBENCH), "run", *arguments])


def run_to_its_end(command: Sequence[str], *, as_progress: bool = False) -> int:
    """Runs one of our tools; its exit code. Ctrl-C reaches the tool too, which ends in order: we wait.

    as_progress: what it says is not what the user asked for, and goes to stderr.
    """
    stdout = STDERR if as_progress else None
    process = subprocess.Popen(command, cwd=ROOT, env=toolchains.environment(), stdout=stdout)
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue
    finally:
        signal.signal(signal.SIGTERM, before)


def latest(arguments: Sequence[str]) -> Path:
    """The link that `flowbench run` with `arguments` points at its run: `latest` in its folder of results."""
    return ROOT / (values(arguments, "--results", "FLOWBENCH_RESULTS") or ["results"])[-1] / "latest"


def values(arguments: Sequence[str], option: str, variable: str) -> list[str]:
    """What `option` is given in `arguments`, each time; else its twin in the environment, if that is set."""
    found = []
    for word, after in zip(arguments, [*arguments[1:], ""], strict=False):
        if word == option:
            found.append(after)
        elif word.startswith(f"{option}="):
            found.append(word.removeprefix(f"{option}="))
    return found or list(filter(None, [os.environ.get(variable)]))


def state(run: Path) -> tuple[Path, int] | None:
    """Which run the link `run` is and when it was last written to; changes when a run is made or resumed."""
    trials = run / "trials.jsonl"
    return (run.resolve(), trials.stat().st_mtime_ns) if trials.exists() else None


def report(run: Path) -> Path:
    """Writes report.html into the folder of `run`, prints the summary table on stdout, returns the report's path."""
    folder = run.resolve()
    if not (folder / "run.json").exists():
        raise UserError(f"{run} holds no run; 'make bench' makes one, and RUN=results/<run-id> names another")
    page = folder / "report.html"
    for command in (["report", str(folder), "--quiet", "-o", str(page)], ["summary", str(folder)]):
        done = subprocess.run([FLOWREPORT, *command], cwd=ROOT, check=False)
        if done.returncode not in (GOOD, HOLDS_FAILED_TRIALS):
            raise UserError(f"flowreport {command[0]} {run} ended with exit code {done.returncode}, see above")
    return page
