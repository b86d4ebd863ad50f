"""Cells: what a gate compares. One metric of one case, as pairs of processes, one of each arm."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from flowreport.components import main_time
from flowreport.model import Benchmark, BenchmarkTrial, Case, Run, Trial
from flowreport.stats.estimate import Values


class Metric(StrEnum):
    """What is compared; lower is better for each."""

    COLD = "cold"
    WARM = "warm"
    OPERATION = "operation"
    MEMORY = "memory"

    @property
    def unit(self) -> str:
        """Of a cell's values: nanoseconds of a task or an operation, or bytes of the process."""
        return "bytes" if self is Metric.MEMORY else "ns"


Key = Case | Benchmark


@dataclass(frozen=True)
class Cell:
    """Pairs of one metric of one case; base and candidate have shape (pairs,), pair by pair.

    `control`: both arms ran the same executable, so that the truth is no change. `part` is the name of the time
    where a benchmark has several.
    """

    key: Key
    metric: Metric
    part: str
    control: bool
    base: Values
    candidate: Values

    @property
    def identity(self) -> tuple[Key, Metric, str]:
        """What the cell is, whatever was measured."""
        return self.key, self.metric, self.part

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return int(self.base.size)


# The values of one process by metric and part.
Reading = Mapping[tuple[Metric, str], float]


def reading(process: Trial | BenchmarkTrial) -> Reading:
    """What one process measured: ns per task, ns per operation, bytes. Empty when it does not count."""
    if not process.counts:
        return {}
    if isinstance(process, BenchmarkTrial):
        if process.measurement is None:
            return {}
        part, ns = main_time(process.measurement)
        return {(Metric.OPERATION, part): ns}
    if not process.samples:
        return {}
    cold, later = process.samples[0], process.samples[1:]
    found = {
        (Metric.COLD, ""): cold.wall_ns / process.case.tasks,
        (Metric.MEMORY, ""): float(cold.peak_rss_bytes - cold.rss_before_bytes),
    }
    if later:
        found[Metric.WARM, ""] = float(np.median([s.wall_ns for s in later])) / process.case.tasks
    return found


def pair_up(arms: tuple[Run, Run], is_control: Callable[[str], bool]) -> tuple[Cell, ...]:
    """The cells of a base and a candidate run that belong together, in the order of the base's plan.

    The process of a case in a round of the base and that in the same round of the candidate are a pair; where one of
    them does not count there is none.
    """
    pairs: dict[tuple[Key, Metric, str], list[tuple[float, float]]] = defaultdict(list)
    theirs = _by_round(arms[1])
    for place, process in _by_round(arms[0]).items():
        other = theirs.get(place)
        if other is None:
            continue
        after = reading(other)
        for (metric, part), value in reading(process).items():
            found = pairs[process.case, metric, part]
            if (metric, part) in after:
                found.append((value, after[metric, part]))
    return tuple(
        Cell(key, metric, part, is_control(key.subject), values[:, 0], values[:, 1])
        for (key, metric, part), found in pairs.items()
        for values in [np.array(found, dtype=np.float64).reshape(-1, 2)]
    )


def merge(cells: Iterable[Cell]) -> tuple[Cell, ...]:
    """Cells that are the same put together, pairs in the order given."""
    alike: dict[tuple[Key, Metric, str], list[Cell]] = {}
    for cell in cells:
        alike.setdefault(cell.identity, []).append(cell)
    return tuple(
        replace(
            same[0],
            base=np.concatenate([c.base for c in same]),
            candidate=np.concatenate([c.candidate for c in same]),
        )
        for same in alike.values()
    )


def _by_round(run: Run) -> Mapping[tuple[Key, int], Trial | BenchmarkTrial]:
    """The last process of each case in each round that is no warm-up, in the order of the plan."""
    order: Sequence[Key] = [*(c.case for c in run.plan.cases), *(b.case for b in run.plan.benchmarks)]
    place = {key: i for i, key in enumerate(order)}
    return {
        (p.case, p.round): p
        for p in sorted(run.processes, key=lambda p: (place.get(p.case, len(place)), p.round))
        if not p.warmup
    }


def process_ns(arms: tuple[Run, Run]) -> Mapping[Key, float]:
    """The median wall time of a case's processes, both arms together, ns."""
    walls: dict[Key, list[int]] = defaultdict(list)
    for run in arms:
        for process in run.processes:
            if process.counts:
                walls[process.case].append(process.wall_ns)
    return {key: float(np.median(found)) for key, found in walls.items()}


def title(key: Key) -> str:
    """A case in words, as flowbench names it: subject/workload/tasks, or subject/benchmark."""
    if isinstance(key, Benchmark):
        return f"{key.subject}/{key.name}"
    return f"{key.subject}/{key.workload}/{key.tasks}"
