"""GitHub-flavoured Markdown: a table per workload, and what did not count. For job summaries and comments."""

from collections.abc import Iterator

from flowreport import units
from flowreport.cases import Analysis, Result
from flowreport.components import components, missing
from flowreport.escape.markdown import code, code_cell, table
from flowreport.model import Case, Run
from flowreport.outcomes import absence, count, listing, outcomes, words, workers_suffix
from flowreport.stats.estimate import Estimate


def export(run: Run) -> str:
    """The text; ends in a line end."""
    analysis = Analysis(run)
    blocks = [*_head(run), *_workloads(analysis), *_components(run), *_not_counted(run)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(run: Run) -> Iterator[list[str]]:
    counts = count(run)
    yield [f"## Benchmark run {code(run.id)}"]
    e = run.environment
    changes = ", with uncommitted changes" if run.tool.dirty else ""
    yield [
        f"- {units.count(counts.counted)} of {units.plural(counts.planned, 'trial')} counted",
        f"- {units.count(counts.failed)} failed, {units.count(counts.missing)} without a record",
        f"- {code(e.cpu_model)}, {len(e.cpus_allowed)} of {e.cpus_online} CPUs, {code(e.kernel)}",
        f"- commit {code(run.tool.commit)}{changes}",
        *(f"- warning: {code(w)}" for w in [*([run.torn] if run.torn else []), *e.warnings]),
    ]
    yield ["Medians with their 95 % interval; lower is better. † is not quite the same work."]


def _workloads(analysis: Analysis) -> Iterator[list[str]]:
    run = analysis.run
    several = len(run.worker_counts) > 1
    for g in analysis.groups:
        if not g.sizes:
            continue
        yield [f"### {code(g.workload.id)}{workers_suffix(g.workers) if several else ''}"]
        rows = [_row(analysis, Case(s.id, g.workload.id, n, g.workers)) for n in g.sizes for s in run.runtimes]
        yield table(["subject", "tasks", "cold, ns/task", "to the reference", "warm", "bytes/task", "n"], rows)


def _row(analysis: Analysis, case: Case) -> list[str]:
    run, result = analysis.run, analysis.results.get(case)
    subject, size = code_cell(case.subject), units.size(case.tasks)
    if result is None:
        return [subject, size, f"*{absence(run, case).why}*", *[units.DASH] * 3, "0"]
    mark = " †" if run.unlike(case) is not None else ""
    return [f"{subject}{mark}", size, *_figures(analysis, result)]


def _figures(analysis: Analysis, result: Result) -> list[str]:
    base = analysis.result_of(analysis.anchor, result.case)
    ratio = analysis.ratio(result, base) if base else None
    return [
        _estimate(result.cold),
        units.DASH if ratio is None else units.ratio(ratio.value),
        units.DASH if result.warm_ns is None else units.number(result.warm_ns),
        _estimate(result.memory),
        str(result.cold.n),
    ]


def _components(run: Run) -> Iterator[list[str]]:
    rows = [
        [
            code_cell(c.benchmark.name),
            code_cell(c.benchmark.subject),
            t.measure,
            _estimate(t.estimate),
            str(t.estimate.n),
        ]
        for c in components(run)
        for t in c.times
    ]
    rows += [
        [code_cell(m.benchmark.name), code_cell(m.benchmark.subject), units.DASH, f"*{m.why}*", "0"]
        for m in missing(run)
    ]
    if rows:
        yield ["### Components"]
        yield table(["benchmark", "subject", "time of one", "median, ns", "n"], rows, words=3)


def _not_counted(run: Run) -> Iterator[list[str]]:
    rows = []
    for o in outcomes(run):
        cases = listing(o.cases, lambda workload: workload, several_workers=len(run.worker_counts) > 1)
        others = f" and {o.others} alike" if o.others else ""
        cells = [words(o.status), code_cell(o.subject), code_cell(cases or "all")]
        rows.append([*cells, f"{code_cell(o.reason)}{others}", code_cell(o.limit), units.count(o.trials)])
    if rows:
        yield ["### Not counted"]
        yield table(["state", "subject", "cases", "reason", "limit", "trials"], rows, words=5)


def _estimate(estimate: Estimate) -> str:
    shown = units.number(estimate.value)
    if estimate.interval is None:
        return shown
    return f"{shown} ({units.number(estimate.interval.low)} – {units.number(estimate.interval.high)})"
