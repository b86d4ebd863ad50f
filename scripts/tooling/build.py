"""Configuring and building with CMake's presets. The tools' own output goes to stderr."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tooling import toolchains
from tooling.console import ROOT, say


def folder(preset: str) -> Path:
    """Where a preset builds."""
    return ROOT / "build" / preset


def jobs() -> int:
    """One compiler per CPU that this process may use."""
    return len(os.sched_getaffinity(0))


def configure(preset: str) -> bool:
    """Runs `cmake --preset`. It always runs: a compiler or language that arrived since is found only by asking."""
    say(f"configuring build/{preset}")
    command = ["cmake", "--preset", preset]
    done = subprocess.run(
        command, cwd=ROOT, env=toolchains.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        return False
    for warning in re.findall(r"CMake Warning[^\n]*\n(.*?)\n\n", done.stdout, re.DOTALL):
        say("cmake: " + " ".join(warning.split()))
    return True


def build(preset: str, *targets: str) -> list[str]:
    """Builds as much of `targets` (all, when none) as can be built. Returns what failed, as ninja names it."""
    say(f"building {' '.join(targets) or 'everything'} in build/{preset}")
    command = ["cmake", "--build", str(folder(preset)), "-j", str(jobs())]
    if targets:
        command += ["--target", *targets]
    command += ["--", "-k", "0"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=toolchains.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    failed = []
    for line in process.stdout or ():
        sys.stderr.write(line)
        match = re.match(r"FAILED: (?:\[code=\d+\] )?(\S+)", line)
        if match:
            failed.append(match.group(1))
    if process.wait() != 0 and not failed:
        failed.append(f"build/{preset}: the build tool exited with {process.returncode}")
    return failed
