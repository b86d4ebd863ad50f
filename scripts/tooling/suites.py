"""The test suites: each builds what it needs, runs it, and returns what every test did."""

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from tooling import build, outcomes, processes, toolchains
from tooling.console import ROOT, say
from tooling.environments import PYTHON, REPORTS
from tooling.outcomes import Outcome

RESULTS = ROOT / "build/test-results"
MINUTE = 60.0

# Above this many random bits, ThreadSanitizer's fixed shadow regions can collide with a mapping of the kernel's.
TSAN_ASLR_BITS = 28

# What each preset's tests are labelled with. A label without a test means that a suite was lost on the way.
LABELS = {
    "release": ("runtime", "harness", "cpp_bench", "conformance", "scripts"),
    "asan": ("runtime", "harness", "cpp_bench", "canary"),
    "tsan": ("runtime", "harness", "cpp_bench", "canary"),
}

# ctest runs the tests of Go and Rust as one test each; the suites of that name count every single one.
COUNTED_ELSEWHERE = "^(go|rust)$"


def cpp(preset: str) -> list[Outcome]:
    """Builds a preset and runs its ctest; a target that does not build is a failed test of its name."""
    if not build.configure(preset):
        return [Outcome(f"cmake --preset {preset}", "failed", "see the output above")]
    found = [Outcome(f"build {failure.target}", "failed", failure.reason) for failure in build.build(preset)]
    prefix = without_aslr() if preset == "tsan" else []
    found += _missing_labels(preset, prefix)
    junit = _fresh(f"{preset}.xml")
    command = [
        *prefix, "ctest", "--preset", preset, "--label-exclude", COUNTED_ELSEWHERE, "-j", str(build.jobs()),
        "--output-junit", str(junit),
    ]  # fmt: skip
    done = _run(command, preset, limit_s=20 * MINUTE)
    tests = outcomes.from_ctest(junit) if junit.exists() else []
    return found + _checked(preset, done, tests)


def go() -> list[Outcome]:
    """go vet is part of `make check`; here the tests run with the race detector."""
    if toolchains.find_go() is None:
        return [Outcome("go", "skipped", "no Go that is new enough; scripts/bootstrap says how to get one")]
    # -count=1: the go command would not notice a changed fixture, which is outside its module.
    command = ["go", "test", "-race", "-count=1", "-json", "./..."]
    settings = ["env", "GOFLAGS=", "GOTOOLCHAIN=local", "CGO_ENABLED=1"]  # not a developer's own
    done = _run([*settings, *command], "go", limit_s=8 * MINUTE, folder=ROOT / "go_bench", quiet=True)
    return _checked("go", done, outcomes.from_go(done.lines))


def rust() -> list[Outcome]:
    """All crates of the workspace, with the versions of Cargo.lock."""
    if toolchains.find_cargo() is None:
        return [Outcome("rust", "skipped", "no cargo that is new enough; scripts/bootstrap says how to get one")]
    target = build.folder("release") / "rust_bench/target"  # where the build of the subject keeps its own
    command = ["cargo", "test", "--workspace", "--locked", "--no-fail-fast", "--target-dir", str(target)]
    done = _run(command, "rust", limit_s=8 * MINUTE, folder=ROOT / "rust_bench")
    return _checked("rust", done, outcomes.from_cargo(done.lines))


def python() -> list[Outcome]:
    """The tests of flowreport and of these scripts."""
    return _pytest("python", REPORTS, ["-m", "not browser"]) + _pytest("scripts", ROOT / "scripts", [])


def browser() -> list[Outcome]:
    """The report in a real browser, opened from disk."""
    return _pytest("browser", REPORTS, ["-m", "browser"])


SUITES: dict[str, Callable[[], list[Outcome]]] = {
    "release": lambda: cpp("release"),
    "go": go,
    "rust": rust,
    "python": python,
    "browser": browser,
    "asan": lambda: cpp("asan"),
    "tsan": lambda: cpp("tsan"),
}


def without_aslr() -> list[str]:
    """A command prefix that switches address randomisation off where it is too wide for ThreadSanitizer."""
    bits = Path("/proc/sys/vm/mmap_rnd_bits")
    if not bits.exists() or int(bits.read_text()) <= TSAN_ASLR_BITS:
        return []
    setarch = shutil.which("setarch")
    if setarch is None or subprocess.run([setarch, "-R", "true"], capture_output=True, check=False).returncode != 0:
        say(f"vm.mmap_rnd_bits is above {TSAN_ASLR_BITS} and setarch -R is refused: tsan may not start its programs")
        return []
    say(f"vm.mmap_rnd_bits is above {TSAN_ASLR_BITS}: tsan runs under setarch -R")
    return [setarch, "-R"]


def ctest_environment(preset: str) -> dict[str, str]:
    """The variables that CMakePresets.json gives to the tests of a preset: how a sanitizer reports."""
    presets = json.loads((ROOT / "CMakePresets.json").read_text())["testPresets"]
    return next(dict(entry.get("environment", {})) for entry in presets if entry["name"] == preset)


def _pytest(name: str, folder: Path, selection: Sequence[str]) -> list[Outcome]:
    junit = _fresh(f"{name}.xml")
    command = [str(PYTHON), "-m", "pytest", "-q", "-W", "error", "--color=no", f"--junitxml={junit}", *selection]
    done = _run(command, name, limit_s=10 * MINUTE, folder=folder)
    return _checked(name, done, outcomes.from_pytest(junit) if junit.exists() else [])


def _run(
    command: list[str], name: str, *, limit_s: float, folder: Path = ROOT, quiet: bool = False
) -> processes.Finished:
    say(f"running {name}")
    return processes.run(
        command, log=RESULTS / f"{name}.log", folder=folder, environment=toolchains.environment(), limit_s=limit_s,
        quiet=quiet,
    )  # fmt: skip


def _checked(name: str, done: processes.Finished, tests: list[Outcome]) -> list[Outcome]:
    """`tests`, and a failure of its own when the runner failed without a failed test, or ran nothing."""
    if not tests:
        return [Outcome(name, "failed", f"the suite ran no test; it {done.why_failed()}")]
    if done.code != 0 and not any(test.state == "failed" for test in tests):
        return [*tests, Outcome(name, "failed", f"{done.why_failed()} (log: {RESULTS / name}.log)")]
    return tests


def _missing_labels(preset: str, prefix: list[str]) -> list[Outcome]:
    listing = subprocess.run(
        [*prefix, "ctest", "--preset", preset, "--show-only=json-v1"], cwd=ROOT, capture_output=True, text=True,
        check=False, env=toolchains.environment(),
    )  # fmt: skip
    try:
        tests = json.loads(listing.stdout)["tests"]
    except (ValueError, KeyError):
        return [Outcome("list of tests", "failed", listing.stderr.strip() or "ctest printed no JSON")]
    properties = [item for test in tests for item in test.get("properties", [])]
    present = {label for item in properties if item["name"] == "LABELS" for label in item["value"]}
    return [
        Outcome(f"label {label}", "failed", "no test has this label")
        for label in LABELS[preset]
        if label not in present
    ]


def _fresh(name: str) -> Path:
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / name
    path.unlink(missing_ok=True)
    return path
