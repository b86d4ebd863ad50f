"""Made-up cells: log-normal times, and bytes of a process, with a known change."""

import numpy as np
from numpy.random import Generator

from flowreport.gate.cells import Cell, Metric
from flowreport.model import Case

MIB = 2**20


def case(subject: str = "mine", workload: str = "work", tasks: int = 1000) -> Case:
    return Case(subject, workload, tasks, 2)


def time_cell(  # noqa: PLR0913 - each is a fact about the cell
    rng: Generator,
    *,
    pairs: int = 30,
    change: float = 1.0,
    spread: float = 0.03,
    control: bool = False,
    name: str = "work",
) -> Cell:
    base = 100.0 * rng.lognormal(0.0, spread, pairs)
    candidate = 100.0 * change * rng.lognormal(0.0, spread, pairs)
    return Cell(case("same" if control else "mine", name), Metric.COLD, "", control, base, candidate)


def memory_cell(
    rng: Generator, *, mib: float = 20.0, grown: float = 0.0, spread: float = 0.01, control: bool = False
) -> Cell:
    base = np.round(mib * MIB * rng.normal(1.0, spread, 30))
    candidate = np.round((mib + grown) * MIB * rng.normal(1.0, spread, 30))
    return Cell(case("same" if control else "mine"), Metric.MEMORY, "", control, base, candidate)


def controls(rng: Generator, n: int = 12, **how: float) -> list[Cell]:
    return [time_cell(rng, control=True, name=f"work{i}", **how) for i in range(n)]  # type: ignore[arg-type]
