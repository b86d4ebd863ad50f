"""Messages for the user on stderr. stdout belongs to data."""

import sys

from flowreport.exits import Exit
from flowreport.model import Run
from flowreport.outcomes import count
from flowreport.text import log_line, without_passwords


def say(text: str) -> None:
    """One line on stderr, safe for a terminal and for those who read its log."""
    sys.stderr.write(f"flowreport: {log_line(without_passwords(text))}\n")


def say_failed(run: Run, where: str = "the first table tells which") -> Exit:
    """Say how many trials of the run failed, if any, and give the exit code for it."""
    failed = count(run).failed
    if not failed:
        return Exit.GOOD
    say(f"{failed} of {len(run.processes)} trials failed; {where}")
    return Exit.FAILED
