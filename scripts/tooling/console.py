"""How the scripts speak: progress on stderr, one line a step; a user's error is one line and exit code 2."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


class UserError(Exception):
    """What is wrong and what to do about it, in one line (more lines hold commands to copy)."""


def program() -> str:
    """Name of the running script, as the user typed it."""
    stem = Path(sys.argv[0]).stem
    return "bootstrap" if stem == "__main__" else stem


def say(text: str) -> None:
    """Prints one step on stderr."""
    print(f"{program()}: {text}", file=sys.stderr, flush=True)


def run_main(main: Callable[[list[str]], int]) -> None:
    """Runs a script's main with its arguments and exits; user errors and Ctrl-C never show a stack trace."""
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except UserError as error:
        say(str(error))
        code = EXIT_USAGE
    except KeyboardInterrupt:
        say("interrupted")
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout has gone; without this the interpreter reports it a second time at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_FAILED
    sys.exit(code)
