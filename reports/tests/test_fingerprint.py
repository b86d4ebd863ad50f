"""What must be equal before two runs may be compared."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from flowreport.fingerprint import Fingerprint, differences
from flowreport.model import Build, Run


def of(run: Run) -> Fingerprint:
    return Fingerprint.of(run)


def machine(**changes: object) -> Callable[[Run], Run]:
    return lambda run: replace(run, environment=replace(run.environment, **changes))  # type: ignore[arg-type]


def rebuilt(run: Run) -> Run:
    first, *others = run.subjects
    return replace(run, subjects=(replace(first, build=Build("g++ 12", "-O2")), *others))


def other_work(run: Run) -> Run:
    first, *others = run.workloads
    return replace(run, workloads=(replace(first, task="twice as much"), *others))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (machine(cpu_model="Other"), "CPU model: Example CPU <2.4 GHz> & more | Other"),
        (machine(cpus_online=8), "CPUs online: 4 | 8"),
        (machine(cpus_allowed=(0,)), "CPUs allowed: 2 | 1"),
        (machine(memory_bytes=16 << 30), "memory (GiB): 8 | 16"),
        (machine(kernel="6.19.0"), "kernel: 6.18.0 | 6.19.0"),
        (machine(governor=None), "governor: powersave | unknown"),
        (machine(turbo="off"), "turbo: on | off"),
        (machine(smt="on"), "SMT: off | on"),
    ],
)
def test_each_part_of_the_machine_is_told_and_changes_the_key(
    sample: Run, change: Callable[[Run], Run], told: str
) -> None:
    other = of(change(sample))
    assert differences(of(sample), other) == (told,)
    assert of(sample).key != other.key


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (rebuilt, "build of alpha: clang 19.1.7 -O3 -DNDEBUG | g++ 12 -O2"),
        (other_work, "workload spawn_join: "),
        (lambda run: replace(run, plan=replace(run.plan, phases=9)), "phases: 3 | 9"),
        (
            lambda run: replace(
                run, trials=tuple(replace(t, case=replace(t.case, workers=1)) for t in run.trials[:1]) + run.trials
            ),
            "workers: 2 | 1, 2",
        ),
    ],
)
def test_builds_and_parameters_are_told_and_leave_the_key(sample: Run, change: Callable[[Run], Run], told: str) -> None:
    other = of(change(sample))
    (found,) = differences(of(sample), other)
    assert found.startswith(told)
    assert of(sample).key == other.key


def test_a_run_does_not_differ_from_another_of_the_same_machine(sample: Run) -> None:
    later = machine(load1_milli=9, steal_ns=3, warnings=(), memory_bytes=(8 << 30) - 4096)(replace(sample, id="later"))
    assert differences(of(sample), of(later)) == ()
    assert of(sample).key == of(later).key


def test_subjects_of_one_run_alone_do_not_count(sample: Run) -> None:
    fewer = rebuilt(sample)
    assert differences(of(sample), of(replace(fewer, subjects=fewer.subjects[1:]))) == ()


def test_time_of_a_benchmark_counts_where_both_have_one(sample: Run) -> None:
    one, two = (replace(sample, plan=replace(sample.plan, min_time_ms=ms)) for ms in (100, 200))
    assert differences(of(one), of(two)) == ("time of a benchmark (ms): 100 | 200",)
    assert differences(of(one), of(sample)) == ()


def test_the_key_is_the_same_in_every_process(sample: Run) -> None:
    assert of(sample).key == "574110e98cbce27c"
