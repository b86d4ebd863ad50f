"""What a gate measures next: the folder, for how many rounds, which cases. Pure."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from flowreport.gate.cells import Key, title
from flowreport.gate.rules import Rules
from flowreport.model import Benchmark

CONFIRM = "confirm"


@dataclass(frozen=True)
class Step:
    """One run of both arms: `folder` below the gate's, and a regular expression over names of cases; None is all."""

    folder: str
    rounds: int
    filter: str | None


def first_step(rules: Rules) -> Step:
    """The first look, at everything."""
    return Step(look_name(1), rules.looks[0], None)


def look_name(number: int) -> str:
    """The folder of a look, or the beginning of its name."""
    return f"look-{number}"


def repeats_of(key: Key, process_ns: Mapping[Key, float], rules: Rules) -> int:
    """How often a case runs in a round after the first look."""
    return rules.repeats if process_ns.get(key, rules.short_ns) < rules.short_ns else 1


def steps(
    whole: Step, wanted: Collection[Key], all_keys: Iterable[tuple[Key, bool]], repeats: Callable[[Key], int]
) -> Iterator[Step]:
    """The steps that measure the cases in `wanted`, and the controls that do the same work, for `whole.rounds`.

    all_keys: every case, and whether it is a control. repeats: how often a case runs in a round; cases that run equally
    often share a step, which has that many times the rounds.
    """
    chosen = list(_with_controls(wanted, all_keys))
    for times in sorted({repeats(key) for key in wanted}, reverse=True):
        of_kind = [key for key in chosen if repeats(key) == times]
        yield Step(f"{whole.folder}-x{times}", whole.rounds * times, name_filter(of_kind))


def _with_controls(wanted: Collection[Key], all_keys: Iterable[tuple[Key, bool]]) -> Iterator[Key]:
    """`wanted`, and the controls that do the same work; every benchmark of a control, where benchmarks are wanted."""
    work = {(k.workload, k.tasks, k.workers) for k in wanted if not isinstance(k, Benchmark)}
    for key, is_control in all_keys:
        if isinstance(key, Benchmark):
            beside = any(isinstance(k, Benchmark) for k in wanted)
        else:
            beside = (key.workload, key.tasks, key.workers) in work
        if key in wanted or (is_control and beside):
            yield key


def name_filter(keys: Iterable[Key]) -> str:
    """A regular expression, for ECMAScript as for Python, that takes the names of these cases and no others."""
    names = dict.fromkeys(re.sub(r"([^0-9A-Za-z_/ <>:,=-])", r"\\\1", title(key)) for key in keys)
    return f"^({'|'.join(names)})$"


def name_takes(pattern: str | None, key: Key) -> bool:
    """Whether a step with this filter measures a case."""
    return pattern is None or re.search(pattern, title(key)) is not None
