"""The race tests, many times over: each round is one run of each test program with a seed of its own."""

import re
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tooling import build, processes, suites, toolchains
from tooling.console import say

# A test takes part when its name has one of these words in it.
WORDS = ("Stress", "Race", "Storm", "LosesNo", "MixedWork", "IdleRuntime")
FILTER = ":".join(f"*{word}*" for word in WORDS)

# Set while they run here: a test that measures over some time takes longer for it.
IN_STRESS = "FLOWCORO_STRESS"

PROGRAM_LIMIT_S = 15 * 60.0
LOG = suites.RESULTS / "stress.log"


@dataclass(frozen=True)
class Failure:
    """The first round that failed: how, and the command that repeats it."""

    program: str
    reason: str
    command: str


@dataclass(frozen=True)
class Done:
    """What was run until the end, the deadline, or the failure."""

    rounds: int
    tests: int
    failure: Failure | None = None


def test_programs(preset: str) -> list[str]:
    """The runtime's test programs of a configured preset."""
    return [target for target in build.targets(preset) if re.fullmatch(r"flowcoro_\w+_test", target)]


def run(preset: str, *, rounds: int, first_seed: int, until: float) -> Done:
    """Runs up to `rounds` rounds and begins none after `until` (monotonic seconds); round i has seed first_seed + i."""
    folder = build.folder(preset) / "bin"
    programs = [folder / name for name in test_programs(preset)]
    counts = {program: len(tests_of(_listing(program))) for program in programs if program.exists()}
    chosen = [program for program, count in counts.items() if count]
    if not chosen:
        return Done(0, 0, Failure(preset, "no test program has a race test", ""))
    prefix = suites.without_aslr() if preset == "tsan" else []
    tests = 0
    for done, seed in enumerate(seeds(first_seed, rounds)):
        if time.monotonic() >= until:
            return Done(done, tests)
        for program in chosen:
            failure = _run_once(preset, [*prefix, str(program)], seed)
            if failure is not None:
                return Done(done, tests, failure)
            tests += counts[program]
        say(f"{preset}: round {done + 1} of {rounds} passed (seed {seed})")
    return Done(rounds, tests)


def seeds(first: int, count: int) -> Iterator[int]:
    """`count` seeds from `first` on; they are unsigned and have 64 bits."""
    return ((first + i) % 2**64 for i in range(count))


def tests_of(listing: str) -> list[str]:
    """Full names of the tests in the output of --gtest_list_tests."""
    found = []
    suite = ""
    for line in listing.splitlines():
        name = line.split("#", 1)[0].strip()
        if line.startswith("  "):
            found.append(suite + name)
        elif name.endswith("."):
            suite = name
    return found


def _listing(program: Path) -> str:
    command = [str(program), f"--gtest_filter={FILTER}", "--gtest_list_tests"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _run_once(preset: str, command: list[str], seed: int) -> Failure | None:
    settings = {"FLOWCORO_TEST_SEED": str(seed), IN_STRESS: "1", **suites.ctest_environment(preset)}
    environment: Mapping[str, str] = {**toolchains.environment(), **settings}
    done = processes.run(
        [*command, f"--gtest_filter={FILTER}", "--gtest_brief=1"], log=LOG, folder=build.folder(preset),
        environment=environment, limit_s=PROGRAM_LIMIT_S, quiet=True,
    )  # fmt: skip
    if done.code == 0:
        return None
    for line in done.lines:
        say(line)
    words = ["env", *(f"{name}={value}" for name, value in settings.items()), *command, f"--gtest_filter={FILTER}"]
    return Failure(Path(command[-1]).name, done.why_failed(), shlex.join(words))
