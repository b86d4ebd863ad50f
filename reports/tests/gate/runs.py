"""Run folders of a made-up gate: two arms on disk, with whatever a test does to them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sample_run import write_sample_run

Record = dict[str, Any]


def write_arms(folder: Path, *, rounds: int = 10, seed: int = 7) -> Path:
    """`folder`/base and `folder`/candidate: the sample run twice, alpha with another executable, everything ok."""
    for number, arm in enumerate(("base", "candidate")):
        where = write_sample_run(folder / arm, seed=seed + number, rounds=rounds, places=[0])
        edit_run(where, lambda run, arm=arm: _arm(run, arm))  # type: ignore[misc]
        edit_trials(where, lambda t: t if t["status"] == "ok" else None)
        count = len((where / "trials.jsonl").read_text(encoding="utf-8").splitlines())
        edit_run(where, lambda run, count=count: run["plan"].update(trials=count))  # type: ignore[misc]
    return folder


def _arm(run: Record, arm: str) -> None:
    run["id"] = arm
    run["pair"] = {"id": "made-up", "arm": arm}
    for subject in run["subjects"]:
        changed = subject["id"] == "alpha" and arm == "candidate"
        subject["sha256"] = ("c" if changed else "b") * 64


def edit_run(folder: Path, change: Callable[[Record], object]) -> None:
    """Change run.json in place."""
    path = folder / "run.json"
    run = json.loads(path.read_text(encoding="utf-8"))
    change(run)
    path.write_text(json.dumps(run), encoding="utf-8")


def edit_trials(folder: Path, change: Callable[[Record], Record | None]) -> None:
    """Change each trial, or drop it where `change` gives None; trials are numbered anew."""
    path = folder / "trials.jsonl"
    changed = [change(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    kept = [trial for trial in changed if trial is not None]
    with path.open("w", encoding="utf-8") as out:
        for number, trial in enumerate(kept):
            out.write(json.dumps(trial | {"trial": number}) + "\n")


def slower(trial: Record, factor: float, *, memory: float = 1.0, subject: str = "alpha") -> Record:
    """A trial of `subject` whose samples took `factor` times as long and `memory` times the memory."""
    if trial["subject"] != subject:
        return trial
    for s in trial["samples"]:
        s["wall_ns"] = int(s["wall_ns"] * factor)
        s["cpu_ns"] = int(s["cpu_ns"] * factor)
        s["peak_rss_bytes"] = s["rss_before_bytes"] + int((s["peak_rss_bytes"] - s["rss_before_bytes"]) * memory)
    trial["wall_ns"] = int(trial["wall_ns"] * max(factor, 1.0)) + 10**9
    trial["user_ns"] = int(np.ceil(trial["user_ns"] * max(factor, 1.0))) + 10**9
    return trial
