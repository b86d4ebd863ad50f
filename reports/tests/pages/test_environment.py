"""The facts about the machine, and what happened to it during the trials."""

from dataclasses import replace

import pytest

from flowreport import units
from flowreport.model import Run, Status
from flowreport.pages.environment import environment
from flowreport.pages.names import Names


def facts(run: Run) -> dict[str, str]:
    return dict(environment(run, Names(run)).facts)


def test_pressure_is_summed_over_the_trials(sample: Run) -> None:
    shown = facts(sample)
    waited = units.duration(250_000 * len(sample.trials))
    assert shown["CPU pressure"] == f"{waited} during the trials, waits of the subjects' own threads included"
    assert shown["Memory pressure"].startswith("0 ns during the trials")


def test_pressure_that_the_kernel_does_not_tell_is_unknown_and_not_0(sample: Run) -> None:
    assert facts(sample)["I/O pressure"] == "unknown"
    assert facts(replace(sample, trials=()))["CPU pressure"] == "unknown"


@pytest.mark.parametrize(("wall_ns", "expected"), [(1, "unknown"), (0, "250 µs during")])
def test_pressure_needs_every_trial_that_ran_and_no_other(sample: Run, wall_ns: int, expected: str) -> None:
    told, other = sample.trials[:2]
    untold = replace(other, cpu_pressure_ns=None, wall_ns=wall_ns, status=Status.LAUNCH_FAILED, reason="why")
    assert facts(replace(sample, trials=(told, untold)))["CPU pressure"].startswith(expected)
