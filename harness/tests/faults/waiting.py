"""Waiting for other processes, and finding them by an argument."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

LIMIT_S = 60.0


def until(condition: Callable[[], bool], what: str) -> None:
    """Poll until it holds; an AssertionError after a minute."""
    limit = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < limit, f"never came: {what}"
        time.sleep(0.002)


def living(argument: str) -> list[int]:
    """Processes, zombies not among them, that have this argument."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # gone meanwhile
        if argument.encode() in words:
            found.append(int(entry.name))
    return found


def end(argument: str) -> None:
    """End what a failed row has left behind."""
    for pid in living(argument):
        os.kill(pid, signal.SIGKILL)


def expect_none(argument: str) -> None:
    """Complain about what is still there."""
    try:
        until(lambda: not living(argument), f"the end of {living(argument)}, which have the argument {argument}")
    finally:
        end(argument)
