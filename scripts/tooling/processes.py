"""Running one long command: its output goes to stderr as it comes and to a log file, and it never outlives us."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finished:
    """`code` is the exit code, negative for a signal."""

    code: int
    lines: list[str]
    timed_out: bool

    def why_failed(self) -> str:
        """One line for a command that did not exit 0."""
        if self.timed_out:
            return "ran into its time limit and was killed"
        told = [line for line in self.lines if line.strip()]
        return f"exited with {self.code}" + (f": {told[-1].strip()}" if told else "")


def run(
    command: Sequence[str],
    *,
    log: Path,
    folder: Path,
    environment: Mapping[str, str],
    limit_s: float,
    quiet: bool = False,
) -> Finished:
    """Runs `command` in a process group of its own, and kills all of it after `limit_s` seconds or when we stop."""
    log.parent.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
    )  # fmt: skip
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        _kill_group(process.pid)

    timer = threading.Timer(limit_s, expire)
    timer.start()
    lines = []
    try:
        with log.open("w") as copy:
            for line in process.stdout or ():
                lines.append(line.rstrip("\n"))
                copy.write(line)
                if not quiet:
                    sys.stderr.write(line)
        code = process.wait()
    finally:
        timer.cancel()
        _kill_group(process.pid)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    return Finished(code, lines, expired.is_set())


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # all of it has ended
        os.killpg(group, signal.SIGKILL)
