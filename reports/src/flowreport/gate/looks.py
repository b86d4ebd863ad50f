"""Planned looks at pairs of processes, and the second measurement of what was found: from cells to an end. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from flowreport.gate.cells import Cell, Key, merge
from flowreport.gate.judge import Finding, Judgement, State, judge
from flowreport.gate.rules import Rules
from flowreport.gate.steps import CONFIRM, Step, look_name, repeats_of, steps


@dataclass(frozen=True)
class End:
    """The judgement of the last look that was needed, and which of its regressions count.

    `cleared` were alarms that did not recur, and with what confirmed nothing are surely within their margin.
    """

    judgement: Judgement
    confirmed: tuple[Finding, ...] = ()
    cleared: tuple[Finding, ...] = ()


class Looks:
    """Everything follows from the rules and from what was measured, so that each call repeats the earlier decisions.

    measured: cells by the name of the step that measured them, `look-1` among them. durations: wall time of a case's
    process in the first look, ns. confirm: whether a regression must be found again before it counts. unsettled: cases
    that are measured again whatever their cells say.
    """

    def __init__(
        self,
        rules: Rules,
        measured: Mapping[str, Sequence[Cell]],
        durations: Mapping[Key, float],
        *,
        confirm: bool,
        unsettled: Collection[Key] = (),
    ) -> None:
        self._rules = rules
        self._measured = measured
        self._durations = durations
        self._confirms = confirm
        self._unsettled = frozenset(unsettled)
        self._keys = dict.fromkeys((cell.key, cell.control) for cell in measured[look_name(1)])

    def decide(self) -> Step | End:
        """What to measure next, or the end."""
        looks = self._rules.looks
        passed: dict[object, Finding] = {}
        cleared: tuple[Finding, ...] = ()
        confirmations = 0
        for look in range(1, len(looks) + 1):
            judgement = self._judge(look)
            # What has passed a look stays passed: it is not measured again.
            judgement = replace(judgement, findings=tuple(passed.get(f.cell.identity, f) for f in judgement.findings))
            passed |= {f.cell.identity: f for f in judgement.of(State.PASS, State.IMPROVEMENT)}
            if judgement.conditions.problems or not judgement.conditions.controls:
                break
            if judgement.of(State.REGRESSION):
                confirmations += 1
                answer = self._confirm(judgement, look, confirmations)
                if isinstance(answer, Step | End):
                    return answer
                cleared += answer
                passed |= {f.cell.identity: f for f in answer}
                findings = tuple(passed.get(f.cell.identity, f) for f in judgement.findings)
                judgement = replace(judgement, findings=findings)
            undecided = {f.cell.key for f in judgement.of(State.UNDECIDED, State.TOO_FEW)} | self._unsettled
            if not undecided or look == len(looks):
                break
            step = self._missing(look_name(look + 1), looks[look] - looks[look - 1], undecided)
            if step:
                return step
        return End(judgement, cleared=cleared)

    def _judge(self, look: int) -> Judgement:
        """All pairs up to a look together."""
        return self._judge_cells(self._up_to(look))

    def _up_to(self, look: int) -> list[Cell]:
        return [cell for name, cells in self._measured.items() if 1 <= _look_of(name) <= look for cell in cells]

    def _judge_cells(self, so_far: Sequence[Cell]) -> Judgement:
        first, last = self._rules.looks[0], self._rules.looks[-1]

        def more(cell: Cell) -> float:
            at_last = first + (last - first) * self._repeats(cell.key)
            return max(1.0, at_last / cell.pairs)

        alpha = self._rules.alpha if len(self._rules.looks) > 1 else self._rules.alpha_once
        return judge(merge(so_far), self._rules, alpha=alpha, more=more)

    def _confirm(self, judgement: Judgement, look: int, number: int) -> Step | End | tuple[Finding, ...]:
        """Measure what was found slower once more, with another seed; only what is found again counts.

        When nothing recurs, and all pairs together, those of the alarm included, are surely within the margin of each
        cell: those findings, and the looks go on. Else an alarm that did not recur ends the gate undecided.
        """
        found = judgement.of(State.REGRESSION)
        if not self._confirms:
            return End(judgement, found)
        folder = CONFIRM if number == 1 else f"{CONFIRM}-{number}"
        step = self._missing(folder, self._rules.looks[look - 1], {f.cell.key for f in found})
        if step:
            return step
        alarms = {f.cell.identity for f in found}
        again = merge(
            cell for name, cells in self._measured.items() if name.startswith(f"{folder}-x") for cell in cells
        )
        of_interest = [cell for cell in again if cell.control or cell.identity in alarms]
        second = judge(of_interest, _again_rules(self._rules), alpha=self._rules.alpha_once)
        if second.conditions.problems:
            return End(replace(judgement, conditions=second.conditions))
        recurred = second.of(State.REGRESSION)
        within = () if recurred else self._within_margin(alarms, [*self._up_to(look), *of_interest])
        return within if len(within) == len(alarms) else End(judgement, recurred)

    def _within_margin(self, alarms: Collection[object], cells: Sequence[Cell]) -> tuple[Finding, ...]:
        together = self._judge_cells([cell for cell in cells if cell.control or cell.identity in alarms])
        if together.conditions.problems:
            return ()
        return tuple(f for f in together.of(State.PASS, State.IMPROVEMENT) if f.cell.identity in alarms)

    def _missing(self, name: str, rounds: int, wanted: set[Key]) -> Step | None:
        """The first step towards measuring `wanted` that has not been taken."""
        planned = steps(Step(name, rounds, None), wanted, self._keys, self._repeats)
        return next((step for step in planned if step.folder not in self._measured), None)

    def _repeats(self, key: Key) -> int:
        return repeats_of(key, self._durations, self._rules)


def _again_rules(rules: Rules) -> Rules:
    """What was found once is asked again however wide its spread, and recurs when it is surely there again."""
    return replace(
        rules, detectable=inf, time_margin=rules.ignored, memory_margin=rules.ignored, memory_floor=0, passes=0.5
    )


def _look_of(folder: str) -> int:
    """The number of the look that a folder belongs to; 0 for one that is no look."""
    words = folder.split("-")
    return int(words[1]) if words[0] == "look" and len(words) > 1 and words[1].isdigit() else 0
