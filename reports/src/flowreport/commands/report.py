"""`flowreport report RUN`: the run as one HTML page."""

import argparse
import sys
from typing import TYPE_CHECKING

from flowreport.console import say_failed
from flowreport.exits import Exit
from flowreport.files import write_whole
from flowreport.gate_verdict import gate_verdict
from flowreport.model import OPERATION, Run
from flowreport.sources import add_baselines, add_run, open_run, output_file, run_folder

if TYPE_CHECKING:  # SQLAlchemy and psycopg take half a second to import; a report without a history does without.
    from flowreport.history.series import Series


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say how the command is called."""
    parser = commands.add_parser("report", help="write the run as one HTML file that opens from disk")
    add_run(parser)
    parser.add_argument("-o", "--output", metavar="FILE", help="default: RUN/report.html; - is stdout")
    parser.add_argument("-q", "--quiet", action="store_true", help="do not print the path of the report")
    add_baselines(parser)
    parser.add_argument(
        "--history",
        metavar="FILE-or-URL",
        help="draw each case in earlier runs of the same machine too: a file, or postgresql://…",
    )
    parser.set_defaults(run=report)


def report(options: argparse.Namespace) -> Exit:
    """Write the page."""
    from flowreport.pages.report import render_report  # noqa: PLC0415 - matplotlib takes a second to import

    run = open_run(options.source, options.baselines)
    folder = run_folder(options.source, options.baselines)
    output = options.output or str(folder / "report.html")
    path = None if output == "-" else output_file(output, folder)
    page = render_report(run, gate=gate_verdict(folder), history=_history(run, options.history))
    if path is None:
        sys.stdout.buffer.write(page.encode())
        return say_failed(run)
    write_whole(path, page)
    if not options.quiet:
        sys.stdout.write(f"{path}\n")
    return say_failed(run)


def _history(run: Run, given: str | None) -> "tuple[Series, ...]":
    """The series of the run's machine up to the run; none when no history is asked for. Raises ReportError."""
    if given is None:
        return ()
    from flowreport.fingerprint import Fingerprint  # noqa: PLC0415
    from flowreport.history.location import locate  # noqa: PLC0415
    from flowreport.history.series import series_until  # noqa: PLC0415
    from flowreport.history.store import History  # noqa: PLC0415

    with History(locate(given)).reading() as connection:
        metrics = ("cold", OPERATION)
        found = series_until(connection, run=run.id, machine=Fingerprint.of(run).key, metrics=metrics)
    return tuple(found.values())
