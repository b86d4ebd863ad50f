"""What each case measured: from the trials that count to one summary per case.

The process is the unit of replication: every trial gives one cold value (its sample 0) and at most one warm value
(the median of its later samples). Estimates are over trials.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.random import Generator, default_rng

from flowreport.model import Case, Run, Subject, Trial, Workload
from flowreport.stats.buckets import Buckets, merge
from flowreport.stats.estimate import Estimate, Values
from flowreport.stats.line import Line, fit_line
from flowreport.stats.median import median_estimate
from flowreport.stats.ratio import ResampledMedian, ratio_of_resampled, resampled_median

NS_PER_S = 1e9
CASE_COLUMNS = ["subject", "workload", "tasks", "workers"]
TRIAL_COLUMNS = (
    *CASE_COLUMNS, "trial", "cold_ns", "warm_ns", "cpu_ns", "process_ns", "task_bytes",
    "before_bytes", "peak_bytes", "in_flight", "cpus", "voluntary", "involuntary",
)  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One measured case. Times are ns per task except `process` (ns per process); bytes are per task.

    `cpus` is CPU time over wall time of the cold sample; switches are those of the process per 1,000 tasks that it did.
    """

    case: Case
    cold: Estimate
    cold_values: tuple[float, ...]
    warm_ns: float | None
    cpu: Estimate
    cpus: Estimate
    process: Estimate
    voluntary: Estimate
    involuntary: Estimate
    memory: Estimate
    memory_values: tuple[float, ...]
    before_bytes: float
    peak_bytes: float
    in_flight: int | None
    histograms: Mapping[str, Buckets]

    @property
    def tasks_per_second(self) -> float:
        """Throughput at the cold median."""
        return NS_PER_S / self.cold.value

    @property
    def cpu_ns(self) -> float:
        """CPU time per task, the median over trials."""
        return self.cpu.value

    @property
    def process_ns(self) -> float:
        """Wall time of a process, the median over trials."""
        return self.process.value


@dataclass(frozen=True)
class Group:
    """Cases that may be compared with each other, and the numbers of tasks among them, rising."""

    workload: Workload
    workers: int
    sizes: tuple[int, ...]


def trials_frame(trials: Sequence[Trial]) -> pd.DataFrame:
    """One row per trial that counts and has a sample, with the per-task values of its own."""
    rows = []
    for t in trials:
        if not t.counts or not t.samples:
            continue
        n, cold, later = t.case.tasks, t.samples[0], t.samples[1:]
        rows.append(
            (
                *(t.case.subject, t.case.workload, n, t.case.workers, t.trial),
                cold.wall_ns / n,
                float(np.median([s.wall_ns for s in later])) / n if later else np.nan,
                cold.cpu_ns / n,
                float(t.wall_ns),
                # Later samples share the process's one high-water mark, so only the first tells what N tasks need.
                (cold.peak_rss_bytes - cold.rss_before_bytes) / n,
                float(cold.rss_before_bytes),
                float(cold.peak_rss_bytes),
                np.nan if cold.max_in_flight is None else float(cold.max_in_flight),
                cold.cpu_ns / cold.wall_ns,
                t.voluntary_switches * 1000 / (n * len(t.samples)),
                t.involuntary_switches * 1000 / (n * len(t.samples)),
            )
        )
    return pd.DataFrame(rows, columns=list(TRIAL_COLUMNS))


class Analysis:
    """The results of a run, and the comparisons between them. Deterministic: every draw is seeded by the run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._frame = trials_frame(run.trials)
        self._ratios: dict[tuple[Case, Case], Estimate] = {}
        self._lines: dict[Case, Line | None] = {}
        self._medians: dict[Case, ResampledMedian] = {}
        self._histograms = self._merge_histograms()
        self.results: Mapping[Case, Result] = {
            case: self._summarize(case, rows)
            for (subject, workload, tasks, workers), rows in self._frame.groupby(CASE_COLUMNS, sort=False)
            for case in [Case(str(subject), str(workload), int(str(tasks)), int(str(workers)))]
        }

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Workloads in the order of the run, each with its numbers of workers, rising."""
        cases = {c.case for c in self.run.plan.cases} | {t.case for t in self.run.trials}
        return tuple(
            Group(w, workers, tuple(sorted({c.tasks for c in cases if (c.workload, c.workers) == (w.id, workers)})))
            for w in self.run.workloads
            for workers in self.run.worker_counts
        )

    @cached_property
    def comparisons(self) -> Mapping[tuple[str, int, int], int]:
        """Workload, workers and tasks, numbered in the order of the groups: the cases of one may be compared."""
        keys = [(g.workload.id, g.workers, n) for g in self.groups for n in g.sizes]
        return {key: i for i, key in enumerate(keys)}

    @cached_property
    def planned(self) -> Mapping[Case, int]:
        """How many trials that count each case should have."""
        return {c.case: c.rounds for c in self.run.plan.cases}

    @cached_property
    def anchor(self) -> Subject | None:
        """The reference subject, when it has anything to compare with."""
        reference = self.run.reference
        measured = {case.subject for case in self.results}
        return reference if reference and reference.id in measured else None

    def best(self, case: Case) -> Result | None:
        """The lowest cold median at the workload, size and workers of `case`.

        Neither an oracle competes, nor work that is not quite the same.
        """
        rivals = (self.result_of(s, case) for s in self.run.runtimes if not s.oracle)
        alike = (r for r in rivals if r and self.run.unlike(r.case) is None)
        return min(alike, key=lambda r: r.cold.value, default=None)

    def result_of(self, subject: Subject | None, case: Case) -> Result | None:
        """What a subject measured at the workload, size and workers of `case`."""
        return self.results.get(replace(case, subject=subject.id)) if subject else None

    def ratio(self, result: Result, base: Result) -> Estimate:
        """Cold median of `result` over that of `base`. A case against itself is exactly 1."""
        if result.case == base.case:
            return Estimate(1.0, result.cold.n, None)
        pair = (result.case, base.case)
        if pair not in self._ratios:
            self._ratios[pair] = ratio_of_resampled(self._resampled(result), self._resampled(base))
        return self._ratios[pair]

    def _resampled(self, result: Result) -> ResampledMedian:
        """The draws of one case, the same in all its ratios: those of two cases are independent all the same."""
        if result.case not in self._medians:
            rng = self._rng("median", result.case)
            self._medians[result.case] = resampled_median(np.array(result.cold_values), rng=rng)
        return self._medians[result.case]

    def speed_up(self, result: Result) -> float | None:
        """How many times faster than the baseline subject, by cold medians."""
        baseline = self.result_of(self.run.baseline, result.case)
        return baseline.cold.value / result.cold.value if baseline else None

    def memory_line(self, subject: str, group: Group) -> Line | None:
        """Peak resident memory of the process against the number of tasks; None with fewer than two sizes."""
        key = Case(subject, group.workload.id, 0, group.workers)
        if key not in self._lines:
            self._lines[key] = self._memory_line(subject, group, key)
        return self._lines[key]

    def _memory_line(self, subject: str, group: Group, key: Case) -> Line | None:
        frame = self._frame
        of_group = (frame["workload"] == group.workload.id) & (frame["workers"] == group.workers)
        rows = frame[of_group & (frame["subject"] == subject)]
        if rows["tasks"].nunique() < 2:  # noqa: PLR2004 - two points make a line
            return None
        x, y = _column(rows, "tasks"), _column(rows, "peak_bytes")
        return fit_line(x, y, rng=self._rng("line", key))

    def _summarize(self, case: Case, rows: pd.DataFrame) -> Result:
        cold, memory = _column(rows, "cold_ns"), _column(rows, "task_bytes")
        warm, in_flight = _column(rows, "warm_ns"), _column(rows, "in_flight")
        warm, in_flight = warm[~np.isnan(warm)], in_flight[~np.isnan(in_flight)]
        return Result(
            case=case,
            cold=median_estimate(cold),
            cold_values=tuple(cold.tolist()),
            warm_ns=float(np.median(warm)) if warm.size else None,
            cpu=median_estimate(_column(rows, "cpu_ns")),
            cpus=median_estimate(_column(rows, "cpus")),
            process=median_estimate(_column(rows, "process_ns")),
            voluntary=median_estimate(_column(rows, "voluntary")),
            involuntary=median_estimate(_column(rows, "involuntary")),
            memory=median_estimate(memory),
            memory_values=tuple(memory.tolist()),
            before_bytes=float(np.median(_column(rows, "before_bytes"))),
            peak_bytes=float(np.median(_column(rows, "peak_bytes"))),
            in_flight=int(in_flight.min()) if in_flight.size else None,
            histograms=self._histograms.get(case, {}),
        )

    def _merge_histograms(self) -> dict[Case, dict[str, Buckets]]:
        found: dict[Case, dict[str, list[Buckets]]] = {}
        for t in self.run.trials:
            for h in t.histograms if t.counts else ():
                found.setdefault(t.case, {}).setdefault(h.of, []).append(h.buckets)
        return {case: {of: merge(every) for of, every in named.items()} for case, named in found.items()}

    def _rng(self, what: str, *cases: Case) -> Generator:
        """A generator of its own per number, so that a case's interval does not depend on the others in the run."""
        label = "\n".join([what, *(f"{c.subject} {c.workload} {c.tasks} {c.workers}" for c in cases)])
        return default_rng([self.run.seed, crc32(label.encode())])


def _column(rows: pd.DataFrame, name: str) -> Values:
    return rows[name].to_numpy(dtype=np.float64)
