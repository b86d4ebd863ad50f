"""JSON for github-action-benchmark, tool customSmallerIsBetter: one value a case, its interval as text.

That action puts names into Markdown and a page as they are, so they hold nothing that either would take for markup.
"""

import json
from collections.abc import Iterator

from flowreport import units
from flowreport.cases import Analysis, Result
from flowreport.components import Component, components
from flowreport.exports.entries import benchmark_entries, unique, workload_entries
from flowreport.model import Run
from flowreport.stats.estimate import Estimate

# What Markdown or HTML could take for markup, as characters that look alike.
_LOOK_ALIKE = str.maketrans(
    {"`": "ʹ", "|": "¦", "<": "‹", ">": "›", "&": "＆", "\\": "∖", "[": "［", "]": "］", "@": "＠"}
)


def export(run: Run) -> str:
    """The document; ends in a line end."""
    results = Analysis(run).results
    measured = {c.benchmark: c for c in components(run)}
    rows = [
        *(r for e in workload_entries(run) if e.case in results for r in _workload(e.name, results[e.case])),
        *(r for e in benchmark_entries(run) if e.case in measured for r in _component(e.name, measured[e.case])),
    ]
    names = unique(str(row["name"]).translate(_LOOK_ALIKE) for row in rows)
    named = [{**row, "name": name} for row, name in zip(rows, names, strict=True)]
    return json.dumps(named, indent=1, allow_nan=False) + "\n"


def _workload(name: str, result: Result) -> Iterator[dict[str, object]]:
    yield _row(f"{name} cold", "ns/task", result.cold)
    if result.warm_ns is not None:
        yield _row(f"{name} warm", "ns/task", Estimate(result.warm_ns, result.cold.n, None))
    yield _row(f"{name} memory", "bytes/task", result.memory)


def _component(name: str, component: Component) -> Iterator[dict[str, object]]:
    for measure, estimate in {t.measure: t.estimate for t in component.times}.items():
        yield _row(f"{name} {measure}", f"ns/{measure}", estimate)


def _row(name: str, unit: str, estimate: Estimate) -> dict[str, object]:
    row: dict[str, object] = {"name": name, "unit": unit, "value": estimate.value}
    if estimate.interval:
        row["range"] = f"{units.number(estimate.interval.low)} – {units.number(estimate.interval.high)}"
    return row | {"extra": f"median of {units.plural(estimate.n, 'trial')}"}
