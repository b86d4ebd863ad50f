"""The JSON of `hyperfine --export-json`: whole processes, in seconds, as hyperfine measures them.

These are times from before the fork until the process was reaped, so they contain the start of the runtime.
"""

import json
import statistics

from flowreport.exports.entries import BenchmarkEntry, Entry, entries
from flowreport.model import Run, Trial
from flowreport.text import visible

_NS = 1e9


def export(run: Run) -> str:
    """The document; ends in a line end."""
    results = [_result(entry) for entry in entries(run) if entry.trials]
    return json.dumps({"results": results}, indent=1, allow_nan=False) + "\n"


def _result(entry: Entry) -> dict[str, object]:
    times = [t.wall_ns / _NS for t in entry.trials]
    return {
        "command": entry.name,
        "mean": statistics.fmean(times),
        "stddev": statistics.stdev(times) if len(times) > 1 else None,
        "median": statistics.median(times),
        "user": statistics.fmean(t.user_ns / _NS for t in entry.trials),
        "system": statistics.fmean(t.sys_ns / _NS for t in entry.trials),
        "min": min(times),
        "max": max(times),
        "times": times,
        "memory_usage_byte": [_memory(t) if isinstance(t, Trial) else t.max_rss_bytes for t in entry.trials],
        "exit_codes": [t.exit_code for t in entry.trials],
        "parameters": _parameters(entry),
    }


def _memory(trial: Trial) -> int:
    """What the subject read about itself; what the kernel tells the parent may be the parent's own."""
    return max((s.peak_rss_bytes for s in trial.samples), default=trial.max_rss_bytes)


def _parameters(entry: Entry) -> dict[str, str]:
    if isinstance(entry, BenchmarkEntry):
        return {"subject": visible(entry.case.subject), "benchmark": visible(entry.case.name)}
    c = entry.case
    return {
        "subject": visible(c.subject),
        "workload": visible(c.workload),
        "tasks": str(c.tasks),
        "workers": str(c.workers),
    }
