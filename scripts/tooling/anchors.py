"""The figures once claimed for the components of the runtime, beside what a run of flowcoro_micro measured."""

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tooling.console import UserError

Unit = Literal["ns", "per_s"]
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Anchor:
    """One benchmark of ours and the figure that is its anchor; what the fields mean stands in the file itself."""

    component: str
    benchmark: str
    measure: str
    operations: int
    figure: float
    unit: Unit
    seed: str
    original: str

    def ours(self, seconds: float) -> float:
        """The time of one of our operations, in seconds, as a figure in the anchor's unit."""
        return seconds * 1e9 / self.operations if self.unit == "ns" else self.operations / seconds

    def ratio(self, seconds: float) -> float:
        """How many times as fast as the anchor ours is."""
        return self.figure / self.ours(seconds) if self.unit == "ns" else self.ours(seconds) / self.figure


@dataclass(frozen=True)
class Run:
    """What a run of Google Benchmark said: the counters of each benchmark, and why others have none."""

    counters: Mapping[str, Mapping[str, float]]
    failed: Mapping[str, str]
    context: Mapping[str, Any]


def load(path: Path) -> list[Anchor]:
    """The anchors in `path`. Raises UserError when it is none of our files."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return [_anchor(entry, ours) for entry in document["anchors"] for ours in entry["ours"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path}: {type(error).__name__}: {error}") from error


def parse_run(document: Mapping[str, Any]) -> Run:
    """Reads Google Benchmark's JSON. Of repetitions it takes the median; a benchmark that failed once has no figure."""
    samples: dict[str, list[Mapping[str, Any]]] = {}
    failed: dict[str, str] = {}
    for entry in document["benchmarks"]:
        name = entry.get("run_name", entry["name"])
        if entry.get("error_occurred"):
            failed[name] = str(entry.get("error_message", ""))
        elif entry.get("run_type", "iteration") == "iteration":
            samples.setdefault(name, []).append(entry)
    counters = {name: _medians(entries) for name, entries in samples.items() if name not in failed}
    return Run(counters, failed, document.get("context", {}))


def table(anchors: Iterable[Anchor], run: Run) -> str:
    """Rows `component | ours | historical figure | ratio` of what was run, aligned; empty when no row was."""
    rows: list[tuple[str, ...]] = [("component", "ours", "historical figure", "ratio")]
    for anchor in anchors:
        figure = _shown(anchor.figure, anchor.unit)
        if anchor.benchmark in run.failed:
            rows.append((anchor.component, "failed", figure, ""))
        elif (seconds := run.counters.get(anchor.benchmark, {}).get(anchor.measure, 0.0)) > 0:
            ours = _shown(anchor.ours(seconds), anchor.unit)
            rows.append((anchor.component, ours, figure, f"{_three_digits(anchor.ratio(seconds))}{TIMES}"))
    return _aligned(rows) if len(rows) > 1 else ""


def _anchor(entry: Mapping[str, Any], ours: Mapping[str, Any]) -> Anchor:
    unit: Unit = entry["unit"]
    if unit not in ("ns", "per_s"):
        raise ValueError(f"'{unit}' is not a unit; units are: ns per_s")
    anchor = Anchor(
        component=ours["component"],
        benchmark=ours["benchmark"],
        measure=ours["measure"],
        operations=int(ours["operations"]),
        figure=float(entry["figure"]),
        unit=unit,
        seed=entry["seed"],
        original=entry["original"],
    )
    if anchor.figure <= 0 or anchor.operations <= 0:
        raise ValueError(f"{anchor.component}: figure and operations must be positive")
    return anchor


def _medians(entries: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """All its numbers that are floating-point: Google Benchmark writes counters among the fields of a benchmark."""
    names = (name for name, value in entries[0].items() if isinstance(value, float))
    return {name: statistics.median(float(entry[name]) for entry in entries) for name in names}


def _shown(value: float, unit: Unit) -> str:
    if unit == "ns":
        return f"{_three_digits(value)} ns" if value < 1e4 else f"{_three_digits(value / 1e3)} µs"
    return f"{_three_digits(value / 1e6)} M/s"


def _three_digits(value: float) -> str:
    decimals = 0 if value <= 0 else max(0, 2 - math.floor(math.log10(value)))
    return f"{value:,.{decimals}f}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )
