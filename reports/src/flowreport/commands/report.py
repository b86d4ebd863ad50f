"""`flowreport report RUN`: the run as one HTML page."""

import argparse
import sys

from flowreport.console import say_failed
from flowreport.exits import Exit
from flowreport.files import write_whole
from flowreport.sources import add_baselines, add_run, open_run, output_file, run_folder


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say how the command is called."""
    parser = commands.add_parser("report", help="write the run as one HTML file that opens from disk")
    add_run(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="default: RUN/report.html; - is stdout")
    parser.add_argument("-q", "--quiet", action="store_true", help="do not print the path of the report")
    add_baselines(parser)
    parser.set_defaults(run=report)


def report(options: argparse.Namespace) -> Exit:
    """Write the page."""
    from flowreport.pages.report import render_report  # noqa: PLC0415 - matplotlib takes a second to import

    run = open_run(options.source, options.baselines)
    folder = run_folder(options.source, options.baselines)
    output = options.output or str(folder / "report.html")
    if output == "-":
        sys.stdout.buffer.write(render_report(run).encode())
        return say_failed(run)
    path = output_file(output, folder)
    write_whole(path, render_report(run))
    if not options.quiet:
        sys.stdout.write(f"{path}\n")
    return say_failed(run)
