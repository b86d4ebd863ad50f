"""The command line: `flowreport report RUN` and `flowreport summary RUN`. The only place that exits.

Exit codes: 0 good; 1 the run holds a failed trial (the output is complete all the same); 2 usage, or a run that
cannot be read or a report that cannot be written.
"""

import argparse
import io
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from flowreport import __version__
from flowreport.errors import ReportError
from flowreport.load import load_run
from flowreport.model import Run
from flowreport.outcomes import count
from flowreport.text import visible

GOOD, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
INPUTS = ("run.json", "trials.jsonl")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a sign gets its escape, not a stack trace.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run_command(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough (`| head`). Nothing more can be written, not even by the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = GOOD
    sys.exit(code)


def run_command(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the exit code. argparse exits by itself on a usage error, with 2."""
    options = _parser().parse_args(arguments)
    try:
        run = load_run(options.run)
        if run.torn:
            _say(f"warning: {run.torn}")
        if options.command == "report":
            _report(run, options)
        else:
            _summary(run)
    except ReportError as error:
        _say(f"error: {error}")
        return USAGE
    failed = count(run).failed
    if failed:
        _say(f"{failed} of {len(run.processes)} trials failed; the first table tells which")
    return FAILED if failed else GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="flowreport",
        description="Statistics and the HTML report of a benchmark run.",
        epilog="Exit: 0 good, 1 the run holds a failed trial, 2 usage or unreadable input.",
    )
    parser.add_argument("--version", action="version", version=f"flowreport {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    report = commands.add_parser("report", help="write the run as one HTML file that opens from disk")
    report.add_argument("run", type=Path, metavar="RUN", help="a run's folder, for example results/latest")
    report.add_argument("-o", "--output", metavar="FILE", help="default: RUN/report.html; - is stdout")
    report.add_argument("-q", "--quiet", action="store_true", help="do not print the path of the report")
    summary = commands.add_parser("summary", help="print the run as a plain-text table")
    summary.add_argument("run", type=Path, metavar="RUN", help="a run's folder, for example results/latest")
    return parser


def _report(run: Run, options: argparse.Namespace) -> None:
    # matplotlib takes a second to import; `summary` and `-h` do without.
    from flowreport.pages.report import render_report  # noqa: PLC0415

    folder = options.run.parent if options.run.name == "run.json" else options.run
    output = options.output or str(folder / "report.html")
    if output == "-":
        sys.stdout.buffer.write(render_report(run).encode())
        return
    path = Path(output)
    if any(path.resolve() == (folder / name).resolve() for name in INPUTS):
        raise ReportError(f"{path}: is part of the run; choose another file for -o")
    write_whole(path, render_report(run))
    if not options.quiet:
        sys.stdout.write(f"{path}\n")


def _summary(run: Run) -> None:
    from flowreport.summary import summarize  # noqa: PLC0415 - as above, for pandas

    sys.stdout.write(summarize(run))


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or all of the new one, never a part."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8", newline="\n"
        ) as out:
            temporary = Path(out.name)
            try:
                out.write(text)
                out.flush()
                # mkstemp makes a private file; a report is for sharing, as far as the umask allows.
                os.fchmod(out.fileno(), 0o666 & ~_umask())
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _say(text: str) -> None:
    sys.stderr.write(f"flowreport: {visible(text)}\n")
