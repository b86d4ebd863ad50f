"""The verdict of the gate that a run was measured for, if it was: `verdict.json` of the folder above its arms."""

import json
from dataclasses import dataclass
from pathlib import Path

FILE, MARK = "verdict.json", "gate.json"
VERDICTS = ("pass", "regression", "inconclusive", "invalid")
# From a gate's folder down to an arm: look-1/candidate.
DEPTH = 2


@dataclass(frozen=True)
class GateVerdict:
    """`verdict` is one of VERDICTS, or empty with one reason: why the file could not be read."""

    verdict: str
    reasons: tuple[str, ...]


def gate_verdict(run_folder: Path) -> GateVerdict | None:
    """The verdict beside the run or in the gate's folder above it; None for a run that belongs to no gate."""
    folder = run_folder.resolve()
    above = [p for p in (folder, *folder.parents[:DEPTH]) if (p / MARK).is_file() or p == folder]
    path = next((p / FILE for p in above if (p / FILE).is_file()), None)
    return _read(path) if path else None


def _read(path: Path) -> GateVerdict:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return _unread(error.strerror or "cannot be read")
    except ValueError:
        return _unread("is not JSON")
    if not isinstance(data, dict) or data.get("v") != 1 or data.get("verdict") not in VERDICTS:
        return _unread(f"has no verdict of version 1 ({', '.join(VERDICTS)})")
    reasons = data.get("reasons", [])
    if not isinstance(reasons, list) or not all(isinstance(r, str) for r in reasons):
        return _unread("has reasons that are not a list of texts")
    return GateVerdict(data["verdict"], tuple(reasons))


def _unread(why: str) -> GateVerdict:
    return GateVerdict("", (f"{FILE} of the gate {why}: write it again with flowreport gate",))
