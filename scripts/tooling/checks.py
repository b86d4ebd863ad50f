"""The checks of `make check`: each returns what is wrong, one text per problem."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tooling import sources, tidy, toolchains
from tooling.console import ROOT
from tooling.environments import PYTHON, REPORTS

FIX = "scripts/bootstrap check"
# SC2120: a function whose arguments all have defaults may well be called without any.
SHELLCHECK = ("--severity=warning", "--exclude=SC2120")
SCRIPTS = ROOT / "scripts"
GDB_SCRIPT = ROOT / "runtime/tools/flowcoro_gdb.py"
GO, RUST = ROOT / "go_bench", ROOT / "rust_bench"


def clang_format() -> list[str]:
    """C++ as .clang-format says."""
    files = [str(file.relative_to(ROOT)) for file in sources.files("*.cpp", "*.hpp")]
    problems = _run("clang-format-19", "--dry-run", "-Werror", *files)
    bad = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", "\n".join(problems), re.MULTILINE)))
    return [f"not formatted, run: clang-format-19 -i {' '.join(bad)}"] if bad else problems


def clang_tidy() -> list[str]:
    """C++ as .clang-tidy says."""
    return tidy.findings() if shutil.which("clang-tidy-19") else [_missing("clang-tidy-19")]


def layers() -> list[str]:
    """The floors of the runtime, and no names in the harness and the report."""
    return _run(sys.executable, str(SCRIPTS / "check_layers"))


def gofmt() -> list[str]:
    """gofmt prints the names of badly formatted files and exits 0."""
    problems = _run("gofmt", "-l", ".", folder=GO, output_is_bad=True)
    return [f"not formatted, run gofmt -w: {problem}" for problem in problems]


def go_vet() -> list[str]:
    """Suspicious Go."""
    return _run("go", "vet", "./...", folder=GO)


def cargo_fmt() -> list[str]:
    """Rust as rustfmt writes it."""
    return _run("cargo", "fmt", "--all", "--check", folder=RUST)


def clippy() -> list[str]:
    """Suspicious Rust; a warning is an error."""
    target = ["--target-dir", str(ROOT / "build/clippy")]
    return _run(
        "cargo", "clippy", "--workspace", "--all-targets", "--locked", *target, "--", "-D", "warnings", folder=RUST
    )


def ruff() -> list[str]:
    """Python: lint and format, each tree with its own pyproject.toml."""
    problems = []
    for folder, targets in _python_trees():
        problems += _run(str(PYTHON), "-m", "ruff", "check", "--quiet", *targets, folder=folder)
        problems += _run(str(PYTHON), "-m", "ruff", "format", "--check", "--quiet", *targets, folder=folder)
    return problems


def mypy() -> list[str]:
    """Python's types, strict."""
    problems = _run(str(PYTHON), "-m", "mypy", folder=REPORTS)
    problems += _run(str(PYTHON), "-m", "mypy", "-p", "tooling", "-p", "layers", folder=SCRIPTS)
    for script in sources.python_scripts():
        problems += _run(str(PYTHON), "-m", "mypy", "--scripts-are-modules", str(script), folder=SCRIPTS)
    # gdb's own module has no types, and its classes are only there inside gdb.
    loose = ("--ignore-missing-imports", "--allow-subclassing-any")
    problems += _run(str(PYTHON), "-m", "mypy", *loose, str(GDB_SCRIPT), folder=SCRIPTS)
    return problems


def shell() -> list[str]:
    """Shell: syntax, shellcheck, and that a long script is Python."""
    problems = []
    for script in sources.shell_scripts():
        problems += _run("bash", "-n", str(script))
        problems += _run("shellcheck", "--external-sources", "--source-path=SCRIPTDIR", *SHELLCHECK, str(script))
        lines = len(script.read_text(encoding="utf-8").splitlines())
        if lines >= 40:
            problems.append(f"{script.relative_to(ROOT)} has {lines} lines; from 40 on it is Python")
    return problems


CHECKS: dict[str, Callable[[], list[str]]] = {
    "layers": layers,
    "clang-format": clang_format,
    "shell": shell,
    "ruff": ruff,
    "mypy": mypy,
    "gofmt": gofmt,
    "go-vet": go_vet,
    "cargo-fmt": cargo_fmt,
    "clippy": clippy,
    "clang-tidy": clang_tidy,
}


def _python_trees() -> list[tuple[Path, list[str]]]:
    scripts = [".", *map(str, sources.python_scripts()), str(GDB_SCRIPT)]
    return [(REPORTS, ["."]), (SCRIPTS, scripts)]


def _missing(program: str) -> str:
    return f"{program} is missing; {FIX} installs it or says how"


def _run(program: str, *arguments: str, folder: Path = ROOT, output_is_bad: bool = False) -> list[str]:
    environment = toolchains.environment()
    if shutil.which(program, path=environment["PATH"]) is None:
        return [_missing(program)]
    done = subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    output = (done.stdout + done.stderr).strip()
    if done.returncode != 0 or (output_is_bad and output):
        return [output or f"{program} {' '.join(arguments)} exited with {done.returncode}"]
    return []
