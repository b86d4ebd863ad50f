"""The conformance check must find what is wrong."""

# ruff: noqa: D101, D102 - the names of the tests are sentences

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Any

import check_subject

WORKLOADS = ["fan_out", "sleep"]
RECORD = {"workloads": ["fan_out"], "unsupported": {"sleep": "cannot"}}


def trial(workload: str, status: str, *, warmup: bool = False) -> dict[str, Any]:
    """Make a line of trials.jsonl."""
    return {"workload": workload, "status": status, "reason": "", "warmup": warmup}


GOOD = [trial("fan_out", "ok"), trial("sleep", "unsupported")]


class Descriptions(unittest.TestCase):
    def test_a_whole_description_has_no_fault(self) -> None:
        self.assertEqual(check_subject.description_faults(RECORD, WORKLOADS), [])

    def test_a_workload_that_is_not_mentioned_is_a_fault(self) -> None:
        faults = check_subject.description_faults(RECORD, [*WORKLOADS, "yield"])
        self.assertEqual(faults, ["--describe says nothing of yield"])

    def test_a_workload_both_supported_and_refused_is_a_fault(self) -> None:
        record = {"workloads": ["sleep", "fan_out"], "unsupported": {"sleep": "cannot"}}
        self.assertEqual(len(check_subject.description_faults(record, WORKLOADS)), 1)

    def test_only_a_supported_workload_may_be_unlike(self) -> None:
        self.assertEqual(check_subject.description_faults({**RECORD, "unlike": {"fan_out": "how"}}, WORKLOADS), [])
        faults = check_subject.description_faults({**RECORD, "unlike": {"sleep": "how"}}, WORKLOADS)
        self.assertEqual(faults, ["--describe says how sleep is unlike and does not support it"])


class Trials(unittest.TestCase):
    def test_expected_states_have_no_fault(self) -> None:
        self.assertEqual(check_subject.trial_faults(GOOD, RECORD, WORKLOADS), [])

    def test_warmups_do_not_count(self) -> None:
        trials = [trial("fan_out", "crashed", warmup=True), *GOOD]
        self.assertEqual(check_subject.trial_faults(trials, RECORD, WORKLOADS), [])

    def test_each_bad_state_is_a_fault(self) -> None:
        for status in ("wrong_answer", "crashed", "timed_out", "protocol_error", "unsupported", "contaminated"):
            trials = [trial("fan_out", status), trial("sleep", "unsupported")]
            self.assertEqual(len(check_subject.trial_faults(trials, RECORD, WORKLOADS)), 1, status)

    def test_a_refused_workload_that_ran_is_a_fault(self) -> None:
        trials = [trial("fan_out", "ok"), trial("sleep", "ok")]
        self.assertEqual(len(check_subject.trial_faults(trials, RECORD, WORKLOADS)), 1)

    def test_a_missing_and_a_repeated_trial_are_faults(self) -> None:
        self.assertEqual(len(check_subject.trial_faults(GOOD[:1], RECORD, WORKLOADS)), 1)
        self.assertEqual(len(check_subject.trial_faults([*GOOD, trial("sleep", "unsupported")], RECORD, WORKLOADS)), 1)


class NotBuilt(unittest.TestCase):
    def test_the_reason_is_the_builds_own_where_there_is_one(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            subject = Path(folder) / "go"
            reason = check_subject.reason_not_built(subject)
            self.assertIsNotNone(reason)
            subject.with_name("go.not_built").write_text("go was not found\n", encoding="utf-8")
            self.assertEqual(check_subject.reason_not_built(subject), "go was not found")
            subject.write_text("", encoding="utf-8")
            self.assertIsNone(check_subject.reason_not_built(subject))


if __name__ == "__main__":
    unittest.main()
