"""The command line: collects the commands, runs the one that was asked for, and is the only place that exits."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from flowreport import __version__
from flowreport.commands import baseline, compare, export, gate, history, report, simulate, summary, trace
from flowreport.console import say
from flowreport.errors import ReportError
from flowreport.exits import Exit
from flowreport.text import log_line, without_passwords

COMMANDS = (
    report,
    summary,
    export,
    baseline,
    compare,
    history,
    gate,
    simulate,
    trace,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    _replace_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a sign gets its escape, not a stack trace.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run_command(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (`| head`). Nothing more can be written, not even by the exit.
        _drop_stdout()
        code = Exit.GOOD
    except OSError as error:
        _drop_stdout()
        what = "cannot write to standard output" if error.filename is None else str(error.filename)
        say(f"error: {what}: {error.strerror or error}")
        code = Exit.USAGE
    sys.exit(code)


def _replace_closed_streams() -> None:
    """Give a stream that was closed (`>&-`) its place again: no other file gets its number, and no write finds None.

    Nobody misses the messages, but data that goes nowhere is an error: writing to stdout fails as on a full disk.
    """
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8", closefd=False)


def _drop_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the exit code. argparse exits by itself on a usage error, with 2."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except ReportError as error:
        say(f"error: {error}")
        return Exit.USAGE
    return code


class _Parser(argparse.ArgumentParser):
    """Quotes the arguments that it does not understand, but no password in them; its subparsers do the same."""

    def error(self, message: str) -> NoReturn:
        super().error(log_line(without_passwords(message)))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="flowreport",
        description="Statistics and the HTML report of a benchmark run.",
        epilog="Exit: 0 good, 1 the run holds a failed trial, 2 usage or unreadable input.",
    )
    parser.add_argument("--version", action="version", version=f"flowreport {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(commands)
    return parser
