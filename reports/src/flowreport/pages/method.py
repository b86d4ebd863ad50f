"""How the run was done, and how to do it again."""

import shlex
from dataclasses import dataclass

from flowreport import units
from flowreport.cases import Analysis
from flowreport.model import Benchmark, Plan, PlannedCase
from flowreport.pages.environment import cpu_list
from flowreport.pages.names import Names
from flowreport.text import visible

_ORDERS = {
    "random": "random: every case once per round, each round shuffled by the seed",
    "round-robin": "round-robin: every case once per round, always in the same order",
    "batch": "batch: all trials of a case together, so a drift of the machine can favour some cases",
}


@dataclass(frozen=True)
class Method:
    """Facts are (name, value); exceptions are (subject, cases, rounds and phases, why)."""

    facts: tuple[tuple[str, str], ...]
    command: str
    exceptions: tuple[tuple[str, str, str, str], ...]


def method(analysis: Analysis, names: Names) -> Method:
    """The plan in words, its exceptions, and the command line."""
    run, plan = analysis.run, analysis.run.plan
    facts = (
        ("Trials", f"{units.count(plan.trials)}, one process each"),
        ("Rounds", f"{plan.rounds}{f' after {plan.warmup} of warm-up' if plan.warmup else ''}"),
        ("Phases per trial", f"{plan.phases} (the first is cold)"),
        ("Order", _ORDERS[plan.order]),
        ("Seed of the order", str(run.seed)),
        ("Seed of the answers", str(run.answer_seed)),
        ("Workers", f"{', '.join(map(str, run.worker_counts))} for every subject"),
        ("CPUs of every subject", cpu_list(plan.affinity or run.environment.cpus_allowed)),
        *(() if plan.min_time_ms is None else (("Least time of a benchmark", units.duration(plan.min_time_ms * 1e6)),)),
        ("Time limit of a trial", units.duration(plan.timeout_ms * 1e6)),
        ("Started", run.created),
        ("Catalog (sha256)", run.catalog_sha256),
    )
    # A command that is copied into a shell must not carry what the eye does not see.
    command = shlex.join(visible(word) for word in run.command)
    exceptions = (*_exceptions(plan.cases, plan.rounds, plan.phases, names), *_benchmarks(plan, names))
    return Method(facts, command, exceptions)


def _benchmarks(plan: Plan, names: Names) -> tuple[tuple[str, str, str, str], ...]:
    groups: dict[tuple[str, int, str], list[Benchmark]] = {}
    for p in plan.benchmarks:
        if p.rounds != plan.rounds or p.why:
            groups.setdefault((p.case.subject, p.rounds, p.why), []).append(p.case)
    return tuple(
        (names.title(subject), names.cases(group), units.plural(rounds, "round"), why)
        for (subject, rounds, why), group in groups.items()
    )


def _exceptions(
    cases: tuple[PlannedCase, ...], rounds: int, phases: int, names: Names
) -> tuple[tuple[str, str, str, str], ...]:
    groups: dict[tuple[str, int, int, str], list[PlannedCase]] = {}
    for c in cases:
        if (c.rounds, c.phases) != (rounds, phases) or c.why:
            groups.setdefault((c.case.subject, c.rounds, c.phases, c.why), []).append(c)
    return tuple(
        (
            names.title(subject),
            names.cases(c.case for c in group),
            f"{units.plural(case_rounds, 'round')}, {units.plural(case_phases, 'phase')}",
            why,
        )
        for (subject, case_rounds, case_phases, why), group in groups.items()
    )
