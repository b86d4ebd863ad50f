"""A made-up run with benchmarks of components, in the contract's form: seeded, with failures and anchors."""

import json
from pathlib import Path

from numpy.random import default_rng

from sample_run import HOSTILE_REASON, write_sample_run

ROUNDS = 7
HOSTILE_NAME = 'a.b*<img src=x onerror=alert(4)> "q" \u202e/8'
# Name, ns per operation; what it is like besides.
PUSH, SLEEP, PLAIN, WRONG, GONE, LOSSY = "push/items:8", "sleep/real_time", HOSTILE_NAME, "wrong", "twice", "lossy"
NS = {PUSH: 5.0, SLEEP: 1_200.0, PLAIN: 80.0, WRONG: 9.0, LOSSY: 40.0}
OPERATIONS = 1_000
ANCHORS = [
    {
        "benchmark": PUSH, "measure": "op", "component": "queue: push", "operations": 2, "figure": "4e7",
        "unit": "per_s", "seed": "queue, 40 M ops/s", "original": "one thread",
    },
    {
        "benchmark": SLEEP, "measure": "p99", "component": "sleep: latest", "operations": 1, "figure": "5200.0",
        "unit": "ns", "seed": "5.2 µs",
    },
]  # fmt: skip


def write_benchmark_run(folder: Path, *, alone: bool = False) -> Path:
    """The sample run with one workload and a subject `micro` beside it; or with `alone` that subject only."""
    write_sample_run(folder, rounds=2, places=[0])
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    lines = [] if alone else (folder / "trials.jsonl").read_text(encoding="utf-8").splitlines()
    if alone:
        run |= {"subjects": [], "workloads": [], "oracle": []}
        run["plan"]["cases"] = []
    run["subjects"].append(_subject())
    rounds = {name: 1 if name == GONE else ROUNDS for name in (*NS, GONE)}
    cases: list[dict[str, object]] = [
        {"subject": "micro", "benchmark": name, "rounds": count} for name, count in rounds.items()
    ]
    cases[-1]["why"] = "two benchmarks have this name"
    trials = _trials(first=len(lines))
    run["plan"]["cases"] += cases
    run["plan"] |= {"min_time_ms": 100, "rounds": ROUNDS, "trials": len(lines) + len(trials)}
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    lines += [json.dumps(t) for t in trials]
    (folder / "trials.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _subject() -> dict[str, object]:
    return {
        "id": "micro", "title": "Components", "language": "C++", "note": "", "command": ["/bin/micro"],
        "kind": "google_benchmark", "version": "1", "build": {"compiler": "clang", "flags": "-O3"},
        "allow_debug_library": True, "anchors": ANCHORS, "status": "ok", "external": True,
    }  # fmt: skip


def _trials(first: int) -> list[dict[str, object]]:
    rng = default_rng(11)
    trials = [_trial(first, GONE, 0, ("protocol_error", "two benchmarks have this name"), None)]
    for turn in range(ROUNDS):
        for name, mean in NS.items():
            ns = mean * rng.lognormal(0, 0.02)
            end = ("wrong_answer", HOSTILE_REASON) if name == WRONG else ("ok", "")
            if name == LOSSY and turn == 0:
                end = ("crashed", "ended by signal 11")
            measured = None if end[0] != "ok" else _measurement(name, ns)
            trials.append(_trial(first + len(trials), name, turn, end, measured))
    return trials


def _measurement(name: str, ns: float) -> dict[str, object]:
    counters = {} if name == PLAIN else {"op": repr(ns * 1e-9)}
    if name == SLEEP:
        counters |= {"p50": repr(ns * 1e-9), "p99": repr(ns * 2e-9), "clock": "24"}
    iterations = 5_000
    wall = ns * iterations * (1 if name == PLAIN else OPERATIONS)
    return {
        "iterations": iterations, "wall_ns": int(wall), "cpu_ns": int(wall * 0.9), "threads": 1,
        "counters": counters, "library_build_type": "debug",
    }  # fmt: skip


def _trial(
    number: int, name: str, turn: int, end: tuple[str, str], measurement: dict[str, object] | None
) -> dict[str, object]:
    return {
        "v": 1, "kind": "benchmark", "trial": number, "round": turn, "order": 0, "subject": "micro", "benchmark": name,
        "warmup": False, "status": end[0], "reason": end[1], "exit_code": 0, "signal": None, "started": number,
        "wall_ns": 9_000_000_000, "user_ns": 1, "sys_ns": 1, "voluntary_switches": 1, "involuntary_switches": 1,
        "minor_faults": 1, "major_faults": 0, "max_rss_bytes": 4096, "steal_ns": 0, "cpu_pressure_ns": 1,
        "memory_pressure_ns": 1, "io_pressure_ns": None, "measurement": measurement, "stdout_bytes": 0,
        "stderr_bytes": 0,
    }  # fmt: skip
