"""The run itself within the page: everything that the numbers were made from, as one block of JSON, compressed.

Trials and samples are rows under named columns: a third of the size of trials.jsonl, and a tenth when it is compressed.
"""

import base64
import gzip
import json
from dataclasses import asdict

from flowreport.model import BenchmarkTrial, Run, Sample, Trial

_SAMPLE_COLUMNS = ("i", "wall_ns", "cpu_ns", "rss_before_bytes", "peak_rss_bytes", "max_in_flight")
_MEASUREMENT_COLUMNS = (
    "benchmark", "iterations", "iterations_wall_ns", "iterations_cpu_ns", "threads", "label", "counters",
    "library_build_type",
)  # fmt: skip
_CASE_COLUMNS = ("subject", "workload", "tasks", "workers")
_TRIAL_COLUMNS = (
    "trial", "round", "order", "subject", "workload", "tasks", "workers", "phases", "warmup", "status", "reason",
    "exit_code", "signal", "started", "wall_ns", "user_ns", "sys_ns", "voluntary_switches", "involuntary_switches",
    "minor_faults", "major_faults", "max_rss_bytes", "steal_ns", "cpu_pressure_ns", "memory_pressure_ns",
    "io_pressure_ns", "cpu_throttled_ns", "others_cpu_ns", "swap_in_bytes", "swap_out_bytes", "clock_error_ns",
    "completed", "answer", "throttled", "throttle_reason", "limit", "largest",
    "unaccounted_ns", "unknown_keys", "log",
)  # fmt: skip


def raw_link(run: Run) -> str:
    """The run as the address of a link: a file that a browser saves without a script, and that the script reads.

    The same run gives the same text, as far as Python's zlib is the same.
    """
    packed = gzip.compress(raw_json(run).encode("ascii"), mtime=0)
    return f"data:application/gzip;base64,{base64.b64encode(packed).decode('ascii')}"


def raw_json(run: Run) -> str:
    """The run as JSON in ASCII: its head, the names of the columns, and a row for each trial."""
    header = asdict(run)
    del header["trials"], header["benchmark_trials"]
    # JavaScript's numbers hold 53 bits; these have 64.
    header |= {"seed": str(run.seed), "answer_seed": str(run.answer_seed)}
    header["oracle"] = [{**o, "answer": str(o["answer"])} for o in header["oracle"]]
    measured = _MEASUREMENT_COLUMNS if run.benchmark_trials else ()
    rows = [
        *(_trial_row(t, len(measured)) for t in run.trials),
        *(_benchmark_row(t) for t in run.benchmark_trials),
    ]
    data = {
        "run": header,
        "trial_columns": [*_TRIAL_COLUMNS, *measured, "histograms", "samples"],
        "sample_columns": _SAMPLE_COLUMNS,
        "trials": rows,
    }
    return json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def _trial_row(trial: Trial, measured: int) -> list[object]:
    row = [getattr(trial.case, c) if c in _CASE_COLUMNS else getattr(trial, c) for c in _TRIAL_COLUMNS]
    return [
        *row,
        *[None] * measured,
        [[h.of, h.buckets] for h in trial.histograms],
        [_sample_row(s) for s in trial.samples],
    ]


def _benchmark_row(trial: BenchmarkTrial) -> list[object]:
    """The same columns; what only a workload has is null."""
    row = [trial.case.subject if c == "subject" else getattr(trial, c, None) for c in _TRIAL_COLUMNS]
    m = trial.measurement
    measured: list[object] = [None] * (len(_MEASUREMENT_COLUMNS) - 1)
    if m:
        counters = json.dumps(m.counters, allow_nan=False)
        measured = [m.iterations, m.wall_ns, m.cpu_ns, m.threads, m.label, counters, m.library_build_type]
    return [*row, trial.case.name, *measured, [], []]


def _sample_row(sample: Sample) -> list[object]:
    return [getattr(sample, c) for c in _SAMPLE_COLUMNS]
