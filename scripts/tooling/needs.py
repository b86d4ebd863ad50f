"""What each goal needs: how to see whether it is there, and which Debian packages bring it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tooling import apt
from tooling.apt import parse_version
from tooling.console import UserError

GOALS = ("build", "bench", "test", "check", "micro", "fuzz")
OLDEST_GCC = (12,)
OLDEST_CLANG = (17,)
OLDEST_NODE = (18,)
DEBIANS_SERVERS = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Need:
    """One thing that must be on the machine before a goal can be reached."""

    name: str
    packages: tuple[str, ...]
    present: Callable[[], bool]


def needs_of(goals: Sequence[str]) -> list[Need]:
    """Everything that `goals` need, in the order it is installed. Raises UserError for a goal that is not one."""
    for goal in goals:
        if goal not in GOALS:
            raise UserError(f"'{goal}' is not a goal; goals are: {' '.join(GOALS)}")
    chosen = [*_BUILD, _python_venv()]
    if "test" in goals:
        chosen += [*_SANITIZERS, *_BROWSER, _SERVER, _COMPARE, _TMUX, _DEBUGGER]
    if "fuzz" in goals:
        chosen += [*_SANITIZERS, _LIBFUZZER]
    if "check" in goals:
        chosen += _LINTERS
    return chosen


def compiler_packages() -> tuple[str, ...]:
    """clang 19 where apt has it, else the newest g++; asked only after the package lists are up to date."""
    if apt.candidate("clang-19"):
        return ("clang-19", "libclang-rt-19-dev")
    newest = max(apt.names(r"^g\+\+-[0-9]+$"), key=lambda name: int(name[4:]), default="g++")
    return (newest,)


def _command(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def find_header(path: str) -> Path | None:
    """Where the header `path` of a library is, looked for where CMake looks for its library."""
    prefixes = [entry for entry in os.environ.get("CMAKE_PREFIX_PATH", "").replace(";", ":").split(":") if entry]
    headers = (Path(place, "include", path) for place in [*prefixes, "/usr", "/usr/local"])
    return next((header for header in headers if header.exists()), None)


def _header(path: str) -> Callable[[], bool]:
    return lambda: find_header(path) is not None


def _says(command: str) -> str:
    """What `command --version` prints, empty without such a command."""
    if shutil.which(command) is None:
        return ""
    return subprocess.run([command, "--version"], capture_output=True, text=True, check=False).stdout


def _has_compiler() -> bool:
    wish = os.environ.get("CXX")
    if wish:
        return shutil.which(wish.split()[0]) is not None
    if shutil.which("clang++-19") is not None:
        return True
    # What is measured should not depend on what else was installed on the machine: clang 19 wherever it can be had.
    return _is_good_compiler(_says("c++")) and not apt.offers("clang-19")


def _is_good_compiler(says: str) -> bool:
    """Whether a compiler that introduces itself so is one that cmake/Compiler.cmake accepts."""
    return parse_version(says) >= (OLDEST_CLANG if "clang" in says else OLDEST_GCC)


def _has_sanitizers() -> bool:
    if shutil.which("clang++-19") is None:
        return True  # g++ brings its own
    return _has_runtime("tsan")


def _has_runtime(name: str) -> bool:
    """Whether clang 19 is there with the runtime of a sanitizer, or of libFuzzer."""
    if shutil.which("clang++-19") is None:
        return False
    asked = subprocess.run(["clang++-19", "--print-resource-dir"], capture_output=True, text=True, check=False)
    return any(Path(asked.stdout.strip(), "lib").glob(f"*/libclang_rt.{name}*.a"))


def _has_certificates() -> bool:
    bundles = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
    return "SSL_CERT_FILE" in os.environ or any(map(os.path.exists, bundles))


def _has_server() -> bool:
    """PostgreSQL's initdb and server, where Debian keeps them beside those of other versions, or on PATH."""
    programs = ("initdb", "postgres")
    if any(all((folder / name).exists() for name in programs) for folder in DEBIANS_SERVERS.glob("*/bin")):
        return True
    return all(shutil.which(name) for name in programs)


def _python_venv() -> Need:
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    return Need("Python's venv", (package,), lambda: find_spec("ensurepip") is not None)


COMPILER = Need("C++ compiler (clang 19, else g++ 12 or newer)", ("clang-19", "libclang-rt-19-dev"), _has_compiler)

_BUILD = [
    COMPILER,
    Need("C compiler (Rust and the Go race detector link with it)", ("gcc", "libc6-dev"), _command("cc", "gcc")),
    Need("cmake", ("cmake",), _command("cmake")),
    Need("ninja", ("ninja-build",), _command("ninja")),
    Need("CLI11", ("libcli11-dev",), _header("CLI/CLI.hpp")),
    Need("nlohmann/json", ("nlohmann-json3-dev",), _header("nlohmann/json.hpp")),
    Need("Google Benchmark", ("libbenchmark-dev",), _header("benchmark/benchmark.h")),
    Need("GoogleTest", ("libgtest-dev",), _header("gtest/gtest.h")),
    Need("GoogleMock", ("libgmock-dev",), _header("gmock/gmock.h")),
    Need("certificates of the package registries", ("ca-certificates",), _has_certificates),
]
_SANITIZERS = [Need("clang's sanitizers", ("libclang-rt-19-dev",), _has_sanitizers)]
_LIBFUZZER = Need("libFuzzer of clang 19", ("clang-19", "libclang-rt-19-dev"), lambda: _has_runtime("fuzzer"))
_BROWSER = [
    Need("node 18 or newer", ("nodejs",), lambda: parse_version(_says("node")) >= OLDEST_NODE),
    Need("npm", ("npm",), _command("npm")),
    Need("chromium", ("chromium",), _command("chromium", "chromium-browser", "google-chrome")),
]
# The tests of flowreport's history start a server of their own; the one that the package starts is not used.
_SERVER = Need("PostgreSQL server", ("postgresql",), _has_server)
_COMPARE = Need(
    "Google Benchmark's compare.py", ("libbenchmark-tools",), Path("/usr/share/benchmark/compare.py").exists
)
_TMUX = Need("tmux (the tests of flowcoro-top)", ("tmux",), _command("tmux"))
_DEBUGGER = Need("gdb", ("gdb",), _command("gdb"))
_LINTERS = [
    Need("clang-format 19", ("clang-format-19",), _command("clang-format-19")),
    Need("clang-tidy 19", ("clang-tidy-19",), _command("clang-tidy-19")),
    Need("shellcheck", ("shellcheck",), _command("shellcheck")),
]
