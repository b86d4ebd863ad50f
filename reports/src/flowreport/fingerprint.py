"""What must be equal in two runs before their times may be compared: the machine, the builds, the parameters."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields

from flowreport import units
from flowreport.model import Run

_GIB = 2**30


@dataclass(frozen=True)
class Machine:
    """The machine as the harness saw it; None is what it could not see.

    `memory_gib` is rounded: what a kernel leaves of the same memory differs by some MiB from boot to boot.
    """

    cpu_model: str
    cpus_online: int
    cpus_allowed: int
    memory_gib: int
    kernel: str
    governor: str | None
    turbo: str | None
    smt: str | None


@dataclass(frozen=True)
class Fingerprint:
    """The machine; compiler and flags by subject; what its tasks do by workload; how they were run."""

    machine: Machine
    builds: Mapping[str, str]
    workloads: Mapping[str, str]
    workers: tuple[int, ...]
    phases: int
    min_time_ms: int | None

    @classmethod
    def of(cls, run: Run) -> "Fingerprint":
        """The fingerprint of a run."""
        e = run.environment
        return cls(
            machine=Machine(
                cpu_model=e.cpu_model,
                cpus_online=e.cpus_online,
                cpus_allowed=len(e.cpus_allowed),
                memory_gib=max(1, round(e.memory_bytes / _GIB)),
                kernel=e.kernel,
                governor=e.governor,
                turbo=e.turbo,
                smt=e.smt,
            ),
            builds={s.id: f"{s.build.compiler} {s.build.flags}".rstrip() for s in run.subjects if s.build},
            workloads={w.id: f"{w.task}; {w.holds}; {w.answer}" for w in run.workloads},
            workers=run.worker_counts,
            phases=run.plan.phases,
            min_time_ms=run.plan.min_time_ms,
        )

    @property
    def key(self) -> str:
        """A name for the machine alone, the same on every run of it: the first 16 hex digits of a SHA-256."""
        text = json.dumps(vars(self.machine), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:16]


def differences(a: Fingerprint, b: Fingerprint) -> tuple[str, ...]:
    """What differs, one line each, with both values; empty when times of the two may be compared.

    A subject or a workload that only one of them has is not a difference: it is not compared.
    """
    return tuple(_differences(a, b))


def _differences(a: Fingerprint, b: Fingerprint) -> Iterator[str]:
    for field in fields(Machine):
        yield from _unequal(_TITLES[field.name], getattr(a.machine, field.name), getattr(b.machine, field.name))
    for subject in a.builds:
        if subject in b.builds:
            yield from _unequal(f"build of {subject}", a.builds[subject], b.builds[subject])
    for workload in a.workloads:
        if workload in b.workloads:
            yield from _unequal(f"workload {workload}", a.workloads[workload], b.workloads[workload])
    yield from _unequal("workers", _listed(a.workers), _listed(b.workers))
    yield from _unequal("phases", a.phases, b.phases)
    if a.min_time_ms is not None and b.min_time_ms is not None:
        yield from _unequal("time of a benchmark (ms)", a.min_time_ms, b.min_time_ms)


_TITLES = {
    "cpu_model": "CPU model",
    "cpus_online": "CPUs online",
    "cpus_allowed": "CPUs allowed",
    "memory_gib": "memory (GiB)",
    "kernel": "kernel",
    "governor": "governor",
    "turbo": "turbo",
    "smt": "SMT",
}


def _unequal(what: str, a: object, b: object) -> Iterator[str]:
    if a != b:
        yield f"{what}: {_shown(a)} | {_shown(b)}"


def _shown(value: object) -> str:
    return "unknown" if value is None else str(value) or units.DASH


def _listed(values: tuple[int, ...]) -> str:
    return ", ".join(map(str, values))
