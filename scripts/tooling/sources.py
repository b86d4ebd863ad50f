"""The files that belong to the project: what git tracks or would add, never what was built."""

import subprocess
from pathlib import Path

from tooling.console import ROOT, UserError


def files(*patterns: str) -> list[Path]:
    """Existing project files that match git path patterns such as '*.cpp'; all of them when there is no pattern."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        raise UserError("this folder is not a git checkout; the checks ask git which files are the project's")
    paths = (ROOT / name for name in sorted(set(listing.stdout.split("\0"))) if name)
    return [path for path in paths if path.is_file()]


def shell_scripts() -> list[Path]:
    """Files that a shell runs, by their ending or first line."""
    candidates = [path for path in files() if path.suffix in ("", ".sh")]
    return [path for path in candidates if path.suffix == ".sh" or _first_line(path).endswith((b"bash", b"/sh"))]


def python_scripts() -> list[Path]:
    """Executable Python files in scripts/ that have no ending."""
    candidates = [path for path in files("scripts/*") if path.suffix == ""]
    return [path for path in candidates if _first_line(path).endswith(b"python3")]


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        line = file.readline(200).rstrip()
    return line if line.startswith(b"#!") else b""
