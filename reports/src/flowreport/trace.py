"""What the workers of a runtime did, from a trace of `flowbench run --trace`: Chrome's trace event format."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowreport.errors import ReportError

Slices = list[tuple[float, float]]
_OPEN, _CLOSE, _WHOLE, _INSTANT, _NAME = "B", "E", "X", "i", "M"


@dataclass
class Lane:
    """One thread. Times are microseconds since the trace began; slices are (begin, end)."""

    name: str
    order: tuple[int, int]
    slices: dict[str, Slices] = field(default_factory=dict)
    instants: dict[str, list[float]] = field(default_factory=dict)

    @property
    def ends(self) -> Iterable[float]:
        """Of everything that is in it."""
        yield from (end for slices in self.slices.values() for _, end in slices)
        yield from (at for instants in self.instants.values() for at in instants)


def read_lanes(path: Path) -> list[Lane]:
    """The threads of a trace that did anything, by process and number. Raises ReportError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ReportError(f"{path}: is not JSON: {error}") from None
    events = document.get("traceEvents") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise ReportError(f"{path}: has no list 'traceEvents'; flowbench run --trace CASE makes such a file")
    lanes: dict[tuple[int, int], Lane] = {}
    open_since: dict[tuple[int, int], list[tuple[str, float]]] = {}
    for place, event in enumerate(events):
        try:
            _take(event, lanes, open_since)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            raise ReportError(f"{path}: event {place} is not one that this command understands") from None
    busy = [lane for lane in lanes.values() if any(True for _ in lane.ends)]
    if not busy:
        raise ReportError(f"{path}: there is nothing in it")
    return sorted(busy, key=lambda lane: lane.order)


def _take(
    event: Mapping[str, Any],
    lanes: dict[tuple[int, int], Lane],
    open_since: dict[tuple[int, int], list[tuple[str, float]]],
) -> None:
    phase = event["ph"]
    if phase not in (_OPEN, _CLOSE, _WHOLE, _INSTANT, _NAME):
        return
    if phase == _NAME and event["name"] != "thread_name":
        return
    thread = (int(event["pid"]), int(event["tid"]))
    lane = lanes.setdefault(thread, Lane(f"thread {thread[1]}", thread))
    if phase == _NAME:
        lane.name = str(event["args"]["name"])
        return
    at = float(event["ts"])
    if phase == _OPEN:
        open_since.setdefault(thread, []).append((str(event["name"]), at))
    elif phase == _CLOSE:
        name, begin = open_since[thread].pop()
        lane.slices.setdefault(name, []).append((begin, at))
    else:
        lane.instants.setdefault(str(event["name"]), []).append(at)
