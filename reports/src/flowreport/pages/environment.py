"""The machine, the tools and the subjects' builds."""

from dataclasses import dataclass

from flowreport import units
from flowreport.model import Run
from flowreport.pages.names import Names
from flowreport.pages.table import NOTHING, Cell, Column, Row, Table

UNKNOWN = "unknown"
SHORT_HASH = 12
VERDICTS = ("bad", "note", "unknown", "good")  # worst first


@dataclass(frozen=True)
class EnvironmentSection:
    """Facts are (name, value)."""

    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    subjects: Table
    checks: Table | None
    drift: Table | None


def environment(run: Run, names: Names) -> EnvironmentSection:
    """What a reader needs to know to judge or repeat the numbers."""
    e = run.environment
    stolen = sum(t.steal_ns for t in run.processes)
    ran = [t for t in run.processes if t.wall_ns > 0]
    facts = (
        ("CPU", e.cpu_model),
        ("CPUs", f"{e.cpus_online} online, {len(e.cpus_allowed)} allowed ({cpu_list(e.cpus_allowed)})"),
        ("Memory", units.memory(e.memory_bytes)),
        ("System", e.os),
        ("Kernel", e.kernel),
        ("Virtualization", e.virtualization or UNKNOWN),
        ("Limits (cgroup)", e.cgroup or "none"),
        ("Governor", e.governor or UNKNOWN),
        ("Turbo", e.turbo or UNKNOWN),
        ("SMT", e.smt or UNKNOWN),
        ("Address randomization", e.aslr or UNKNOWN),
        ("Clock source", e.clocksource),
        ("Load before the run", f"{e.load1_milli / 1000:.2f} (1 minute)"),
        ("CPU time stolen", f"{units.duration(stolen)} during the trials"),
        ("CPU pressure", _pressure([t.cpu_pressure_ns for t in ran])),
        ("Memory pressure", _pressure([t.memory_pressure_ns for t in ran])),
        ("Throttled by a CPU quota", _sum([t.cpu_throttled_ns for t in ran])),
        ("CPU time of other processes", _sum([t.others_cpu_ns for t in ran])),
        ("I/O pressure", _pressure([t.io_pressure_ns for t in ran])),
        ("Harness", f"{run.tool.name} {run.tool.version}"),
        ("Commit", f"{run.tool.commit}{' + uncommitted changes' if run.tool.dirty else ''}"),
        *sorted(e.tools.items()),
    )
    return EnvironmentSection(facts, e.warnings, _subjects(run, names), _checks(run), _drift(run))


def cpu_list(cpus: tuple[int, ...]) -> str:
    """CPU numbers as the kernel writes them: 0-3,6."""
    ranges: list[list[int]] = []
    for cpu in sorted(cpus):
        if ranges and cpu == ranges[-1][1] + 1:
            ranges[-1][1] = cpu
        else:
            ranges.append([cpu, cpu])
    return ",".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges) or "none"


def _pressure(waits_ns: list[int | None]) -> str:
    """How long tasks waited in all trials that ran; a sum without some of them would be too small."""
    known = [ns for ns in waits_ns if ns is not None]
    if not known or len(known) < len(waits_ns):
        return UNKNOWN
    return f"{units.duration(sum(known))} during the trials, waits of the subjects' own threads included"


def _sum(spans_ns: list[int | None]) -> str:
    known = [ns for ns in spans_ns if ns is not None]
    return f"{units.duration(sum(known))} during the trials" if known and len(known) == len(spans_ns) else UNKNOWN


def _checks(run: Run) -> Table | None:
    """The machine before the first trial, as the harness judged it; None in a run from before it did."""
    rows = tuple(
        Row((Cell(c.id, head=True), Cell(c.verdict, sort=VERDICTS.index(c.verdict)), Cell(c.seen), Cell(c.advice)))
        for c in run.environment.checks
    )
    heads = ("Check", "Verdict", "Seen before the run", "Advice")
    return Table("checks", "Is the machine fit?", tuple(Column(h, words=True) for h in heads), rows) if rows else None


def _drift(run: Run) -> Table | None:
    """The time of fixed work over the run, against its first; None where it was not taken."""
    if not run.calibration:
        return None
    first = run.calibration[0].best_ns
    rows = tuple(
        Row(
            (
                Cell(c.at, head=True),
                Cell(units.duration(c.started), sort=c.started),
                Cell(units.duration(c.best_ns), sort=c.best_ns),
                Cell(units.duration(c.median_ns), sort=c.median_ns),
                Cell(f"{100 * (c.best_ns / first - 1):+.1f} %", sort=c.best_ns / first),
            )
        )
        for c in run.calibration
    )
    columns = (
        Column("At", words=True),
        *(Column(h) for h in ("After", "Best", "Median", "Best, against the first")),
    )
    return Table("drift", "Time of fixed work: did the speed of the machine drift?", columns, rows)


def _subjects(run: Run, names: Names) -> Table:
    rows = tuple(
        Row(
            (
                names.cell(s.id),
                Cell(", ".join(filter(None, [names.marks[names.place(s.id)].role, "external" if s.external else ""]))),
                Cell(s.language),
                Cell(s.version) if s.version else NOTHING,
                Cell(s.build.compiler) if s.build else Cell("not built" if not s.built else units.DASH),
                Cell(s.build.flags or "none", tone="code") if s.build else Cell(s.reason or units.DASH),
                Cell(s.note) if s.note else NOTHING,
                Cell(s.sha256[:SHORT_HASH], tone="code") if s.sha256 else NOTHING,
            ),
            names.place(s.id),
        )
        for s in run.subjects
    )
    heads = ("Subject", "Role", "Language", "Version", "Compiler", "Flags", "Note", "sha256")
    return Table("subjects", "Subjects", tuple(Column(h, words=True) for h in heads), rows)
