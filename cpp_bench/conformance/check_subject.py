"""Does a subject keep the contract? Runs each of its quick cases through flowbench and reads what became of them.

Exit: 0 it does, 1 it does not, 77 it is not built (the reason is printed).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

SKIPPED = 77
WORKERS = 2
OUTPUT_LIMIT = 4000


def reason_not_built(subject: Path) -> str | None:
    """Why there is no executable, or None when there is one."""
    if subject.exists():
        return None
    note = subject.with_name(subject.name + ".not_built")
    if note.exists():
        return note.read_text(encoding="utf-8").strip()
    return f"there is no {subject.name} in {subject.parent}"


def describe(subject: Path) -> dict[str, Any]:
    """What the subject says about itself."""
    environment = {**os.environ, "FLOWBENCH_FD": "1"}
    # A descriptor 3 that the caller happens to have open must not be taken for the one of the contract.
    done = subprocess.run(
        [subject, "--describe"], env=environment, stdout=subprocess.PIPE, check=True, timeout=60, close_fds=True
    )
    record: dict[str, Any] = json.loads(done.stdout)
    return record


def description_faults(record: dict[str, Any], workloads: list[str]) -> list[str]:
    """Each workload of the catalog is supported or refused with a reason, never both; unlike only what is supported."""
    supported, refused = set(record["workloads"]), set(record["unsupported"])
    faults = [f"--describe lists {name} as supported and as unsupported" for name in sorted(supported & refused)]
    faults += [f"--describe says nothing of {name}" for name in workloads if name not in supported | refused]
    unlike = set(record.get("unlike", {})) - supported
    faults += [f"--describe says how {name} is unlike and does not support it" for name in sorted(unlike)]
    return faults


def trial_faults(trials: list[dict[str, Any]], record: dict[str, Any], workloads: list[str]) -> list[str]:
    """Each workload that the subject supports is ok, each that it refuses is unsupported, each comes once."""
    faults = []
    for name in workloads:
        found = [trial for trial in trials if trial["workload"] == name and not trial["warmup"]]
        if len(found) != 1:
            faults.append(f"{name}: {len(found)} trials instead of one")
            continue
        status, reason = found[0]["status"], found[0]["reason"]
        expected = "ok" if name in record["workloads"] else "unsupported"
        print(f"{name}: {status}{f' ({reason})' if reason else ''}")
        if status != expected:
            faults.append(f"{name}: {status} instead of {expected}: {reason}")
    return faults


def run_cases(flowbench: Path, subject_id: str, out: Path) -> subprocess.CompletedProcess[str]:
    """One round of every workload at 1,000 tasks; the run is left in `out`."""
    shutil.rmtree(out, ignore_errors=True)
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [flowbench, "run", "--subjects", subject_id, "--tasks", "1000", "--workers", str(WORKERS)]
    command += ["--rounds", "1", "--phases", "2", "--warmup", "0", "--out", out]
    # Whether the answers are right, not how fast they come: the machine may be as busy as it likes.
    command += ["--tolerate", "all", "--watch", "0", "--calibrate", "0", "--lock", out.with_name("flowbench.lock")]
    return subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def main() -> int:
    """Read the arguments, check the subject, print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flowbench", type=Path, required=True)
    parser.add_argument("--subjects-dir", type=Path, required=True)
    parser.add_argument("--catalog", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs")
    parser.add_argument("subject")
    arguments = parser.parse_args()

    executable = arguments.subjects_dir / arguments.subject
    if reason := reason_not_built(executable):
        print(f"skipped: {arguments.subject} is not built: {reason}")
        return SKIPPED

    workloads = [row["id"] for row in json.loads(arguments.catalog.read_text(encoding="utf-8"))["workloads"]]
    record = describe(executable)
    out = arguments.out / arguments.subject
    done = run_cases(arguments.flowbench, arguments.subject, out)
    trials_file = out / "trials.jsonl"
    lines = trials_file.read_text(encoding="utf-8").splitlines() if trials_file.exists() else []
    # What was disturbed was run again: the last line of a trial counts.
    trials = list({trial["trial"]: trial for trial in map(json.loads, lines)}.values())
    faults = description_faults(record, workloads) + trial_faults(trials, record, workloads)
    if done.returncode != 0:
        faults.append(f"flowbench ended with {done.returncode}:\n{done.stdout[-OUTPUT_LIMIT:]}")
    for fault in faults:
        print(f"fault: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
