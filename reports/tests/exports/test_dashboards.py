"""JSON for Bencher and for github-action-benchmark: each by what its documentation asks for."""

import json

import jsonschema

from flowreport.cases import Analysis
from flowreport.exports import bmf, gha
from flowreport.model import Case, Run

# https://bencher.dev/docs/reference/bencher-metric-format/
BMF = {
    "type": "object",
    "propertyNames": {"minLength": 1, "maxLength": 1024},
    "additionalProperties": {
        "type": "object",
        "minProperties": 1,
        "propertyNames": {"minLength": 1, "maxLength": 64},
        "additionalProperties": {
            "type": "object",
            "required": ["value"],
            "additionalProperties": False,
            "properties": {name: {"type": "number"} for name in ("value", "lower_value", "upper_value")},
        },
    },
}
# https://github.com/benchmark-action/github-action-benchmark, "customSmallerIsBetter"
GHA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "unit", "value"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "minLength": 1},
            "unit": {"type": "string", "minLength": 1},
            "value": {"type": "number"},
            "range": {"type": "string"},
            "extra": {"type": "string"},
        },
    },
}


def test_bmf_has_medians_with_their_intervals(measured: Run) -> None:
    document = json.loads(bmf.export(measured))
    jsonschema.validate(document, BMF)
    analysis = Analysis(measured)
    assert len(document) == len(analysis.results)
    result = analysis.results[Case("gamma", "sleep", 1_000, 2)]
    metrics = document["gamma/sleep/1000/workers:2"]
    assert result.cold.interval
    low, high = result.cold.interval.low, result.cold.interval.high
    assert metrics["latency"] == {"value": result.cold.value, "lower_value": low, "upper_value": high}
    assert metrics["memory-per-task-bytes"]["value"] == result.memory.value
    assert metrics["process-time-ns"] == {"value": result.process_ns}


def test_bmf_has_components(mixed: Run) -> None:
    document = json.loads(bmf.export(mixed))
    jsonschema.validate(document, BMF)
    assert set(document["micro/sleep/real_time"]) == {"latency", "p50-ns", "p99-ns", "cpu-time-per-iteration-ns"}
    assert "micro/wrong" not in document


def test_gha_has_a_series_for_each_quantity(measured: Run) -> None:
    rows = json.loads(gha.export(measured))
    jsonschema.validate(rows, GHA)
    by_name = {row["name"]: row for row in rows}
    assert len(by_name) == len(rows)
    result = Analysis(measured).results[Case("gamma", "sleep", 1_000, 2)]
    row = by_name["gamma/sleep/1000/workers:2 cold"]
    assert (row["value"], row["unit"], row["extra"]) == (result.cold.value, "ns/task", "median of 7 trials")
    assert " – " in row["range"]
    assert by_name["gamma/sleep/1000/workers:2 memory"]["unit"] == "bytes/task"


def test_gha_names_hold_no_markup(mixed: Run) -> None:
    rows = json.loads(gha.export(mixed))
    jsonschema.validate(rows, GHA)
    assert any("img src=x" in row["name"] for row in rows)
    assert not [c for row in rows for c in row["name"] if c in "<>`|&@[]\\"]
    assert not [row for row in rows if "wrong" in row["name"]]
