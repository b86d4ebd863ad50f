"""What a gate is asked to do: its options, and the `flowbench pair` command that each of its looks is."""

import argparse
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tooling.gate_arms import Arm

ROUNDS = 10
LOOKS = 3
# --quick: one size whose samples are long enough to be judged, and the cold sample with one warm one.
QUICK = ("--tasks", "10k", "--phases", "2")
# What goes to `flowbench pair` unread.
PASSED = ("--workloads", "--filter", "--tasks", "--workers", "--phases", "--timeout", "--min-time", "--memory-limit")


@dataclass(frozen=True)
class Options:
    """The options of a gate, as far as they do not choose the arms."""

    always_measure: bool = False
    confirm: bool = True
    keep_going: bool = False
    rounds: int = ROUNDS
    looks: int = LOOKS
    seed: int = 0
    subjects: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()

    def given(self, option: str) -> str | None:
        """The value of one that goes to flowbench."""
        return next((word.removeprefix(f"{option}=") for word in self.passed if word.startswith(f"{option}=")), None)

    def record(self) -> dict[str, Any]:
        """For gate.json."""
        return {
            "always_measure": self.always_measure,
            "confirm": self.confirm,
            "rounds": self.rounds,
            "looks": self.looks,
            "seed": str(self.seed),
        }


@dataclass(frozen=True)
class Look:
    """One measuring of both arms, into a folder of this name below the gate's."""

    folder: str
    rounds: int
    seed: int
    subjects: tuple[str, ...]
    filter: str | None = None


@dataclass(frozen=True)
class Pair:
    """Both arms, with what they are called in the runs."""

    base: Arm
    candidate: Arm
    base_title: str
    candidate_title: str
    options: Options = field(default_factory=Options)

    def command(self, flowbench: Path, look: Look, folder: Path) -> list[str]:
        """The call of flowbench for `look`, which leaves its runs in `folder`."""
        options = self.options
        passed = list(options.passed)
        if look.filter is not None:
            passed = [*_without(passed, "--filter"), f"--filter={look.filter}"]
        command = [
            str(flowbench), "pair",
            "--base-subjects", str(self.base.subjects), "--base-catalog", str(self.base.catalog),
            "--candidate-subjects", str(self.candidate.subjects), "--catalog", str(self.candidate.catalog),
            f"--base-title={self.base_title}", f"--candidate-title={self.candidate_title}",
            "--rounds", str(look.rounds), "--seed", str(look.seed), "--out", str(folder), "--wait",
        ]  # fmt: skip
        if look.subjects:
            command += ["--subjects", ",".join(look.subjects)]
        for manifest in options.manifests:
            command += ["--subject", manifest]
        return command + passed


def parser() -> argparse.ArgumentParser:
    """The command line of scripts/gate."""
    asked = argparse.ArgumentParser(
        prog="gate",
        description="Measures this working tree against a commit, and says whether it became slower or larger.",
        allow_abbrev=False,
    )
    asked.add_argument("base", metavar="BASE", help="the commit to compare with: origin/main, HEAD~1, a tag, a hash")
    asked.add_argument("--always-measure", action="store_true", help="also when no executable differs")
    asked.add_argument("--no-confirm", action="store_true", help="do not measure a regression a second time")
    asked.add_argument("--keep-going", action="store_true", help="measure the rest when a subject has vanished")
    asked.add_argument("--quick", action="store_true", help="10,000 tasks and two samples a process")
    asked.add_argument("--rounds", type=_count, default=ROUNDS, help=f"of the first look (default: {ROUNDS})")
    asked.add_argument("--looks", type=_looks, default=LOOKS, help=f"how many at most (default: {LOOKS})")
    asked.add_argument("--seed", type=_seed, default=None, help="orders the trials (default: drawn, and recorded)")
    asked.add_argument("--subjects", default="", help="only these ids, and the controls")
    asked.add_argument("--subject", action="append", default=[], type=_manifest, help="also this manifest, by its id")
    asked.add_argument("--out", type=Path, default=None, help="the folder (default: results/gate-<UTC time>)")
    for option in PASSED:
        names = ("-f", option) if option == "--filter" else (option,)
        asked.add_argument(*names, default=None, help="as in flowbench run")
    return asked


def options_of(asked: argparse.Namespace) -> Options:
    """The options that `parser` has read."""
    passed = [f"{name}={value}" for name in PASSED if (value := getattr(asked, name[2:].replace("-", "_"))) is not None]
    if asked.quick:
        pairs = zip(QUICK[::2], QUICK[1::2], strict=True)
        passed += [
            f"{name}={value}" for name, value in pairs if not any(word.startswith(f"{name}=") for word in passed)
        ]
    return Options(
        always_measure=asked.always_measure,
        confirm=not asked.no_confirm,
        keep_going=asked.keep_going,
        rounds=asked.rounds,
        looks=asked.looks,
        seed=random.getrandbits(63) if asked.seed is None else asked.seed,
        subjects=tuple(filter(None, asked.subjects.split(","))),
        manifests=tuple(asked.subject),
        passed=tuple(passed),
    )


def _without(words: Sequence[str], option: str) -> list[str]:
    return [word for word in words if not word.startswith(f"{option}=")]


def _manifest(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", text) or text.endswith(".json"):
        raise argparse.ArgumentTypeError(
            f"'{text}' is not the id of a manifest in bin/subjects/; one from elsewhere is the same in both arms"
        )
    return text


def _count(text: str) -> int:
    return _between(text, 1, 1000)


def _looks(text: str) -> int:
    return _between(text, 1, LOOKS)


def _seed(text: str) -> int:
    return _between(text, 0, 2**64 - 1)


def _between(text: str, low: int, high: int) -> int:
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from {low} to {high}")
    return int(text)
