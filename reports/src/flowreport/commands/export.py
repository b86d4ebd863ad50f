"""`flowreport export RUN --format F`: the run as other tools read it."""

import argparse
import sys

from flowreport.console import say_failed
from flowreport.exits import Exit
from flowreport.files import write_whole
from flowreport.sources import add_baselines, add_run, open_run, output_file, run_folder

NAMES = ("gbench", "bmf", "gha", "hyperfine", "pyperf", "gotext", "csv", "markdown", "junit")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say how the command is called."""
    parser = commands.add_parser("export", help="write the run in the format of another tool")
    add_run(parser)
    parser.add_argument("--format", required=True, choices=NAMES, help="docs/exports.md says what each holds")
    parser.add_argument("-o", "--output", default="-", metavar="FILE", help="default: - is stdout")
    add_baselines(parser)
    parser.set_defaults(run=export)


def export(options: argparse.Namespace) -> Exit:
    """Write the text to stdout or to a file."""
    run = open_run(options.source, options.baselines)
    from flowreport.exports.formats import FORMATS  # noqa: PLC0415 - pandas takes a second to import

    text = FORMATS[options.format](run)
    if options.output == "-":
        sys.stdout.buffer.write(text.encode())
        return say_failed(run, "flowreport summary tells which")
    write_whole(output_file(options.output, run_folder(options.source, options.baselines)), text)
    return say_failed(run, "flowreport summary tells which")
