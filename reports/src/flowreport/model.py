"""A run as the harness recorded it: immutable records with the field names of docs/contract.md.

Units are in the names and stay as recorded (ns, bytes); only flowreport.units turns them into text.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """How a trial ended; the order is the order of the report's front page, worst first."""

    WRONG_ANSWER = "wrong_answer"
    CRASHED = "crashed"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    PROTOCOL_ERROR = "protocol_error"
    LAUNCH_FAILED = "launch_failed"
    LEAKED_PROCESSES = "leaked_processes"
    MISTIMED = "mistimed"
    CONTAMINATED = "contaminated"
    CANCELLED = "cancelled"
    UNSUPPORTED = "unsupported"
    NOT_BUILT = "not_built"
    OK = "ok"

    @property
    def failed(self) -> bool:
        """Whether the subject did something wrong, as opposed to: said no, was not there, was disturbed."""
        return self in _FAILED

    @property
    def repeated(self) -> bool:
        """Whether a later line of the same trial may take the place of one that ended so."""
        return self in _REPEATED


_FAILED = frozenset(
    {
        Status.WRONG_ANSWER,
        Status.CRASHED,
        Status.TIMED_OUT,
        Status.OUT_OF_MEMORY,
        Status.PROTOCOL_ERROR,
        Status.LAUNCH_FAILED,
        Status.LEAKED_PROCESSES,
        Status.MISTIMED,
    }
)
_REPEATED = frozenset({Status.MISTIMED, Status.CONTAMINATED, Status.CANCELLED})


# The counter of a benchmark that is the time of one operation, in seconds.
OPERATION = "op"


@dataclass(frozen=True)
class Case:
    """One subject doing one workload with one number of tasks on one number of workers."""

    subject: str
    workload: str
    tasks: int
    workers: int


@dataclass(frozen=True)
class Benchmark:
    """One benchmark of a subject that is a Google Benchmark binary; it has neither workload nor tasks."""

    subject: str
    name: str


@dataclass(frozen=True)
class Sample:
    """One timed phase of a trial; `i` 0 is cold, later ones are warm."""

    i: int
    wall_ns: int
    cpu_ns: int
    rss_before_bytes: int
    peak_rss_bytes: int
    max_in_flight: int | None


@dataclass(frozen=True)
class Histogram:
    """Counts of values at most the bucket's bound and above the bound before it."""

    of: str
    buckets: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Process:
    """One process of the run: where it stood in the plan, how it ended, what the kernel counted."""

    trial: int
    round: int
    order: int
    warmup: bool
    status: Status
    reason: str
    exit_code: int | None
    signal: int | None
    started: int
    wall_ns: int
    user_ns: int
    sys_ns: int
    voluntary_switches: int
    involuntary_switches: int
    minor_faults: int
    major_faults: int
    max_rss_bytes: int
    steal_ns: int
    cpu_pressure_ns: int | None
    memory_pressure_ns: int | None
    io_pressure_ns: int | None
    log: str
    # What runs from before these keys lack, and machines that do not tell.
    cpu_throttled_ns: int | None = field(default=None, kw_only=True)
    others_cpu_ns: int | None = field(default=None, kw_only=True)
    swap_in_bytes: int | None = field(default=None, kw_only=True)
    swap_out_bytes: int | None = field(default=None, kw_only=True)
    clock_error_ns: int | None = field(default=None, kw_only=True)
    # A later line of the same trial has taken the place of this one: it was run again.
    superseded: bool = field(default=False, kw_only=True)

    @property
    def failed(self) -> bool:
        """Whether the subject did something wrong, and was not given another chance."""
        return self.status.failed and not self.superseded

    @property
    def counts(self) -> bool:
        """Whether the trial may reach a chart or a table of results."""
        return self.status is Status.OK and not self.warmup


@dataclass(frozen=True)
class Trial(Process):
    """A process that did a workload."""

    case: Case
    phases: int
    samples: tuple[Sample, ...]
    histograms: tuple[Histogram, ...]
    completed: int | None
    answer: str | None
    throttled: int
    throttle_reason: str
    limit: str
    largest: int | None
    # ns between its records that no sample tells of, where that is worth a note.
    unaccounted_ns: int | None = field(default=None, kw_only=True)
    # Keys of its records that the contract does not know.
    unknown_keys: int = field(default=0, kw_only=True)


@dataclass(frozen=True)
class Measurement:
    """What Google Benchmark measured in one process; times are of all iterations together, counters as it gave them."""

    iterations: int
    wall_ns: int
    cpu_ns: int
    threads: int
    counters: Mapping[str, float]
    label: str
    library_build_type: str


@dataclass(frozen=True)
class BenchmarkTrial(Process):
    """A process that ran one benchmark of a Google Benchmark binary."""

    case: Benchmark
    measurement: Measurement | None


@dataclass(frozen=True)
class Build:
    """With what a subject was compiled."""

    compiler: str
    flags: str


@dataclass(frozen=True)
class Anchor:
    """A figure from before beside the counter `measure` of a benchmark.

    `unit` is `ns` (of one operation) or `per_s`; one operation of the benchmark is `operations` of the figure's.
    """

    benchmark: str
    measure: str
    component: str
    operations: int
    figure: float
    unit: str
    seed: str
    original: str


@dataclass(frozen=True)
class Subject:
    """A runtime under test. Its part in the comparison is a flag of the run, never its name."""

    id: str
    title: str
    language: str
    note: str
    command: tuple[str, ...]
    sha256: str
    version: str
    build: Build | None
    built: bool
    reason: str
    reference: bool
    baseline: bool
    oracle: bool
    external: bool
    unsupported: Mapping[str, str]
    unlike: Mapping[str, str]
    google_benchmark: bool
    anchors: tuple[Anchor, ...]
    control: bool = False


@dataclass(frozen=True)
class Workload:
    """What a task does, in the words of the catalog."""

    id: str
    title: str
    task: str
    holds: str
    answer: str


@dataclass(frozen=True)
class PlannedCase:
    """A case as planned; `why` says why it got fewer rounds or phases than the plan's."""

    case: Case
    rounds: int
    phases: int
    why: str


@dataclass(frozen=True)
class PlannedBenchmark:
    """A benchmark as planned; `why` says why it is not run."""

    case: Benchmark
    rounds: int
    why: str


@dataclass(frozen=True)
class Plan:
    """What the harness set out to do."""

    rounds: int
    phases: int
    warmup: int
    workers: int
    timeout_ms: int
    order: str
    affinity: tuple[int, ...]
    cases: tuple[PlannedCase, ...]
    benchmarks: tuple[PlannedBenchmark, ...]
    min_time_ms: int | None
    trials: int


@dataclass(frozen=True)
class Check:
    """One check of the machine before the first trial; `advice` is empty when there is nothing to do."""

    id: str
    seen: str
    verdict: str  # good, note, bad, unknown
    advice: str


@dataclass(frozen=True)
class Calibration:
    """How long a fixed piece of arithmetic took at one moment of the run: `at` is start, middle or end."""

    at: str
    started: int
    times_ns: tuple[int, ...]

    @property
    def best_ns(self) -> int:
        """The least time: what the machine can do at that moment."""
        return min(self.times_ns)

    @property
    def median_ns(self) -> int:
        """The middle time, the later of two: what it did."""
        return sorted(self.times_ns)[len(self.times_ns) // 2]


@dataclass(frozen=True)
class Environment:
    """The machine, as far as the harness could see it."""

    cpu_model: str
    cpus_online: int
    cpus_allowed: tuple[int, ...]
    memory_bytes: int
    kernel: str
    os: str
    governor: str | None
    turbo: str | None
    aslr: str
    smt: str | None
    clocksource: str
    cgroup: str
    load1_milli: int
    steal_ns: int
    virtualization: str | None
    warnings: tuple[str, ...]
    tools: Mapping[str, str]
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Tool:
    """The harness that made the run."""

    name: str
    version: str
    commit: str
    dirty: bool


@dataclass(frozen=True)
class Answer:
    """What the oracle says a workload of this size must answer."""

    workload: str
    tasks: int
    answer: int


@dataclass(frozen=True)
class Pair:
    """Which arm of a pair a run is, "base" or "candidate"; `id` is the same in both, `title` is for people."""

    id: str
    arm: str
    title: str


@dataclass(frozen=True)
class Run:
    """The files of one run, checked; `torn` says what was dropped at the end of one.

    A trial that the machine disturbed may be there more than once: only the last of its lines can be ok.
    """

    id: str
    created: str
    command: tuple[str, ...]
    seed: int
    answer_seed: int
    plan: Plan
    oracle: tuple[Answer, ...]
    subjects: tuple[Subject, ...]
    workloads: tuple[Workload, ...]
    environment: Environment
    tool: Tool
    catalog_sha256: str
    trials: tuple[Trial, ...]
    benchmark_trials: tuple[BenchmarkTrial, ...]
    torn: str | None
    pair: Pair | None = None
    calibration: tuple[Calibration, ...] = ()

    @property
    def processes(self) -> tuple[Trial | BenchmarkTrial, ...]:
        """Every trial, whatever it did."""
        return (*self.trials, *self.benchmark_trials)

    @property
    def runtimes(self) -> tuple[Subject, ...]:
        """The subjects that do workloads, and can be compared with each other."""
        return tuple(s for s in self.subjects if not s.google_benchmark)

    @property
    def reference(self) -> Subject | None:
        """The subject that ratios are taken against, if the run names one."""
        return next((s for s in self.subjects if s.reference), None)

    @property
    def baseline(self) -> Subject | None:
        """The subject that a speed-up is counted from, if the run names one."""
        return next((s for s in self.subjects if s.baseline), None)

    def unlike(self, case: Case) -> str | None:
        """How the work of a case is not quite what its workload asks for, in its subject's own words."""
        return next((s.unlike.get(case.workload) for s in self.subjects if s.id == case.subject), None)

    @property
    def worker_counts(self) -> tuple[int, ...]:
        """The numbers of workers that were planned or tried, rising."""
        planned, tried = (c.case.workers for c in self.plan.cases), (t.case.workers for t in self.trials)
        return tuple(sorted({*planned, *tried})) or (self.plan.workers,)
