"""A small clone for tests of whole commands: this repository's Makefile, scripts and report, and nothing to compile.

Its subjects are the shell scripts in programs/; a `cmake` on PATH that copies them takes the place of the compilers.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tooling.console import ROOT

CATALOG = {
    "v": 1,
    "tasks": [1000],
    "workloads": [{"id": "work", "title": "Work", "task": "one", "holds": "all", "answer": "sum"}],
    "subjects": [
        {"id": "tested", "title": "Tested", "language": "C++", "note": "", "reference": True},
        {"id": "steady", "title": "Steady", "language": "Go", "note": "", "control": True},
    ],
}

# Builds the programs in programs/: a subject is what stands there, flowbench one that makes the run of the test.
CMAKE = f"""#!{sys.executable}
import pathlib, shutil, sys
words = sys.argv[1:]
if words[0] == "--preset":
    folder = pathlib.Path("build") / words[1]
    compiler = folder / "CMakeFiles/3.25.1/CMakeCXXCompiler.cmake"
    compiler.parent.mkdir(parents=True, exist_ok=True)
    compiler.write_text('set(CMAKE_CXX_COMPILER "/usr/bin/c++")\\n')
    kind = pathlib.Path("build_type").read_text() if pathlib.Path("build_type").exists() else "Release"
    (folder / "CMakeCache.txt").write_text(f"CMAKE_BUILD_TYPE:STRING={{kind}}\\nCMAKE_CXX_FLAGS_RELEASE:STRING=-O3\\n")
    sys.exit()
folder = pathlib.Path(words[1])
programs = folder.parents[1] / "programs"
if words[-1] == "help":
    for path in programs.iterdir():
        print(path.name if path.name == "flowbench" else "subject_" + path.name, end=": phony\\n")
    sys.exit()
shutil.rmtree(folder / "bin", ignore_errors=True)
(folder / "bin/subjects").mkdir(parents=True)
for path in programs.iterdir():
    if "syntax error" in path.read_text():
        print("FAILED: bin/subjects/" + path.name, path.name + ": error: syntax error", sep="\\n")
        sys.exit(1)
    shutil.copy2(path, folder / "bin" / ("" if path.name == "flowbench" else "subjects"))
"""


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout of main, with a first commit."""
    root = tmp_path / "clone"
    root.mkdir()
    git(root, "init", "-q")
    for name in (
        "Makefile",
        "CMakePresets.json",
        "CMakeLists.txt",
        ".gitignore",
        "go_bench/go.mod",
        "rust_bench/Cargo.toml",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    left_out = shutil.ignore_patterns("tests", "__pycache__", "canaries", ".*_cache")
    shutil.copytree(ROOT / "scripts", root / "scripts", ignore=left_out)
    program(root / "scripts/bootstrap", "#!/bin/sh\n")
    (root / "harness/contract").mkdir(parents=True)
    (root / "harness/contract/catalog.json").write_text(json.dumps(CATALOG))
    for name in ("tested", "steady"):
        program(root / "programs" / name, f"#!/bin/sh\n# {name}\n")
    sample = tmp_path / "sample"
    program(
        root / "programs/flowbench",
        f"#!/bin/sh\nmkdir -p results && cp -r {sample} results/latest\n",
    )
    git(root, "add", "-A")
    git(root, "commit", "-qm", "first")
    python = root / ".venv/bin"
    program(python / "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    report = f'#!/bin/sh\nPYTHONPATH={ROOT}/reports/src exec {sys.executable} -m flowreport "$@"\n'
    program(python / "flowreport", report)
    return root


class Runner:
    """Runs commands as the recipe's machine would: as root in a container, with a home of its own."""

    def __init__(self, home: Path, clone: Path) -> None:
        self.clone = clone
        self.summary = home / "summary.md"
        programs = home / "programs"
        program(programs / "apt-get", "#!/bin/sh\n")
        program(programs / "cmake", CMAKE)
        (home / "home").mkdir()
        self.environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(home / "home"),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    def run(self, steps: Iterable[str], **environment: str) -> list[int]:
        """The exit codes of the steps; none follows one that failed."""
        codes = []
        for step in steps:
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step],
                cwd=self.clone, env={**self.environment, **environment}, check=False, timeout=120,
            )  # fmt: skip
            codes.append(done.returncode)
            if done.returncode != 0:
                break
        return codes

    def merge(self, *arguments: str) -> None:
        """Merges a branch with one change into main, and leaves the merge checked out, as for a pull request."""
        git(self.clone, "checkout", "-qb", "topic")
        subprocess.run(arguments, cwd=self.clone, check=True)
        git(self.clone, "add", "-A")
        git(self.clone, "commit", "-qm", "change")
        git(self.clone, "checkout", "-q", "main")
        git(self.clone, "merge", "-q", "--no-ff", "--no-edit", "topic")


@pytest.fixture
def runner(tmp_path: Path, clone: Path) -> Runner:
    return Runner(tmp_path, clone)
