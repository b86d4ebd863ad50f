"""The decision: from cells to a finding for each, and whether the machine let them be found. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import expm1, log1p

import numpy as np

from flowreport.gate.cells import Cell, Metric
from flowreport.gate.rules import Rules
from flowreport.stats.estimate import Values
from flowreport.stats.holm import holm
from flowreport.stats.power import (
    inflation,
    minimum_detectable_effect,
    noise_floor,
    paired_standard_error,
    standard_error,
    widest_unchanged,
)
from flowreport.stats.signed_rank import hodges_lehmann, signed_rank_estimate, signed_rank_p

# The fewest pairs that have an interval at 95 %.
FEWEST_PAIRS = 6


class State(StrEnum):
    """What became of a cell."""

    REGRESSION = "regression"
    UNDECIDED = "undecided"
    TOO_FEW = "too_few"
    NOT_GATED = "not_gated"
    IMPROVEMENT = "improvement"
    PASS = "pass"  # noqa: S105 - a verdict
    CONTROL = "control"


@dataclass(frozen=True)
class Finding:
    """A cell and what it shows. Ratios are candidate / base, 1.0 = unchanged, after the drift was taken off.

    `margin`, `noise_floor` (what no change stays below 95 times in 100) and `detectable` (the least change that the
    last look finds) are increases: 0.05 is 5 %. `p` is that of "not slower than what is ignored", `p_adjusted` Holm's
    over all gated cells. None where there are too few pairs.
    """

    cell: Cell
    state: State
    base: float
    candidate: float
    ratio: float
    low: float | None
    high: float | None
    margin: float | None
    noise_floor: float | None
    detectable: float | None
    p: float | None
    p_adjusted: float | None


@dataclass(frozen=True)
class Conditions:
    """What the controls tell about the machine. `drift` and `noise_floor` are ratios minus 1; None without controls.

    `noise_floor`: 95 % of the controls' times changed by less, either way. `inflation`: how much wider the controls
    scatter than their own spread explains, for times and for memory.
    """

    controls: int
    drift: float | None
    noise_floor: float | None
    time_inflation: float
    memory_inflation: float
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """All findings, in the order of the cells, the conditions that they were made under, and the level of the tests."""

    findings: tuple[Finding, ...]
    conditions: Conditions
    alpha: float

    def could_tell(self, finding: Finding) -> bool:
        """Whether so many pairs can make a regression of a cell at all: each pair halves the least p there is."""
        tested = len(self.findings) - len(self.of(State.CONTROL, State.NOT_GATED))
        return 0.5**finding.cell.pairs * tested <= self.alpha

    def of(self, *states: State) -> tuple[Finding, ...]:
        """The findings in one of these states."""
        return tuple(f for f in self.findings if f.state in states)


def judge(
    cells: Sequence[Cell], rules: Rules, *, alpha: float, more: Callable[[Cell], float] = lambda _: 1.0
) -> Judgement:
    """Judge every cell.

    alpha: chance of any false regression. more: how many times as many pairs a cell will have at the last look, >= 1.
    Only where that is 1 a cell can turn out to be one that is not gated: few pairs tell little about their own spread.
    Without controls nothing is corrected, and the conditions say so.
    """
    usable = [i for i, cell in enumerate(cells) if cell.pairs >= FEWEST_PAIRS]
    scales = {i: _Scale.of(cells[i]) for i in usable}
    controls = [i for i in usable if cells[i].control]
    errors = {i: scales[i].error(rules) for i in usable}
    conditions = _conditions(cells, {i: (scales[i], errors[i]) for i in controls}, rules)
    drift = 0.0 if conditions.drift is None else log1p(conditions.drift)
    tested = [i for i in usable if not cells[i].control]
    at_last = alpha / max(len(tested), 1)
    found: dict[int, Finding] = {}
    for i in usable:
        is_memory = cells[i].metric is Metric.MEMORY
        scale = scales[i] if is_memory else scales[i].shifted(drift)
        grown = errors[i] * (conditions.memory_inflation if is_memory else conditions.time_inflation)
        found[i] = _find(cells[i], scale, _Noise(grown / more(cells[i]) ** 0.5, at_last, more(cells[i]) > 1.0), rules)
    gated = [i for i in tested if found[i].state is not State.NOT_GATED]
    _settle(found, gated, alpha, rules)
    _settle(found, controls, rules.alpha_controls / 2.0, rules)
    alarms = [found[i] for i in controls if found[i].state in (State.REGRESSION, State.IMPROVEMENT)]
    if alarms:
        what = f"{len(alarms)} of {len(controls)} cells of unchanged executables look changed"
        conditions = replace(conditions, problems=(*conditions.problems, what))
    for i in controls:
        found[i] = replace(found[i], state=State.CONTROL)
    return Judgement(tuple(found.get(i) or _too_few(cell) for i, cell in enumerate(cells)), conditions, alpha)


@dataclass(frozen=True)
class _Scale:
    """A cell on the scale on which changes add up: the logarithm of a time, the bytes of a process.

    `differences` are candidate - base pair by pair, `base` the base's own values; `unit` is what a ratio is of.
    """

    differences: Values
    base: Values
    reference: float
    logarithmic: bool

    @classmethod
    def of(cls, cell: Cell) -> "_Scale":
        reference = float(np.median(cell.base))
        if cell.metric is Metric.MEMORY:
            # Some workloads need no memory for a task: a difference of bytes has a meaning where a ratio has none.
            return cls(cell.candidate - cell.base, cell.base, max(reference, 1.0), logarithmic=False)
        base, candidate = np.log(cell.base), np.log(cell.candidate)
        return cls(candidate - base, base, reference, logarithmic=True)

    def shifted(self, drift: float) -> "_Scale":
        return replace(self, differences=self.differences - drift)

    def increase(self, difference: float) -> float:
        """As an increase of a ratio: 0.05 is 5 %."""
        return expm1(difference) if self.logarithmic else difference / self.reference

    def difference(self, increase: float) -> float:
        """The other way round."""
        return log1p(increase) if self.logarithmic else increase * self.reference

    def error(self, rules: Rules) -> float:
        """The standard error of the change, on this scale; never quite 0, so that it can be divided by."""
        from_base = paired_standard_error(self.base, self.differences.size)
        seen = min(max(from_base, standard_error(self.differences)), rules.widening * from_base)
        return max(seen, self.difference(rules.ignored) / 10.0 if self.logarithmic else float(rules.memory_grain))


def _conditions(cells: Sequence[Cell], controls: Mapping[int, tuple[_Scale, float]], rules: Rules) -> Conditions:
    """What the controls, each with its standard error, tell."""
    changes = {i: hodges_lehmann(scale.differences) for i, (scale, _) in controls.items()}
    times = [i for i in controls if cells[i].metric is not Metric.MEMORY]
    of_times = np.array([changes[i] for i in times])
    drift = _drift(of_times, rules) if times else None
    problems = []
    if drift is not None and abs(expm1(drift)) > rules.drift:
        problems.append(f"the unchanged executables drifted apart by {abs(expm1(drift)):.1%}")
    inflations = []
    for what, centre, of_kind in (
        ("times", drift or 0.0, times),
        ("memory", 0.0, [i for i in controls if i not in times]),
    ):
        factor = inflation(np.array([(changes[i] - centre) / controls[i][1] for i in of_kind])) if of_kind else 1.0
        inflations.append(factor)
        if factor > rules.inflation:
            problems.append(
                f"the {what} of unchanged executables scatter {factor:.1f} times as widely as their own spread explains"
            )
    return Conditions(
        controls=len(controls),
        drift=None if drift is None else expm1(drift),
        noise_floor=expm1(float(np.quantile(np.abs(of_times), rules.level))) if times else None,
        time_inflation=inflations[0],
        memory_inflation=inflations[1],
        problems=tuple(problems),
    )


def _drift(changes: Values, rules: Rules) -> float:
    """The centre of the controls' changes, as a logarithm; 0 where it may well be: arms that alternate hardly drift."""
    found = signed_rank_estimate(changes, level=rules.level)
    return 0.0 if found.interval is None or found.interval.holds(0.0) else found.value


@dataclass(frozen=True)
class _Noise:
    """The standard error of a cell at the last look, the level of its test then, and whether that lies ahead."""

    error: float
    alpha: float
    ahead: bool


def _find(cell: Cell, scale: _Scale, noise: _Noise, rules: Rules) -> Finding:
    """The estimates of a cell; its state so far is undecided, or not gated."""
    ignored = scale.difference(rules.ignored)
    detectable = minimum_detectable_effect(noise.error, alpha=noise.alpha, power=rules.power, beyond=ignored)
    least = _least_margin(cell, scale, rules)
    limit = max(scale.difference(rules.detectable), least)
    widest = widest_unchanged(noise.error, level=rules.level, passes=rules.passes)
    # Few pairs tell little about the spread that the last look will have: nothing passes by a wide margin before.
    margin = max(least, min(widest, limit) if noise.ahead else widest)
    estimate = signed_rank_estimate(scale.differences, level=rules.early_level if noise.ahead else rules.level)
    interval = estimate.interval
    return Finding(
        cell=cell,
        state=State.NOT_GATED if detectable > limit and not noise.ahead else State.UNDECIDED,
        base=float(np.median(cell.base)),
        candidate=float(np.median(cell.candidate)),
        ratio=1.0 + scale.increase(estimate.value),
        low=None if interval is None else 1.0 + scale.increase(interval.low),
        high=None if interval is None else 1.0 + scale.increase(interval.high),
        margin=scale.increase(margin),
        noise_floor=scale.increase(noise_floor(noise.error)),
        detectable=scale.increase(detectable),
        p=signed_rank_p(scale.differences, above=ignored),
        p_adjusted=None,
    )


def _least_margin(cell: Cell, scale: _Scale, rules: Rules) -> float:
    if cell.metric is not Metric.MEMORY:
        return scale.difference(rules.time_margin)
    return max(scale.difference(rules.memory_margin), float(rules.memory_floor))


def _settle(found: dict[int, Finding], gated: Sequence[int], alpha: float, rules: Rules) -> None:
    """Give each gated cell its state and adjusted p. Better is a state too, and a pass."""
    worse = _adjusted([found[i].p for i in gated])
    better = _adjusted([_p_better(found[i], rules) for i in gated])
    for i, p_worse, p_better in zip(gated, worse, better, strict=True):
        found[i] = replace(found[i], state=_state(found[i], p_worse, p_better, alpha), p_adjusted=p_worse)


def _state(finding: Finding, p_worse: float, p_better: float, alpha: float) -> State:
    if finding.high is None or finding.low is None or finding.margin is None:
        return State.TOO_FEW
    if finding.high < 1.0 + finding.margin:
        is_better = p_better <= alpha and finding.low <= 1.0 / (1.0 + finding.margin)
        return State.IMPROVEMENT if is_better else State.PASS
    return State.REGRESSION if p_worse <= alpha else State.UNDECIDED


def _adjusted(p_values: Sequence[float | None]) -> tuple[float, ...]:
    return holm([1.0 if p is None else p for p in p_values])


def _p_better(finding: Finding, rules: Rules) -> float:
    scale = _Scale.of(finding.cell)
    return signed_rank_p(-scale.differences, above=scale.difference(rules.ignored))


def _too_few(cell: Cell) -> Finding:
    base, candidate = (float(np.median(v)) if v.size else float("nan") for v in (cell.base, cell.candidate))
    nothing = (None,) * 7
    return Finding(cell, State.CONTROL if cell.control else State.TOO_FEW, base, candidate, float("nan"), *nothing)
