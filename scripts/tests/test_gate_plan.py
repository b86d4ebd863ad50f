from pathlib import Path

import pytest

from tooling import gate_plan
from tooling.gate_arms import Arm
from tooling.gate_plan import Look, Options, Pair

ARMS = (Arm("base", Path("/b/subjects"), Path("/b/catalog")), Arm("candidate", Path("/c/subjects"), Path("/c/catalog")))


def options(*words: str) -> Options:
    return gate_plan.options_of(gate_plan.parser().parse_args([*words, "main"]))


def command(given: Options, look: Look) -> list[str]:
    return Pair(*ARMS, "-old", "new", given).command(Path("flowbench"), look, Path("/out/look-1"))


def test_without_options_ten_rounds_are_planned_with_a_drawn_seed() -> None:
    given = options()
    assert (given.rounds, given.looks, given.confirm, given.always_measure) == (10, 3, True, False)
    assert given.seed != options().seed
    assert given.passed == ()


def test_both_arms_and_the_look_are_in_the_command() -> None:
    words = command(options("--tasks", "1k", "--subject", "components"), Look("look-1", 10, 7, ("a", "b")))
    assert words[:2] == ["flowbench", "pair"]
    for option, value in (
        ("--base-subjects", "/b/subjects"),
        ("--base-catalog", "/b/catalog"),
        ("--candidate-subjects", "/c/subjects"),
        ("--catalog", "/c/catalog"),
        ("--rounds", "10"),
        ("--seed", "7"),
        ("--subjects", "a,b"),
        ("--subject", "components"),
        ("--out", "/out/look-1"),
    ):
        assert words[words.index(option) + 1] == value
    assert "--tasks=1k" in words
    assert "--base-title=-old" in words  # a title may begin with a dash


def test_a_later_look_measures_the_cases_that_it_is_asked_for() -> None:
    words = command(options("-f", "all"), Look("look-2", 10, 8, ("a",), filter="^one$"))
    assert "--filter=^one$" in words
    assert "--filter=all" not in words


def test_quick_is_one_size_where_nothing_else_is_said() -> None:
    assert options("--quick").passed == ("--tasks=10k", "--phases=2")
    assert options("--quick", "--tasks", "1k").passed == ("--tasks=1k", "--phases=2")


@pytest.mark.parametrize(
    "words",
    [
        ["--rounds", "0"], ["--rounds", "-1"], ["--rounds", "ten"], ["--looks", "4"],
        ["--seed", "18446744073709551616"], ["--seed", "٣"],
        ["--subject", "a/b.json"], ["--subject", "mine.json"], ["--no-such-option"],
    ],
)  # fmt: skip
def test_a_wrong_option_is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        options(*words)
    assert caught.value.code == 2
    assert words[0] in capsys.readouterr().err
