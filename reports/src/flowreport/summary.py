"""The run as plain text for a terminal: medians, ratios and bytes per task, one line per workload and size."""

from collections.abc import Iterable

from flowreport import units
from flowreport.cases import Analysis
from flowreport.columns import aligned
from flowreport.components import anchor_figure, components
from flowreport.model import Case, Run, Status
from flowreport.outcomes import absence, count, listing, outcomes, words
from flowreport.text import log_line


def summarize(run: Run) -> str:
    """The summary, ending in a line end. Columns are subjects, in the order of the run."""
    analysis = Analysis(run)
    subjects = run.runtimes
    anchor = analysis.anchor
    several = len(run.worker_counts) > 1
    times, bytes_per_task = [], []
    for g in analysis.groups:
        for n in g.sizes:
            label = [g.workload.id, units.size(n), *([str(g.workers)] if several else [])]
            time_row, byte_row = [*label], [*label]
            for s in subjects:
                case = Case(s.id, g.workload.id, n, g.workers)
                result = analysis.results.get(case)
                if result is None:
                    time_row.append(absence(run, case).why)
                    byte_row.append(units.DASH)
                    continue
                base = analysis.result_of(anchor, case)
                ratio = f" {units.ratio(analysis.ratio(result, base).value)}" if base else ""
                unlike = "† " if run.unlike(case) is not None else ""
                time_row.append(f"{unlike}{units.number(result.cold.value)} ns{ratio}")
                byte_row.append(f"{units.number(result.memory.value)} B")
            times.append(time_row)
            bytes_per_task.append(byte_row)
    against = f", and as a multiple of {anchor.id}" if anchor else ""
    head = ["workload", "tasks", *(["workers"] if several else []), *(s.id for s in subjects)]
    compared = [
        "",
        f"time per task, cold median{against} (lower is better)",
        *aligned([head, *times]),
        "",
        "memory per task, median (lower is better)",
        *aligned([head, *bytes_per_task]),
        *_unlike(analysis),
    ]
    return "\n".join(
        [
            f"run {log_line(run.id)}: {_counts(run)}",
            *(compared if run.workloads or not run.plan.benchmarks else ()),
            *_components(run),
            *_not_counted(run),
            "",
        ]
    )


def _components(run: Run) -> Iterable[str]:
    measured = components(run)
    if not measured:
        return
    several = len({c.benchmark.subject for c in measured}) > 1
    yield ""
    yield "components, median time of one operation (lower is better)"
    rows = [
        (
            f"{c.benchmark.subject}/{c.benchmark.name}" if several else c.benchmark.name,
            t.measure,
            f"{units.number(t.estimate.value)} ns",
            units.DASH if t.anchor is None else anchor_figure(t.anchor),
            units.DASH if t.speed_up is None else units.ratio(t.speed_up),
        )
        for c in measured
        for t in c.times
    ]
    yield from aligned([("benchmark", "time of", "median", "historical anchor", "speed-up"), *rows])


def _counts(run: Run) -> str:
    counts = count(run)
    parts = [f"{units.count(counts.planned)} trials planned", f"{units.count(counts.counted)} counted"]
    parts += [f"{units.count(n)} {words(s)}" for s, n in counts.by_status.items() if s is not Status.OK]
    if counts.missing:
        parts.append(f"{units.count(counts.missing)} without a record")
    return ", ".join(parts)


def _unlike(analysis: Analysis) -> Iterable[str]:
    run = analysis.run
    measured = {(case.subject, case.workload) for case in analysis.results}
    lines = [
        "  " + log_line(f"{s.id} {workload}: {how}")
        for s in run.subjects
        for workload, how in s.unlike.items()
        if (s.id, workload) in measured
    ]
    if lines:
        yield from ("", "† not quite the same work", *lines)


def _not_counted(run: Run) -> Iterable[str]:
    found = outcomes(run)
    if not found:
        return
    yield ""
    yield "not counted"
    for o in found:
        cases = listing(o.cases, lambda workload: workload, several_workers=len(run.worker_counts) > 1)
        others = f" (and {o.others} alike)" if o.others else ""
        limit = f" ({o.limit})" if o.limit else ""
        reached = f", largest {units.count(o.largest)}" if o.largest is not None else ""
        times = f" {units.TIMES}{o.trials}" if o.trials else ""
        what = f"{words(o.status)}{times}: {o.subject} {cases or 'all'}"
        yield "  " + log_line(f"{what}: {o.reason or 'no reason given'}{others}{limit}{reached}")
