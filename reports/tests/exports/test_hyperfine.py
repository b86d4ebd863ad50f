"""hyperfine's JSON. hyperfine reads none itself; this is what it documents that it writes."""

import json
import statistics

import jsonschema
import pytest

from flowreport.exports.hyperfine import export
from flowreport.model import Run

NUMBER = {"type": "number", "minimum": 0}
SCHEMA = {
    "type": "object",
    "required": ["results"],
    "additionalProperties": False,
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["command", "mean", "stddev", "median", "user", "system", "min", "max", "times"],
                "additionalProperties": False,
                "properties": {
                    "command": {"type": "string", "minLength": 1},
                    "stddev": {"type": ["number", "null"], "minimum": 0},
                    **dict.fromkeys(("mean", "median", "user", "system", "min", "max"), NUMBER),
                    "times": {"type": "array", "items": NUMBER, "minItems": 1},
                    "memory_usage_byte": {"type": "array", "items": {"type": "integer", "minimum": 0}},
                    "exit_codes": {"type": "array", "items": {"type": ["integer", "null"]}},
                    "parameters": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        }
    },
}  # fmt: skip


def test_the_document_is_what_hyperfine_writes(measured: Run, mixed: Run) -> None:
    for run in (measured, mixed):
        document = json.loads(export(run))
        jsonschema.validate(document, SCHEMA)
        for result in document["results"]:
            assert len(result["times"]) == len(result["exit_codes"]) == len(result["memory_usage_byte"])
            assert set(result["exit_codes"]) == {0}


def test_times_are_those_of_whole_processes_in_seconds(measured: Run) -> None:
    by_name = {r["command"]: r for r in json.loads(export(measured))["results"]}
    result = by_name["gamma/sleep/1000/workers:2"]
    trials = [t for t in measured.trials if t.counts and t.case.subject == "gamma"]
    trials = [t for t in trials if (t.case.workload, t.case.tasks) == ("sleep", 1_000)]
    assert result["times"] == [t.wall_ns / 1e9 for t in trials]
    assert result["median"] == pytest.approx(statistics.median(result["times"]))
    assert result["stddev"] == pytest.approx(statistics.stdev(result["times"]))
    assert result["memory_usage_byte"] == [max(s.peak_rss_bytes for s in t.samples) for t in trials]
    assert result["parameters"] == {"subject": "gamma", "workload": "sleep", "tasks": "1000", "workers": "2"}


def test_what_is_not_ok_is_not_there(mixed: Run) -> None:
    names = {r["command"] for r in json.loads(export(mixed))["results"]}
    assert "micro/lossy" in names
    assert not names & {"micro/wrong", "micro/twice"}
