"""`flowreport history add|list|show|trend`: runs kept over time, and how their numbers went."""

import argparse
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flowreport.console import say
from flowreport.errors import ReportError
from flowreport.exits import Exit
from flowreport.files import write_whole
from flowreport.history import DEFAULT, VARIABLE
from flowreport.sources import RESULTS, add_baselines, add_run, open_run, run_folder

if TYPE_CHECKING:  # SQLAlchemy and psycopg take half a second to import; -h and the other commands do without.
    from flowreport.history.series import Series
    from flowreport.history.store import History

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no public name for it

# Where the page goes when nobody says otherwise.
PAGE = RESULTS / "trend.html"


def add_parser(commands: "Commands") -> None:
    """Say how the command is called."""
    parser = commands.add_parser("history", help="keep runs over time, and show how their numbers went")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    adding = _action(actions, "add", _add, "put runs into the history")
    add_run(adding, "sources", nargs="+")
    add_baselines(adding)
    adding.add_argument("--commit", metavar="SHA", help="what was measured, where run.json does not say it; one RUN")
    adding.add_argument("--incomplete", action="store_true", help="also a run that lacks planned trials")
    listing = _action(actions, "list", _list, "the runs that are there, in the order of their code")
    listing.add_argument("--commit", default="", metavar="SHA", help="only runs whose commit starts so")
    _add_machine(listing)
    showing = _action(actions, "show", _show, "the numbers of one run")
    showing.add_argument("run_id", metavar="RUN_ID", help="the id of a run, or its beginning")
    trend = _action(actions, "trend", _trend, "each number over the commits, with the places where it changed")
    trend.add_argument("--case", type=_pattern, metavar="REGEX", help="only cases whose subject/workload/tasks matches")
    trend.add_argument(
        "--metric",
        action="append",
        metavar="M",
        help="cold, warm, cpu, process, bytes; op, iteration, p99 … of components; may be repeated "
        "(default: cold, bytes, op, iteration)",
    )
    _add_machine(trend)
    trend.add_argument(
        "--level", type=_level, default=0.05, metavar="P", help="chance of any false alarm in all series (default 0.05)"
    )
    form = trend.add_mutually_exclusive_group()
    form.add_argument("--text", action="store_true", help="a table on stdout")
    form.add_argument("--json", action="store_true", help="JSON on stdout")
    trend.add_argument("-o", "--output", metavar="FILE", help=f"default: the page {PAGE}, text and JSON -; - is stdout")


def _action(
    actions: "Commands", name: str, run: Callable[[argparse.Namespace], Exit], summary: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
    parser.add_argument(
        "--history",
        metavar="FILE-or-URL",
        help=f"where the history is: a file, or postgresql://… (default: ${VARIABLE}, else {DEFAULT})",
    )
    parser.set_defaults(run=run)
    return parser


def _add_machine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--machine", default="", metavar="KEY", help="only machines whose key starts so")


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"not a regular expression: {error}") from None


def _level(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 < value < 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value


def _history(options: argparse.Namespace) -> "History":
    from flowreport.history.location import locate  # noqa: PLC0415 - as all imports below
    from flowreport.history.store import History  # noqa: PLC0415

    given: str | None = options.history
    return History(locate(given if given is not None else os.environ.get(VARIABLE) or str(DEFAULT)))


def _add(options: argparse.Namespace) -> Exit:
    """All runs or none: a run that cannot be added is found before anything is kept."""
    from flowreport.history.commit_time import commit_time  # noqa: PLC0415
    from flowreport.history.record import content_sha256, record  # noqa: PLC0415
    from flowreport.history.runs import add  # noqa: PLC0415

    if options.commit is not None and len(options.sources) > 1:
        raise ReportError("--commit says what one run measured; give one RUN with it")
    records = []
    for source in options.sources:
        folder = run_folder(source, options.baselines)
        content = content_sha256(folder)
        run = open_run(source, options.baselines)
        lacking = run.plan.trials - len(run.processes)
        if lacking > 0 and not options.incomplete:
            raise ReportError(
                f"{source}: {lacking} planned trials have no record; finish the run (flowbench run --resume {source}) "
                "or add it with --incomplete"
            )
        if run.pair is not None and run.pair.arm == "base" and options.commit is None:
            raise ReportError(
                f"{source}: is the base arm of a pair, and its run.json has the commit of the candidate's harness; say "
                "with --commit what was measured"
            )
        commit = options.commit or run.tool.commit
        records.append(
            record(run, content, commit=commit, committed=commit_time(commit, Path.cwd()), now=datetime.now(UTC))
        )
    done = []
    with _history(options).writing() as connection:
        for one in records:
            done.append((one.run["id"], add(connection, one)))  # noqa: PERF401 - a comprehension would hide the writing
    for run_id, added in done:
        say(f"{run_id}: {added.value}")
    return Exit.GOOD


def _list(options: argparse.Namespace) -> Exit:
    from flowreport.history.output import runs_text  # noqa: PLC0415
    from flowreport.history.runs import stored_runs  # noqa: PLC0415

    with _history(options).reading() as connection:
        runs = stored_runs(connection, machine=options.machine, commit=options.commit)
    sys.stdout.write(runs_text(runs))
    return Exit.GOOD


def _show(options: argparse.Namespace) -> Exit:
    from flowreport.history.output import run_text  # noqa: PLC0415
    from flowreport.history.runs import find_run, stored_failures, stored_results  # noqa: PLC0415

    with _history(options).reading() as connection:
        run = find_run(connection, options.run_id)
        results, failures = stored_results(connection, run.id), stored_failures(connection, run.id)
    sys.stdout.write(run_text(run, results, failures))
    return Exit.GOOD


def _trend(options: argparse.Namespace) -> Exit:
    from flowreport.history.series import MAIN_METRICS, series_of  # noqa: PLC0415

    with _history(options).reading() as connection:
        series = series_of(
            connection,
            case=options.case,
            metrics=tuple(options.metric or MAIN_METRICS),
            machine=options.machine,
            level=options.level,
        )
    if not series:
        raise ReportError("no number in the history matches; flowreport history list and show tell what is there")
    output = options.output or ("-" if options.text or options.json else str(PAGE))
    text = _drawn(series, options)
    if output == "-":
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        return Exit.GOOD
    if options.output is None:
        RESULTS.mkdir(exist_ok=True)
    write_whole(Path(output), text)
    sys.stdout.write(f"{output}\n")
    return Exit.GOOD


def _drawn(series: "tuple[Series, ...]", options: argparse.Namespace) -> str:
    if options.text or options.json:
        from flowreport.history.output import trend_json, trend_text  # noqa: PLC0415

        return trend_json(series) if options.json else trend_text(series)
    from flowreport.pages.trend import render_trend  # noqa: PLC0415

    return render_trend(series)
