"""`flowreport baseline save|list|show|rm`: runs that are kept under a name, to compare later ones with."""

import argparse
import sys
from collections.abc import Iterator

from flowreport import baselines, units
from flowreport.columns import aligned
from flowreport.console import say
from flowreport.errors import ReportError
from flowreport.exits import Exit
from flowreport.fingerprint import Fingerprint
from flowreport.load import load_run
from flowreport.model import Run
from flowreport.outcomes import count
from flowreport.sources import add_baselines, add_run, run_folder
from flowreport.text import log_line


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say how the command is called."""
    parser = commands.add_parser("baseline", help="keep runs under a name; elsewhere baseline:NAME names such a run")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, function, text in (
        ("save", save, "copy a run"),
        ("list", list_all, "print the names, newest run last"),
        ("show", show, "print what a baseline was measured with"),
        ("rm", remove, "delete a baseline"),
    ):
        action = actions.add_parser(name, help=text)
        if name == "save":
            add_run(action)
            action.add_argument("--force", action="store_true", help="replace one of this name; save an incomplete run")
        if name != "list":
            action.add_argument("name", metavar="NAME", help="lower-case letters, digits and . _ -")
        add_baselines(action)
        action.set_defaults(run=function)


def save(options: argparse.Namespace) -> Exit:
    """Copy a run."""
    source = run_folder(options.source, options.baselines)
    target = baselines.save(source, options.name, options.baselines, force=options.force)
    run = load_run(target)
    failed = count(run).failed
    if failed:
        say(f"warning: {failed} of {len(run.processes)} trials of this baseline failed")
    sys.stdout.write(f"{target}\n")
    return Exit.GOOD


def list_all(options: argparse.Namespace) -> Exit:
    """Print the names with what tells them apart. One that cannot be read is told and leaves the others."""
    runs: list[tuple[str, Run]] = []
    code = Exit.GOOD
    for name in baselines.names(options.baselines):
        try:
            runs.append((name, load_run(options.baselines / name)))
        except ReportError as error:
            say(f"error: {error}")
            code = Exit.USAGE
    runs.sort(key=lambda named: (named[1].created, named[0]))
    rows = [
        (name, r.created, r.tool.commit[:12] + ("+" if r.tool.dirty else ""), Fingerprint.of(r).key, _counted(r))
        for name, r in runs
    ]
    if rows:
        head = ("baseline", "created", "commit", "machine", "trials")
        sys.stdout.write("".join(f"{row}\n" for row in aligned([head, *rows])))
    elif code is Exit.GOOD:
        say(f"no baselines in {options.baselines}; flowreport baseline save RUN NAME makes one")
    return code


def show(options: argparse.Namespace) -> Exit:
    """Print what a baseline was measured with."""
    folder = baselines.existing(options.name, options.baselines)
    run = load_run(folder)
    facts = [("baseline", options.name), ("folder", str(folder)), *_facts(run)]
    width = max(len(name) for name, _ in facts)
    sys.stdout.write("".join(f"{name:<{width}}  {log_line(value)}\n" for name, value in facts))
    return Exit.GOOD


def remove(options: argparse.Namespace) -> Exit:
    """Delete a baseline."""
    baselines.remove(options.name, options.baselines)
    return Exit.GOOD


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    fingerprint = Fingerprint.of(run)
    yield "run", run.id
    yield "created", run.created
    yield "commit", run.tool.commit + (", with uncommitted changes" if run.tool.dirty else "")
    yield "trials", _counted(run)
    incomplete = baselines.incomplete(run)
    if incomplete:
        yield "incomplete", incomplete
    yield "machine", fingerprint.key
    m = fingerprint.machine
    yield "CPU", f"{m.cpu_model}, {m.cpus_allowed} of {m.cpus_online} CPUs allowed, {m.memory_gib} GiB"
    yield "kernel", m.kernel
    yield "governor", m.governor or "unknown"
    yield "workers", ", ".join(map(str, fingerprint.workers))
    yield "workloads", ", ".join(w.id for w in run.workloads) or units.DASH
    for s in run.subjects:
        yield f"subject {log_line(s.id)}", fingerprint.builds.get(s.id) or s.reason or units.DASH


def _counted(run: Run) -> str:
    counts = count(run)
    failed = f", {units.count(counts.failed)} failed" if counts.failed else ""
    return f"{units.count(counts.counted)} of {units.count(counts.planned)}{failed}"
