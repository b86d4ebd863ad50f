"""A made-up run for the tests: seeded, in the contract's form, with hostile names, and with every kind of outcome.

The numbers follow a simple model (fixed cost + cost per task, log-normal noise) so that charts look like charts;
they say nothing about any real runtime. `python sample_run.py FOLDER` writes one to look at.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from numpy.random import Generator, default_rng

ROUNDS = 7
PHASES = 3
SIZES = (1_000, 10_000, 100_000)
HOSTILE_TITLE = "<script>alert(1)</script>"
HOSTILE_REASON = '=cmd()|"/c calc"!A1 \x1b[31mred\x1b[0m </script><img src=x onerror=alert(2)> \u202eabc'
CATALOG = Path(__file__).parents[2] / "harness" / "contract" / "catalog.json"


@dataclass(frozen=True)
class Runtime:
    """How a made-up subject behaves: ns and bytes per task, fixed ns and bytes."""

    id: str
    title: str
    language: str
    task_ns: float
    start_ns: float
    task_bytes: float
    base_bytes: int
    flags: tuple[str, ...] = ()
    note: str = ""
    unlike: tuple[tuple[str, str], ...] = ()


RUNTIMES = (
    Runtime("alpha", "Alpha", "C++", 60, 9_000, 120, 3 << 20, ("reference",), "coroutines on a work-stealing pool"),
    Runtime(
        "alpha_inline",
        "Alpha, inline",
        "C++",
        24,
        1_000,
        8,
        3 << 20,
        (),
        "inline, no concurrency",
        (("spawn_join", "nothing is scheduled"),),
    ),
    Runtime(
        "threads",
        "Thread per task",
        "C++",
        9_500,
        60_000,
        9_300,
        3 << 20,
        ("baseline",),
        "one thread per task",
    ),
    Runtime("pool", "Thread pool", "C++", 410, 20_000, 72, 3 << 20, (), "fixed workers, one queue"),
    Runtime("gamma", "Gamma", "Go", 260, 15_000, 420, 6 << 20, (), "goroutines"),
    Runtime(
        "hostile",
        HOSTILE_TITLE,
        "Rust",
        310,
        18_000,
        330,
        4 << 20,
        (),
        '"><b onclick=alert(3)>note</b>',
        (("fan_out", "in </li><script>alert(4)</script> shares"),),
    ),
    Runtime("plain", "Serial loop", "C++", 2.1, 100, 0, 3 << 20, ("oracle",), "a plain loop, no tasks"),
)
NOT_BUILT = "absent"
# The place of the workload whose tasks share several histograms, and their shares in tenths.
SHARED = 10
SHARES = {"queueing_high_ns": 1, "queueing_normal_ns": 6, "queueing_low_ns": 3}


def write_sample_run(  # noqa: PLR0913 - each is a size of the run
    folder: Path,
    *,
    seed: int = 7,
    rounds: int = ROUNDS,
    places: Sequence[int] = range(10),
    sizes: Sequence[int] = SIZES,
    workers: Sequence[int] = (2,),
) -> Path:
    """Write run.json and trials.jsonl into `folder`, made if needed, and return it.

    `places` picks workloads by their place in the catalog; fewer make a report that is quicker to draw. With several
    numbers of `workers` a trial's time falls with them, all but a fifth of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    catalog = json.loads(CATALOG.read_text(encoding="utf-8"))["workloads"]
    workloads = {place: catalog[place] for place in places}
    trials = list(_trials(default_rng(seed), workloads, rounds, sizes, workers))
    run = _run(list(workloads.values()), rounds, len(trials), sizes, workers)
    (folder / "run.json").write_text(json.dumps(run, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    with (folder / "trials.jsonl").open("w", encoding="utf-8") as out:
        for trial in trials:
            out.write(json.dumps(trial, ensure_ascii=False) + "\n")
    return folder


def _trials(
    rng: Generator, workloads: dict[int, dict[str, object]], rounds: int, sizes: Sequence[int], workers: Sequence[int]
) -> Iterator[dict[str, object]]:
    number = 0
    started = 0
    for turn in range(rounds):
        cases = [(r, place, n, w) for r in RUNTIMES for place in workloads for n in sizes for w in workers]
        for order, pick in enumerate(rng.permutation(len(cases))):
            runtime, place, tasks, count = cases[pick]
            trial = _trial(rng, runtime, str(workloads[place]["id"]), place, tasks)
            _share(trial, count)
            wall = trial["wall_ns"]
            assert isinstance(wall, int)
            started += wall + 2_000_000
            yield {"v": 1, "trial": number, "round": turn, "order": order, "started": started, **trial}
            number += 1


def _trial(rng: Generator, runtime: Runtime, workload: str, place: int, tasks: int) -> dict[str, object]:
    heavy = 1.0 + 0.8 * place
    rests = place == 4
    trial: dict[str, object] = {
        "subject": runtime.id,
        "workload": workload,
        "tasks": tasks,
        "workers": 2,
        "phases": PHASES,
        "warmup": False,
        "status": "ok",
        "reason": "",
        "exit_code": 0,
        "signal": None,
        "voluntary_switches": int(rng.integers(10, 400)),
        "involuntary_switches": int(rng.integers(0, 20)),
        "minor_faults": int(rng.integers(400, 9000)),
        "major_faults": 0,
        "max_rss_bytes": 9_437_184,
        "steal_ns": 0,
        "cpu_pressure_ns": 250_000,
        "memory_pressure_ns": 0,
        "io_pressure_ns": None,
        "completed": tasks,
        "answer": "14994498245577282098",
        "stdout_bytes": 0,
        "stderr_bytes": 0,
        "histograms": [],
    }
    before = runtime.base_bytes + int(rng.integers(0, 64)) * 4096
    peak = before + 20_480 + int(tasks * runtime.task_bytes * heavy * rng.normal(1, 0.01))
    floor = {1_000: 10e6, 10_000: 100e6}.get(tasks, 1e9) if rests else 0.0
    samples = []
    for i in range(PHASES):
        warmth = 1.0 if i == 0 else 0.55
        wall = (runtime.start_ns * warmth + tasks * runtime.task_ns * heavy * warmth) * rng.lognormal(0, 0.05)
        samples.append(
            {
                "i": i,
                "wall_ns": int(wall + floor),
                "cpu_ns": int(wall * 1.7),
                "rss_before_bytes": before if i == 0 else peak - 4096,
                "peak_rss_bytes": peak // 4096 * 4096,
                "max_in_flight": tasks,
            }
        )
    trial["samples"] = samples
    if place == SHARED:
        trial["histograms"] = [
            {"of": of, "buckets": [[1024 << late, tasks * PHASES * parts // 10 - 1], [4096 << late, 1]]}
            for late, (of, parts) in enumerate(SHARES.items())
        ]
    if rests:
        counts = rng.multinomial(tasks * PHASES, [0.5, 0.3, 0.15, 0.04, 0.01])
        buckets = [[1024 << (2 * i), int(c)] for i, c in enumerate(counts) if c]
        trial["histograms"] = [{"of": "lateness_ns", "buckets": buckets}]
    wall_ns = sum(s["wall_ns"] for s in samples) + 3_000_000
    trial |= {"wall_ns": wall_ns, "user_ns": wall_ns // 2, "sys_ns": wall_ns // 5}
    _spoil(rng, trial, runtime, place, tasks)
    return trial


def _share(trial: dict[str, object], workers: int) -> None:
    """Times are those of 2 workers; a fifth of the work cannot be shared."""
    trial["workers"] = workers
    samples = trial["samples"]
    assert isinstance(samples, list)
    for sample in samples:
        sample["wall_ns"] = int(sample["wall_ns"] * (0.2 + 0.8 / workers) / 0.6)


def _spoil(rng: Generator, trial: dict[str, object], runtime: Runtime, place: int, tasks: int) -> None:
    """Give some cases another end: limits, wrong answers, crashes with a hostile reason."""
    if "baseline" in runtime.flags and place == 4 and tasks == SIZES[-1]:
        _end(trial, "unsupported", "cannot keep 100000 threads alive at once", exit_code=0)
        trial |= {"limit": "vm.max_map_count=65530", "largest": 32_741}
    elif "baseline" in runtime.flags and tasks == SIZES[-1]:
        trial |= {
            "throttled": int(rng.integers(40_000, 68_000)),
            "throttle_reason": "kernel.threads-max=32768",
        }
    elif runtime.id == "hostile" and place == 6 and rng.random() < 0.4:
        _end(trial, "crashed", HOSTILE_REASON, exit_code=None)
        trial |= {"signal": 11, "log": "logs/trial.log"}
    elif runtime.id == "hostile" and place == 7 and tasks == SIZES[-1]:
        _end(trial, "wrong_answer", "answer 42 is not the oracle's", exit_code=0)
    elif runtime.id == "plain" and place in (3, 4, 5, 7):
        _end(trial, "unsupported", "a plain loop has nothing to schedule", exit_code=0)
    elif runtime.id == "gamma" and place == 1 and rng.random() < 0.05:
        _end(trial, "contaminated", "12 ms of CPU time were stolen", exit_code=0)


def _end(trial: dict[str, object], status: str, reason: str, *, exit_code: int | None) -> None:
    trial |= {"status": status, "reason": reason, "exit_code": exit_code}
    if status == "unsupported" or exit_code is None:
        trial |= {"samples": [], "histograms": [], "completed": None, "answer": None}


def _run(
    workloads: list[dict[str, object]], rounds: int, trials: int, sizes: Sequence[int], workers: Sequence[int]
) -> dict[str, object]:
    kept = ("id", "title", "task", "holds", "answer")
    cases = [
        {"subject": r.id, "workload": w["id"], "tasks": n, "workers": k, "rounds": rounds, "phases": PHASES}
        for r in RUNTIMES
        for w in workloads
        for n in sizes
        for k in workers
    ]
    return {
        "v": 1,
        "kind": "run",
        "id": "20260102T030405Z-7a7a",
        "created": "2026-01-02T03:04:05Z",
        "command": ["flowbench", "run", "--rounds", str(rounds), "--seed", "7", "--filter", "a b;$(c)'d"],
        "seed": "7",
        "answer_seed": "18446744073709551615",
        "plan": {
            "rounds": rounds,
            "phases": PHASES,
            "warmup": 0,
            "workers": workers[0],
            "timeout_ms": 60_000,
            "order": "random",
            "affinity": [0, 1],
            "cases": cases,
            "trials": trials,
        },
        "oracle": [
            {"workload": w["id"], "tasks": n, "answer": "14994498245577282098"} for w in workloads for n in sizes
        ],
        "subjects": [*(_subject(r) for r in RUNTIMES), _absent()],
        "workloads": [{key: w[key] for key in kept} for w in workloads],
        "environment": {
            "cpu_model": "Example CPU <2.4 GHz> & more",
            "cpus_online": 4,
            "cpus_allowed": [0, 1],
            "memory_bytes": 8 << 30,
            "kernel": "6.18.0",
            "os": "Debian GNU/Linux 12 (bookworm)",
            "governor": "powersave",
            "turbo": True,
            "aslr": 2,
            "smt": False,
            "clocksource": "tsc",
            "cgroup": "cpu.max 200000 100000",
            "load1_milli": 1_420,
            "steal_ns": 12_000_000,
            "virtualization": "kvm",
            "warnings": ["load average 1.42 before the first trial: something else was running"],
            "tools": {"cmake": "3.25.1", "go": "go1.26.8", "rustc": "1.95.0"},
        },
        "tool": {"name": "flowbench", "version": "0.1.0", "commit": "0123abcd" * 5, "dirty": True},
        "catalog_sha256": "0f" * 32,
    }


def _subject(runtime: Runtime) -> dict[str, object]:
    return {
        "id": runtime.id,
        "title": runtime.title,
        "language": runtime.language,
        "note": runtime.note,
        "command": [f"bin/subjects/{runtime.id}"],
        "sha256": "ab" * 32,
        "version": "1.0",
        "build": {"compiler": "clang 19.1.7", "flags": "-O3 -DNDEBUG"},
        "status": "ok",
        "unsupported": {},
        "unlike": dict(runtime.unlike),
        **dict.fromkeys(runtime.flags, True),
    }


def _absent() -> dict[str, object]:
    return {
        "id": NOT_BUILT,
        "title": "Absent",
        "language": "Zig",
        "note": "",
        "command": [],
        "status": "not_built",
        "reason": "zig was not found",
    }


if __name__ == "__main__":
    sys.stdout.write(f"{write_sample_run(Path(sys.argv[1]))}\n")
