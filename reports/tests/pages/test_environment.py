"""The facts about the machine, and what happened to it during the trials."""

from dataclasses import replace

import pytest

from flowreport import units
from flowreport.model import Calibration, Check, Run, Status
from flowreport.pages.environment import environment
from flowreport.pages.names import Names
from flowreport.pages.report import render_report


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


def test_runs_from_before_have_neither_checks_nor_drift(sample: Run) -> None:
    section = environment(sample, Names(sample))
    assert section.checks is None
    assert section.drift is None


def test_checks_are_shown_and_sorted_by_what_is_worst(sample: Run) -> None:
    checks = (Check("load", "load 0.1", "good", ""), Check("swap", "7 MiB of swap", "bad", "end <programs>"))
    run = replace(sample, environment=replace(sample.environment, checks=checks))
    table = environment(run, Names(run)).checks
    assert table is not None
    assert [[c.text for c in row.cells] for row in table.rows] == [
        ["load", "good", "load 0.1", ""],
        ["swap", "bad", "7 MiB of swap", "end <programs>"],
    ]
    sorts = [row.cells[1].sort for row in table.rows]
    assert sorts == [3, 0]
    assert "end &lt;programs&gt;" in render_report(replace(run, trials=run.trials[:3]))


def test_drift_is_told_against_the_first_calibration(sample: Run) -> None:
    run = replace(
        sample,
        calibration=(
            Calibration("start", 0, (16_900_000, 16_000_000)),
            Calibration("end", 9_000_000_000, (16_800_000,)),
        ),
    )
    table = environment(run, Names(run)).drift
    assert table is not None
    assert [[c.text for c in row.cells] for row in table.rows] == [
        ["start", "0 ns", "16.0 ms", "16.9 ms", "+0.0 %"],
        ["end", "9.00 s", "16.8 ms", "16.8 ms", "+5.0 %"],
    ]


def test_what_others_used_is_summed_where_every_trial_tells(sample: Run) -> None:
    assert facts(sample)["CPU time of other processes"] == "unknown"
    told = replace(sample, trials=tuple(replace(t, others_cpu_ns=2_000_000) for t in sample.trials[:3]))
    assert facts(told)["CPU time of other processes"] == "6.00 ms during the trials"
