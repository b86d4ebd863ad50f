import pytest

from tooling import stress, suites

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
