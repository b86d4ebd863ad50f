"""check_chrome_trace PROGRAM: runs `PROGRAM FILE` and checks the trace there, as readers of Chrome's format need it.

Exit: 0 it is sound, 1 it is not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

Event = dict[str, Any]
PHASES = "MBEXisf"


def lane_faults(events: list[Event]) -> list[str]:
    """Of one thread: times never go back, slices open and close in turn, no slice reaches into what comes next."""
    faults, last, is_open, busy_until = [], 0.0, False, 0.0
    for event in events:
        ts = event["ts"]
        # An arrow begins within its slice.
        if ts < last or (event["ph"] != "s" and ts < round(busy_until, 3)):
            faults.append(f"time goes back: {event}")
        last = ts
        if event["ph"] == "X":
            busy_until = ts + event["dur"]
        if event["ph"] in "BE":
            if is_open == (event["ph"] == "B"):
                faults.append(f"out of turn: {event}")
            is_open = not is_open
        if event["ph"] == "f" and not is_open:
            faults.append(f"an arrow ends in no slice: {event}")
    return faults + (["a slice is left open"] if is_open else [])


def trace_faults(document: dict[str, Any]) -> list[str]:
    """All that is wrong with a trace."""
    events: list[Event] = document["traceEvents"]
    faults = [f"unknown phase: {event}" for event in events if event["ph"] not in PHASES]
    lanes: dict[tuple[int, int], list[Event]] = {}
    named = Counter((e["pid"], e["tid"]) for e in events if e["ph"] == "M" and e["name"] == "thread_name")
    for event in events:
        if event["ph"] != "M":
            lanes.setdefault((event["pid"], event["tid"]), []).append(event)
    for lane, of_lane in lanes.items():
        faults += [f"{lane}: {fault}" for fault in lane_faults(of_lane)]
        if named[lane] != 1:
            faults.append(f"{lane} has {named[lane]} names")
    starts = {event["id"]: event["ts"] for event in events if event["ph"] == "s"}
    ends = {event["id"]: event["ts"] for event in events if event["ph"] == "f"}
    if starts.keys() != ends.keys():
        faults.append(f"arrows without an end or a start: {starts.keys() ^ ends.keys()}")
    faults += [f"arrow {number} goes back in time" for number in starts if ends.get(number, 0) < starts[number]]
    if not starts or len(lanes) < 2:
        faults.append("there is nothing in it")
    return faults


def main() -> int:
    """Run the program, read the file, print what is wrong."""
    with tempfile.TemporaryDirectory(prefix="chrome-trace-") as folder:
        file = Path(folder, "trace.json")
        subprocess.run([sys.argv[1], file], check=True, stdout=subprocess.DEVNULL, timeout=50)
        faults = trace_faults(json.loads(file.read_text(encoding="utf-8")))
    for fault in faults:
        print(f"fault: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
