"""`flowreport summary RUN`: the run as a plain-text table."""

import argparse
import sys

from flowreport.console import say_failed
from flowreport.exits import Exit
from flowreport.sources import add_baselines, add_run, open_run


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say how the command is called."""
    parser = commands.add_parser("summary", help="print the run as a plain-text table")
    add_run(parser)
    add_baselines(parser)
    parser.set_defaults(run=summary)


def summary(options: argparse.Namespace) -> Exit:
    """Print the table."""
    run = open_run(options.source, options.baselines)
    from flowreport.summary import summarize  # noqa: PLC0415 - pandas takes a second to import

    sys.stdout.write(summarize(run))
    return say_failed(run)
