"""Planned looks, and measuring a second time what was found."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.random import default_rng

from flowreport.gate.cells import Cell, Key, title
from flowreport.gate.judge import State
from flowreport.gate.looks import End, Looks
from flowreport.gate.rules import RULES
from flowreport.gate.steps import Step, name_takes
from flowreport.model import Case
from gate.cells import case, controls, time_cell

SHORT, LONG = 1e6, 1e9


def looks(measured: Mapping[str, Sequence[Cell]], *, long: Sequence[Key] = (), confirm: bool = True) -> Step | End:
    durations = {c.key: LONG if c.key in long else SHORT for c in measured["look-1"]}
    return Looks(RULES, measured, durations, confirm=confirm).decide()


def end(answer: Step | End) -> End:
    assert isinstance(answer, End)
    return answer


def step(answer: Step | End) -> Step:
    assert isinstance(answer, Step)
    return answer


def look(seed: int, pairs: int, *, slow: float = 1.0, spread: float = 0.02) -> list[Cell]:
    rng = default_rng(seed)
    mine = [
        time_cell(rng, pairs=pairs, change=slow, spread=spread, name="slow"),
        time_cell(rng, pairs=pairs, spread=0.01, name="same"),
    ]
    beside = [time_cell(rng, pairs=pairs, control=True, spread=0.01, name=n) for n in ("slow", "same")]
    return [
        *mine,
        *beside,
        *(
            replace(c, key=case("same", c.key.workload, 7))
            for c in controls(rng, pairs=pairs)
            if isinstance(c.key, Case)
        ),
    ]


def test_unchanged_cells_need_one_look() -> None:
    done = end(looks({"look-1": look(1, 10, spread=0.01)}))
    assert not done.confirmed
    assert not done.judgement.of(State.UNDECIDED, State.REGRESSION)


def test_an_undecided_case_is_measured_again_with_its_controls_and_nothing_else() -> None:
    found = step(looks({"look-1": look(2, 10, slow=1.08, spread=0.06)}))
    assert (found.folder, found.rounds) == ("look-2-x5", 50)
    taken = {title(c.key) for c in look(2, 10) if name_takes(found.filter, c.key)}
    assert taken == {"mine/slow/1000", "same/slow/1000"}


def test_a_long_case_runs_once_a_round() -> None:
    cells = look(2, 10, slow=1.08, spread=0.06)
    found = step(looks({"look-1": cells}, long=[c.key for c in cells]))
    assert (found.folder, found.rounds) == ("look-2-x1", 10)


def test_a_regression_must_be_found_again_with_a_fresh_measurement() -> None:
    first = {"look-1": look(3, 10, slow=1.5)}
    again = step(looks(first))
    assert again.folder == "confirm-x5"
    recurred = end(looks(first | {again.folder: look(4, 50, slow=1.5)}))
    assert [title(f.cell.key) for f in recurred.confirmed] == ["mine/slow/1000"]
    gone = end(looks(first | {again.folder: look(5, 10)}))
    assert not gone.confirmed
    assert gone.judgement.of(State.REGRESSION)


def test_an_alarm_that_does_not_recur_passes_when_all_pairs_together_are_within_the_margin() -> None:
    measured = {"look-1": look(3, 10, slow=1.5)}
    again = step(looks(measured))
    # What was measured again is so much, and so alike, that the first pairs hardly count.
    measured[again.folder] = look(5, 400)
    done = end(looks(measured))
    assert not done.confirmed
    assert [title(f.cell.key) for f in done.cleared] == ["mine/slow/1000"]
    assert not done.judgement.of(State.REGRESSION, State.UNDECIDED)


def test_after_an_alarm_that_did_not_recur_the_looks_go_on() -> None:
    first = look(3, 10, slow=1.5)
    other = [replace(c, key=case(c.key.subject, f"{title(c.key).split('/')[1]}2")) for c in first if not c.control]
    unsure = [replace(c, candidate=c.base * default_rng(1).lognormal(0.02, 0.07, c.pairs)) for c in other]
    measured: dict[str, Sequence[Cell]] = {"look-1": [*first, *unsure]}
    again = step(looks(measured))
    assert again.folder == "confirm-x5"
    measured[again.folder] = look(5, 400)
    found = step(looks(measured))
    assert found.folder == "look-2-x5"
    assert not any(name_takes(found.filter, c.key) for c in first if title(c.key) == "mine/slow/1000")


def test_a_second_alarm_is_measured_again_on_its_own() -> None:
    slow = look(3, 10, slow=1.5)
    measured: dict[str, Sequence[Cell]] = {"look-1": slow}
    measured[step(looks(measured)).folder] = look(5, 400)
    quiet = [replace(c, key=case(c.key.subject, "later")) for c in look(3, 10) if title(c.key) == "mine/same/1000"]
    unsure = [replace(c, candidate=c.base * default_rng(1).lognormal(0.02, 0.07, c.pairs)) for c in quiet]
    measured["look-1"] = [*slow, *unsure]
    following = step(looks(measured))
    worse = [replace(c, base=np.ones(50), candidate=default_rng(2).lognormal(0.5, 0.01, 50)) for c in unsure]
    measured[following.folder] = [*worse, *(c for c in look(6, 50) if c.control)]
    answer = step(looks(measured))
    assert answer.folder == "confirm-2-x5"
    measured[answer.folder] = [*worse, *(c for c in look(7, 50) if c.control)]
    assert [title(f.cell.key) for f in end(looks(measured)).confirmed] == ["mine/later/1000"]


def test_without_confirmation_the_first_finding_counts() -> None:
    assert end(looks({"look-1": look(3, 10, slow=1.5)}, confirm=False)).confirmed


def test_what_has_passed_a_look_stays_passed() -> None:
    first = look(6, 10, slow=1.07, spread=0.06)
    second = [c for c in look(7, 50, slow=1.07, spread=0.06) if title(c.key).endswith("/1000")]
    # The second look knows nothing about the cell that passed; if it were judged again it would be slower by half.
    second = [replace(c, candidate=c.candidate * 1.5) if title(c.key) == "mine/same/1000" else c for c in second]
    answer = looks({"look-1": first, "look-2-x5": second}, confirm=False)
    states = {title(f.cell.key): f.state for f in end(answer).judgement.findings}
    assert states["mine/same/1000"] is State.PASS


def test_after_the_last_look_what_is_undecided_stays_so() -> None:
    measured = {name: look(i, n, slow=1.06, spread=0.2) for i, (name, n) in enumerate([("look-1", 10)], 20)}
    names = []
    answer = looks(measured)
    while isinstance(answer, Step):
        names.append(answer.folder)
        assert len(names) < 8
        pairs = answer.rounds
        measured[answer.folder] = [
            c for c in look(len(names), pairs, slow=1.06, spread=0.2) if name_takes(answer.filter, c.key)
        ]
        answer = looks(measured)
    assert names == ["look-2-x5", "look-3-x5"]


def test_unfit_conditions_end_the_looks() -> None:
    cells = [replace(c, candidate=c.candidate * 1.08) if c.control else c for c in look(8, 10)]
    assert end(looks({"look-1": cells})).judgement.conditions.problems


def test_filters_take_names_with_signs_of_regular_expressions() -> None:
    cells = [replace(c, key=case(c.key.subject, "a.b+c(d)")) for c in look(9, 10, slow=1.5)]
    found = step(looks({"look-1": cells}))
    assert name_takes(found.filter, cells[0].key)
    assert found.filter is not None
    assert "a\\.b\\+c\\(d\\)" in found.filter
