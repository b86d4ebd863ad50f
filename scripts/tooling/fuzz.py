"""Fuzzing: libFuzzer on the readers of C++, hypothesis on those of Python, each for a given time."""

import re
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tooling import build, processes, suites, toolchains
from tooling.console import say
from tooling.environments import PYTHON, REPORTS

PRESET = "fuzz"
PROPERTIES = "properties"
LONGEST_INPUT = 65_536
GRACE_S = 120.0  # for the input at hand when the time is over, and for the corpus before it begins


@dataclass
class Done:
    """What came of one target; a finding names an input, or the command that shows it again."""

    name: str
    executions: int = 0
    findings: list[str] = field(default_factory=list)


def targets() -> list[str]:
    """The fuzz targets of the configured build."""
    return sorted(name for name in build.targets(PRESET) if name.startswith("fuzz_"))


def run(target: str, seconds: int, seed: int) -> Done:
    """Run one target, or the property tests."""
    if target == PROPERTIES:
        return run_properties(seconds, seed)
    return run_target(target, seconds, seed)


def run_target(target: str, seconds: int, seed: int) -> Done:
    """Run one libFuzzer target from the fixtures and from what earlier runs have found worth keeping."""
    name = target.removeprefix("fuzz_")
    folder = build.folder(PRESET) / "fuzz"
    corpus, findings = folder / "corpus" / name, folder / "findings"
    corpus.mkdir(parents=True, exist_ok=True)
    findings.mkdir(exist_ok=True)
    seeds = (folder / f"{name}.seeds").read_text().splitlines()
    command = [str(build.folder(PRESET) / "bin" / target), f"-max_total_time={seconds}", f"-seed={seed}",
               f"-max_len={LONGEST_INPUT}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
               f"-artifact_prefix={findings}/{name}-", str(corpus), *seeds]  # fmt: skip
    done = _run(command, target, seconds, folder)
    found = Done(target, executions(done.lines), inputs(done.lines))
    if done.code != 0 and not found.findings:
        found.findings.append(f"{target} {done.why_failed()}: {shlex.join(command)}")
    if found.findings:
        for line in done.lines[-40:]:
            say(line)
    return found


def run_properties(seconds: int, seed: int) -> Done:
    """Run the property tests of flowreport with seed after seed until the time is over."""
    found, until = Done(PROPERTIES), time.monotonic() + seconds
    while time.monotonic() < until and not found.findings:
        command = [str(PYTHON), "-m", "pytest", "-q", "-W", "error", "--color=no", "--hypothesis-profile=fuzz",
                   f"--hypothesis-seed={seed}", "--hypothesis-show-statistics", f"tests/{PROPERTIES}"]  # fmt: skip
        done = _run(command, "properties", seconds, REPORTS)
        found.executions += examples(done.lines)
        if done.code != 0:
            for line in done.lines[-60:]:
                say(line)
            found.findings.append(f"in {REPORTS}: {shlex.join(command)}")
        seed += 1
    return found


def executions(lines: Sequence[str]) -> int:
    """How many inputs libFuzzer's final statistics count."""
    counts = [int(line.split()[-1]) for line in lines if line.startswith("stat::number_of_executed_units:")]
    return sum(counts)


def inputs(lines: Sequence[str]) -> list[str]:
    """The files that libFuzzer has written for what it found."""
    return [match[1] for line in lines if (match := re.search(r"Test unit written to (\S+)", line))]


def examples(lines: Sequence[str]) -> int:
    """How many examples hypothesis' statistics count."""
    return sum(int(number) for line in lines for number in re.findall(r"(\d+) (?:passing|failing) examples", line))


def _run(command: list[str], name: str, seconds: int, folder: Path) -> processes.Finished:
    environment = {**toolchains.environment(), **suites.ctest_environment("asan")}
    return processes.run(
        command, log=suites.RESULTS / f"{name}.log", folder=folder, environment=environment,
        limit_s=seconds + GRACE_S, quiet=True,
    )  # fmt: skip
