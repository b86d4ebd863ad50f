"""verdict.json: a ruling as a JSON object; docs/gate.md says what each key is."""

from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite

from flowreport.gate.cells import title
from flowreport.gate.judge import Finding
from flowreport.gate.verdict import Arm, Ruling
from flowreport.model import Benchmark


def verdict_record(ruling: Ruling) -> Mapping[str, object]:
    """The ruling without what a reader can find in the runs. Ratios and increases are plain numbers."""
    judgement = ruling.judgement
    confirmed = {f.cell.identity for f in ruling.confirmed}
    conditions = None if judgement is None else judgement.conditions
    return {
        "v": 1,
        "kind": "verdict",
        "verdict": ruling.verdict.value,
        "exit_code": int(ruling.verdict.exit_code),
        "reasons": list(ruling.reasons),
        "notices": list(ruling.notices),
        "base": _arm(ruling.base),
        "candidate": _arm(ruling.candidate),
        "measured": [{"folder": folder, "rounds": rounds} for folder, rounds in ruling.measured.items()],
        "problems": [asdict(p) for p in ruling.problems],
        "controls": None
        if conditions is None
        else {
            "cells": conditions.controls,
            "drift": conditions.drift,
            "noise_floor": conditions.noise_floor,
            "time_inflation": conditions.time_inflation,
            "memory_inflation": conditions.memory_inflation,
        },
        "rules": asdict(ruling.rules),
        "cells": []
        if judgement is None
        else [_cell(f, confirmed=f.cell.identity in confirmed) for f in judgement.findings],
    }


def _arm(arm: Arm) -> Mapping[str, object]:
    return {"title": arm.title, "commit": arm.commit or None, "dirty": arm.dirty}


def _cell(finding: Finding, *, confirmed: bool) -> Mapping[str, object]:
    cell = finding.cell
    key: Mapping[str, object] = (
        {"subject": cell.key.subject, "benchmark": cell.key.name}
        if isinstance(cell.key, Benchmark)
        else {
            "subject": cell.key.subject,
            "workload": cell.key.workload,
            "tasks": cell.key.tasks,
            "workers": cell.key.workers,
        }
    )
    return {
        "name": title(cell.key),
        **key,
        "metric": cell.metric.value,
        "part": cell.part,
        "unit": cell.metric.unit,
        "state": finding.state.value,
        "confirmed": confirmed,
        "pairs": cell.pairs,
        "base": _number(finding.base),
        "candidate": _number(finding.candidate),
        "ratio": _number(finding.ratio),
        "low": finding.low,
        "high": finding.high,
        "margin": finding.margin,
        "noise_floor": finding.noise_floor,
        "minimum_detectable_effect": finding.detectable,
        "p": finding.p,
        "p_adjusted": finding.p_adjusted,
    }


def _number(value: float) -> float | None:
    return value if isfinite(value) else None
