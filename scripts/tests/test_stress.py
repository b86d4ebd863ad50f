import time
from pathlib import Path

import pytest

from tooling import build, stress, suites

LISTING = """Running main() from ./googletest/src/gtest_main.cc
AwaitRace.
  WithTheEndOnAnotherWorkerResumesExactlyOnce
  OfManyPairsAtOnceLosesNoWakeUp
Workers/RuntimeOfSize.
  LosesNoWakeBetweenTwoRuntimes/1  # GetParam() = 1
"""


def test_the_tests_of_a_listing_have_their_full_names() -> None:
    assert stress.tests_of(LISTING) == [
        "AwaitRace.WithTheEndOnAnotherWorkerResumesExactlyOnce",
        "AwaitRace.OfManyPairsAtOnceLosesNoWakeUp",
        "Workers/RuntimeOfSize.LosesNoWakeBetweenTwoRuntimes/1",
    ]


def test_a_listing_without_tests_has_none() -> None:
    assert stress.tests_of("Running main() from ./googletest/src/gtest_main.cc\n") == []


def test_seeds_follow_each_other_and_wrap_at_64_bits() -> None:
    assert list(stress.seeds(2**64 - 2, 4)) == [2**64 - 2, 2**64 - 1, 0, 1]


@pytest.mark.parametrize(("preset", "variable"), [("asan", "ASAN_OPTIONS"), ("tsan", "TSAN_OPTIONS")])
def test_sanitizers_report_as_they_do_under_ctest(preset: str, variable: str) -> None:
    assert "halt_on_error=1" in suites.ctest_environment(preset)[variable]


def test_release_needs_no_environment_of_its_own() -> None:
    assert suites.ctest_environment("release") == {}


PROGRAM = """#!/bin/sh
case "$*" in *--gtest_list_tests*) printf 'ARace.\\n  Ends\\nAStress.\\n  Ends\\n' ; exit ;; esac
echo "seed $FLOWCORO_TEST_SEED" >> "$0.seeds"
[ "$FLOWCORO_TEST_SEED" != 9 ] || { echo 'lost a wake'; exit 3; }
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "bin/flowcoro_fake_test"
    path.parent.mkdir()
    path.write_text(PROGRAM)
    path.chmod(0o755)
    monkeypatch.setattr(build, "folder", lambda _: tmp_path)
    monkeypatch.setattr(build, "targets", lambda _: [path.name, "flowcoro_not_built_test", "flowbench"])
    monkeypatch.setattr(stress, "LOG", tmp_path / "log")
    return path


def test_every_round_has_a_seed_of_its_own(program: Path) -> None:
    done = stress.run("release", rounds=3, first_seed=5, until=time.monotonic() + 60)
    assert done == stress.Done(rounds=3, tests=6)
    assert Path(f"{program}.seeds").read_text().split("\n")[:-1] == ["seed 5", "seed 6", "seed 7"]


def test_the_first_failure_ends_it_and_says_how_to_repeat_it(program: Path) -> None:
    done = stress.run("release", rounds=10, first_seed=7, until=time.monotonic() + 60)
    assert (done.rounds, done.tests) == (2, 4)
    assert done.failure is not None
    assert done.failure.program == program.name
    assert done.failure.reason == "exited with 3: lost a wake"
    assert f"FLOWCORO_TEST_SEED=9 FLOWCORO_STRESS=1 {program}" in done.failure.command


def test_no_round_begins_after_the_deadline(program: Path) -> None:
    assert stress.run("release", rounds=3, first_seed=1, until=time.monotonic()) == stress.Done(0, 0)
    assert not Path(f"{program}.seeds").exists()
