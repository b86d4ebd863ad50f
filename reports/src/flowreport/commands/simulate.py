"""`flowreport simulate RUN_BASE RUN_CAND`: how often a gate would be wrong, on noise that was recorded once."""

import argparse
import os
import re
import sys

from flowreport.errors import ReportError
from flowreport.exits import Exit
from flowreport.model import Run
from flowreport.sources import add_baselines, open_run

GATES = 2000


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say how the command is called."""
    parser = commands.add_parser(
        "simulate",
        help="simulate gates on the recorded noise of two arms that ran the same executables",
        epilog="For example the two runs in look-1 of a gate that was called with --always-measure and --rounds 30.",
    )
    parser.add_argument("base", metavar="RUN_BASE", help="the run of the base")
    parser.add_argument("candidate", metavar="RUN_CAND", help="the run of the candidate, of the same executables")
    parser.add_argument("--gates", type=int, default=GATES, metavar="N", help=f"how many (default: {GATES})")
    parser.add_argument("--controls", default="", metavar="ID,...", help="subjects that stand for unchanged ones")
    parser.add_argument("--cases", default="", metavar="REGEX", help="cases whose candidate is made worse")
    parser.add_argument("--time", type=float, default=1.0, metavar="FACTOR", help="by so much, for example 1.05")
    parser.add_argument("--memory", type=float, default=1.0, metavar="FACTOR", help="and its memory by so much")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the draws (default: 1)")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="processes (default: the CPUs)")
    add_baselines(parser)
    parser.set_defaults(run=simulate)


def simulate(options: argparse.Namespace) -> Exit:
    """Simulate, and print counts with their exact bounds."""
    from numpy.random import default_rng  # noqa: PLC0415 - takes its time to import

    from flowreport.gate import simulation  # noqa: PLC0415
    from flowreport.gate.rules import RULES  # noqa: PLC0415

    pattern = _pattern(options)
    arms = (open_run(options.base, options.baselines), open_run(options.candidate, options.baselines))
    tally = simulation.simulate(
        simulation.Recording.of(arms, _controls(options, arms)),
        RULES,
        simulation.Change(simulation.Named(pattern), options.time, options.memory),
        default_rng(options.seed).spawn(options.gates),
        jobs=min(options.jobs or len(os.sched_getaffinity(0)), options.gates),
    )
    for verdict, n in tally.verdicts.items():
        _print(f"{verdict.value:12}", n, tally.gates)
    for what, counts in (("found", tally.found), ("undecided", tally.undecided), ("unfit", tally.unfit)):
        for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            _print(f"{what} {name}:", n, tally.gates)
    return Exit.GOOD


def _pattern(options: argparse.Namespace) -> re.Pattern[str] | None:
    if options.gates < 1 or options.time <= 0 or options.memory <= 0:
        raise ReportError("--gates, --time and --memory must be above 0")
    if options.jobs < 0:
        raise ReportError("--jobs must be 1 or more, or 0 for as many as there are CPUs")
    try:
        return re.compile(options.cases) if options.cases else None
    except re.error as error:
        raise ReportError(f"--cases {options.cases!r} is no regular expression: {error}") from None


def _controls(options: argparse.Namespace, arms: tuple[Run, Run]) -> set[str]:
    from flowreport.gate.problems import same_executables  # noqa: PLC0415

    same = same_executables(arms)
    controls = {id_ for id_ in options.controls.split(",") if id_} or {s.id for s in arms[0].subjects if s.control}
    if not controls or not controls <= same:
        raise ReportError("the controls must be subjects that ran the same executable in both runs; see --controls")
    if all(s.id in controls for s in arms[0].subjects):
        raise ReportError("every subject is a control, so there is nothing to gate; name fewer with --controls")
    different = {s.id for s in arms[0].subjects if s.sha256} - same
    if different:
        raise ReportError(f"{', '.join(sorted(different))} ran other executables, so the truth is not known")
    return controls


def _print(what: str, n: int, gates: int) -> None:
    from flowreport.stats.binomial import clopper_pearson  # noqa: PLC0415

    bounds = clopper_pearson(n, gates)
    sys.stdout.write(f"{what} {n:6} of {gates}  {100 * bounds.low:.2f} % – {100 * bounds.high:.2f} %\n")
