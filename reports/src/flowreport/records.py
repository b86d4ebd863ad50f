"""The records of docs/contract.md, key by key: what is required, of which type, and what must hold within one."""

from collections.abc import Iterator

from flowreport.fields import FieldError, Fields, string, whole
from flowreport.model import (
    OPERATION,
    Anchor,
    Answer,
    Benchmark,
    BenchmarkTrial,
    Build,
    Calibration,
    Case,
    Check,
    Environment,
    Histogram,
    Measurement,
    Pair,
    Plan,
    PlannedBenchmark,
    PlannedCase,
    Process,
    Run,
    Sample,
    Status,
    Subject,
    Tool,
    Trial,
    Workload,
)


def run_record(f: Fields) -> Run:
    """run.json, without trials."""
    f.choice("kind", ("run",))
    subjects, workloads = f.items("subjects", _subject), f.items("workloads", _workload)
    _unique("subjects", [s.id for s in subjects])
    _unique("workloads", [w.id for w in workloads])
    for role in ("reference", "baseline"):
        if sum(getattr(s, role) for s in subjects) > 1:
            raise FieldError(f"subjects: more than one is the {role}")
    plan, ids = _plan(f.child("plan")), {s.id for s in subjects}
    for subject in [c.case.subject for c in plan.cases] + [b.case.subject for b in plan.benchmarks]:
        if subject not in ids:
            raise FieldError(f"plan.cases: subject {subject!r} is not in subjects")
    return Run(
        id=f.text("id"),
        created=f.text("created"),
        command=f.items("command", string),
        seed=f.decimal("seed"),
        answer_seed=f.decimal("answer_seed"),
        plan=plan,
        oracle=f.items("oracle", _answer),
        subjects=subjects,
        workloads=workloads,
        environment=_environment(f.child("environment")),
        tool=_tool(f.child("tool")),
        catalog_sha256=f.text("catalog_sha256"),
        trials=(),
        benchmark_trials=(),
        torn=None,
        pair=_pair(f.child("pair")) if f.has("pair") else None,
    )


def _pair(f: Fields) -> Pair:
    return Pair(f.line("id"), f.choice("arm", ("base", "candidate")), f.line("title") if f.has("title") else "")


def _unique(key: str, ids: list[str]) -> None:
    for place, one in enumerate(ids):
        if one in ids[:place]:
            raise FieldError(f"{key}[{place}].id {one!r} is there a second time")


def _answer(value: object, path: str) -> Answer:
    f = Fields(value, path)
    return Answer(f.text("workload"), f.count("tasks", least=1), f.decimal("answer"))


def _plan(f: Fields) -> Plan:
    cases = f.items("cases", _planned)
    return Plan(
        rounds=f.count("rounds"),
        phases=f.count("phases"),
        warmup=f.count("warmup"),
        workers=f.count("workers", least=1),
        timeout_ms=f.count("timeout_ms"),
        order=f.choice("order", ("random", "round-robin", "batch")),
        affinity=f.items("affinity", whole),
        cases=tuple(c for c in cases if isinstance(c, PlannedCase)),
        benchmarks=tuple(c for c in cases if isinstance(c, PlannedBenchmark)),
        min_time_ms=f.optional_count("min_time_ms"),
        trials=f.count("trials"),
    )


def _case(f: Fields) -> Case:
    return Case(
        subject=f.text("subject"),
        workload=f.text("workload"),
        tasks=f.count("tasks", least=1),
        workers=f.count("workers", least=1),
    )


def _benchmark(f: Fields) -> Benchmark:
    return Benchmark(f.text("subject"), f.line("benchmark"))


def _planned(value: object, path: str) -> PlannedCase | PlannedBenchmark:
    f = Fields(value, path)
    if f.has("benchmark"):
        return PlannedBenchmark(_benchmark(f), f.count("rounds"), f.optional_text("why"))
    return PlannedCase(
        case=_case(f),
        rounds=f.count("rounds"),
        phases=f.count("phases"),
        why=f.optional_text("why"),
    )


def _subject(value: object, path: str) -> Subject:
    f = Fields(value, path)
    unsupported, unlike = (f.texts(key) if f.has(key) else {} for key in ("unsupported", "unlike"))
    for workload in unlike:
        if workload in unsupported:
            raise FieldError(f"{f.at('unlike')} names {workload!r}, which is unsupported")
    return Subject(
        id=f.id("id"),
        title=f.text("title"),
        language=f.text("language"),
        note=f.text("note"),
        command=f.items("command", string),
        sha256=f.optional_text("sha256"),
        version=f.optional_text("version"),
        build=_build(f.child("build")) if f.has("build") else None,
        built=f.choice("status", ("ok", "not_built")) == "ok",
        reason=f.optional_text("reason"),
        reference=f.optional_flag("reference"),
        baseline=f.optional_flag("baseline"),
        oracle=f.optional_flag("oracle"),
        external=f.optional_flag("external"),
        unsupported=unsupported,
        unlike=unlike,
        google_benchmark=f.has("kind") and f.choice("kind", ("google_benchmark",)) != "",
        anchors=f.items("anchors", _anchor) if f.has("anchors") else (),
        control=f.optional_flag("control"),
    )


def _anchor(value: object, path: str) -> Anchor:
    f = Fields(value, path)
    anchor = Anchor(
        benchmark=f.line("benchmark"),
        measure=f.line("measure"),
        component=f.line("component"),
        operations=f.count("operations", least=1),
        figure=f.real("figure"),
        unit=f.choice("unit", ("ns", "per_s")),
        seed=f.line("seed"),
        original=f.optional_text("original"),
    )
    if anchor.figure <= 0:
        raise FieldError(f"{f.at('figure')} must be above 0")
    return anchor


def _build(f: Fields) -> Build:
    return Build(f.text("compiler"), f.text("flags"))


def _workload(value: object, path: str) -> Workload:
    f = Fields(value, path)
    return Workload(f.id("id"), f.text("title"), f.text("task"), f.text("holds"), f.text("answer"))


def _environment(f: Fields) -> Environment:
    return Environment(
        cpu_model=f.text("cpu_model"),
        cpus_online=f.count("cpus_online"),
        cpus_allowed=f.items("cpus_allowed", whole),
        memory_bytes=f.count("memory_bytes"),
        kernel=f.text("kernel"),
        os=f.text("os"),
        governor=f.setting("governor"),
        turbo=f.setting("turbo"),
        aslr=f.setting("aslr") or "",
        smt=f.setting("smt"),
        clocksource=f.text("clocksource"),
        cgroup=f.text("cgroup"),
        load1_milli=f.count("load1_milli"),
        steal_ns=f.count("steal_ns"),
        virtualization=f.setting("virtualization"),
        warnings=f.items("warnings", string),
        tools=f.texts("tools"),
        checks=f.items("checks", _check) if f.has("checks") else (),
    )


def _check(value: object, path: str) -> Check:
    f = Fields(value, path)
    verdict = f.choice("verdict", ("good", "note", "bad", "unknown"))
    return Check(f.line("id"), f.line("seen"), verdict, f.text("advice"))


def calibration_record(f: Fields) -> Calibration:
    """One line of calibration.jsonl."""
    at, started = f.choice("at", ("start", "middle", "end")), f.count("started")
    calibration = Calibration(at, started, f.items("times_ns", whole))
    if not calibration.times_ns or min(calibration.times_ns) == 0:
        raise FieldError("times_ns must hold times above 0")
    if (f.count("best_ns"), f.count("median_ns")) != (calibration.best_ns, calibration.median_ns):
        raise FieldError("best_ns and median_ns are not those of times_ns")
    return calibration


def _tool(f: Fields) -> Tool:
    return Tool(f.text("name"), f.text("version"), f.text("commit"), f.flag("dirty"))


def trial_record(f: Fields) -> Trial | BenchmarkTrial:
    """One line of trials.jsonl."""
    if f.has("kind"):
        f.choice("kind", ("benchmark",))
        return _benchmark_trial(f)
    trial = Trial(
        **vars(_process(f)),
        case=_case(f),
        phases=f.count("phases"),
        samples=f.items("samples", _sample),
        histograms=f.items("histograms", _histogram),
        completed=f.count_or_null("completed"),
        answer=None if f.get("answer") is None else str(f.decimal("answer")),
        throttled=f.optional_count("throttled") or 0,
        throttle_reason=f.optional_text("throttle_reason"),
        limit=f.optional_text("limit"),
        largest=f.optional_count("largest"),
        unaccounted_ns=f.optional_count("unaccounted_ns"),
        unknown_keys=f.optional_count("unknown_keys") or 0,
    )
    if trial.status is Status.OK:
        _check_ok(trial)
    return trial


def _benchmark_trial(f: Fields) -> BenchmarkTrial:
    measurement = None if f.get("measurement") is None else _measurement(f.child("measurement"))
    trial = BenchmarkTrial(**vars(_process(f)), case=_benchmark(f), measurement=measurement)
    if trial.status is Status.OK:
        if measurement is None:
            raise FieldError("measurement is null in an ok trial")
        if measurement.wall_ns == 0 or measurement.counters.get(OPERATION, 1.0) <= 0:
            raise FieldError("measurement: no time passed in an ok trial: nothing was measured")
    return trial


def _measurement(f: Fields) -> Measurement:
    return Measurement(
        iterations=f.count("iterations", least=1),
        wall_ns=f.count("wall_ns"),
        cpu_ns=f.count("cpu_ns"),
        threads=f.count("threads", least=1),
        counters=f.reals("counters"),
        label=f.optional_text("label"),
        library_build_type=f.text("library_build_type"),
    )


def _process(f: Fields) -> Process:
    if f.has("swap_in_bytes") != f.has("swap_out_bytes"):
        raise FieldError("only one of swap_in_bytes and swap_out_bytes is there")
    return Process(
        trial=f.count("trial"),
        round=f.count("round"),
        order=f.count("order"),
        warmup=f.flag("warmup"),
        status=Status(f.choice("status", tuple(Status))),
        reason=f.text("reason"),
        exit_code=f.count_or_null("exit_code"),
        signal=f.count_or_null("signal"),
        started=f.count("started"),
        wall_ns=f.count("wall_ns"),
        user_ns=f.count("user_ns"),
        sys_ns=f.count("sys_ns"),
        voluntary_switches=f.count("voluntary_switches"),
        involuntary_switches=f.count("involuntary_switches"),
        minor_faults=f.count("minor_faults"),
        major_faults=f.count("major_faults"),
        max_rss_bytes=f.count("max_rss_bytes"),
        steal_ns=f.count("steal_ns"),
        cpu_pressure_ns=f.count_or_null("cpu_pressure_ns"),
        memory_pressure_ns=f.count_or_null("memory_pressure_ns"),
        io_pressure_ns=f.count_or_null("io_pressure_ns"),
        log=f.optional_text("log"),
        cpu_throttled_ns=f.optional_count("cpu_throttled_ns"),
        others_cpu_ns=f.optional_count("others_cpu_ns"),
        swap_in_bytes=f.optional_count("swap_in_bytes"),
        swap_out_bytes=f.optional_count("swap_out_bytes"),
        clock_error_ns=f.optional_count("clock_error_ns"),
    )


def _check_ok(trial: Trial) -> None:
    """What a trial that counts must have, so that no division or logarithm after this can fail."""
    if [s.i for s in trial.samples] != list(range(trial.phases)):
        raise FieldError(f"samples must be numbered 0 to {trial.phases - 1} in an ok trial of {trial.phases} phases")
    if trial.completed != trial.case.tasks:
        raise FieldError(f"completed must be {trial.case.tasks} in an ok trial, found {trial.completed}")
    for s in trial.samples:
        if s.wall_ns == 0:
            raise FieldError(f"samples[{s.i}].wall_ns is 0 in an ok trial: no time passed, nothing was measured")


def _sample(value: object, path: str) -> Sample:
    f = Fields(value, path)
    return Sample(
        i=f.count("i"),
        wall_ns=f.count("wall_ns"),
        cpu_ns=f.count("cpu_ns"),
        rss_before_bytes=f.count("rss_before_bytes"),
        peak_rss_bytes=f.count("peak_rss_bytes"),
        max_in_flight=f.optional_count("max_in_flight"),
    )


def _histogram(value: object, path: str) -> Histogram:
    f = Fields(value, path)
    return Histogram(f.text("of"), tuple(_rising(f.items("buckets", _bucket), f.at("buckets"))))


def _bucket(value: object, path: str) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - a pair
        raise FieldError(f"{path} must be a pair [upper bound, count]")
    bound, count = whole(value[0], f"{path}[0]"), whole(value[1], f"{path}[1]")
    if count == 0:
        raise FieldError(f"{path}[1] must be above 0")
    return bound, count


def _rising(buckets: tuple[tuple[int, int], ...], path: str) -> Iterator[tuple[int, int]]:
    before = -1
    for bound, count in buckets:
        if bound <= before:
            raise FieldError(f"{path}: bounds must rise, {bound} follows {before}")
        before = bound
        yield bound, count
