"""Configuring and building with CMake's presets. The tools' own output goes to stderr."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tooling import toolchains
from tooling.console import ROOT, say


@dataclass(frozen=True)
class Failure:
    """A target (or the file of it) that could not be built, and the first error that was printed for it."""

    target: str
    reason: str


def folder(preset: str, root: Path = ROOT) -> Path:
    """Where a preset builds, in the checkout `root`."""
    return root / "build" / preset


def jobs() -> int:
    """One compiler per CPU that this process may use."""
    return len(os.sched_getaffinity(0))


def configure(preset: str, *arguments: str, root: Path = ROOT) -> bool:
    """Runs `cmake --preset`. It always runs: a compiler or language that arrived since is found only by asking."""
    say(f"configuring {_shown(preset, root)}")
    command = ["cmake", "--preset", preset, *arguments]
    done = subprocess.run(
        command, cwd=root, env=toolchains.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        return False
    for warning in re.findall(r"CMake Warning[^\n]*\n(.*?)\n\n", done.stdout, re.DOTALL):
        say("cmake: " + " ".join(warning.split()))
    return True


def cache(preset: str, root: Path = ROOT) -> dict[str, str]:
    """What CMake's cache of a configured build holds; empty when it is not configured."""
    file = folder(preset, root) / "CMakeCache.txt"
    text = file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
    return dict(re.findall(r"^([A-Za-z0-9_.-]+):[A-Z]+=(.*)$", text, re.MULTILINE))


def compiler(preset: str, root: Path = ROOT) -> str:
    """The C++ compiler of a configured build, which the cache holds only where a user chose it; empty without one."""
    found = sorted(
        folder(preset, root).glob("CMakeFiles/*/CMakeCXXCompiler.cmake"), key=lambda file: file.stat().st_mtime
    )
    text = found[-1].read_text(encoding="utf-8", errors="replace") if found else ""
    match = re.search(r'^set\(CMAKE_CXX_COMPILER "(.+)"\)$', text, re.MULTILINE)
    return match.group(1) if match else ""


def targets(preset: str, root: Path = ROOT) -> list[str]:
    """Names of the top-level targets of a configured build."""
    command = ["cmake", "--build", str(folder(preset, root)), "--target", "help"]
    listing = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return re.findall(r"^([A-Za-z0-9_.-]+): phony$", listing.stdout, re.MULTILINE)


def build(preset: str, *targets: str, root: Path = ROOT) -> list[Failure]:
    """Builds as much of `targets` (all, when none) as can be built, and returns what failed."""
    say(f"building {' '.join(targets) or 'everything'} in {_shown(preset, root)}")
    command = ["cmake", "--build", str(folder(preset, root)), "-j", str(jobs())]
    if targets:
        command += ["--target", *targets]
    command += ["--", "-k", "0"]
    process = subprocess.Popen(
        command, cwd=root, env=toolchains.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace",
    )  # fmt: skip
    lines = []
    for line in process.stdout or ():
        sys.stderr.write(line)
        lines.append(line.rstrip("\n"))
    failures = failures_in(lines)
    if process.wait() != 0 and not failures:
        failures.append(Failure(f"build/{preset}", next((line for line in reversed(lines) if line), "no output")))
    return failures


def _shown(preset: str, root: Path) -> str:
    where = folder(preset, root)
    return str(where.relative_to(ROOT) if where.is_relative_to(ROOT) else where)


def failures_in(lines: Sequence[str]) -> list[Failure]:
    """What ninja's output says failed: the file of each FAILED line, with the first error that follows it."""
    failures: list[Failure] = []
    for line in lines:
        match = re.match(r"FAILED: (?:\[code=\d+\] )?(\S+)", line)
        if match:
            failures.append(Failure(match.group(1), ""))
        elif failures and not failures[-1].reason and re.search(r"\berror\b", line):
            failures[-1] = Failure(failures[-1].target, line.strip())
    return failures
