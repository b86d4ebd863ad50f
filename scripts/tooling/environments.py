"""The Python environment of the report and the node packages of its browser test, both from their lock files."""

import os
import shutil
import subprocess
import sys

from tooling import stamps
from tooling.console import ROOT, UserError, say

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
REPORTS = ROOT / "reports"
BROWSER_TEST = REPORTS / "tests/browser"


def make_venv() -> None:
    """Makes .venv with exactly the locked packages; a changed lock file makes it anew, an interrupted one too."""
    lock = REPORTS / "requirements.lock"
    wanted = stamps.digest([lock])
    stamp = VENV / "made-from.sha256"
    if not (stamps.is_current(stamp, wanted) and os.access(PYTHON, os.X_OK)):
        say("making .venv from reports/requirements.lock")
        shutil.rmtree(VENV, ignore_errors=True)
        # Symbolic links to the interpreter that runs us: pyenv's and the distribution's both work.
        _run([sys.executable, "-m", "venv", str(VENV)], "python -m venv")
        _pip(["--no-deps", "-r", str(lock)])
        stamp.write_text(wanted)
    _install_report()


def _install_report() -> None:
    """Installs the flowreport command from this checkout; again only when its metadata changed."""
    wanted = stamps.digest([REPORTS / "pyproject.toml"]) + f" {REPORTS}"
    stamp = VENV / "flowreport.sha256"
    if stamps.is_current(stamp, wanted):
        return
    say("installing flowreport into .venv")
    _pip(["--no-deps", "--no-build-isolation", "-e", str(REPORTS)])
    stamp.write_text(wanted)


def make_node_modules() -> None:
    """Installs the browser test's node packages from its package-lock.json."""
    lock = BROWSER_TEST / "package-lock.json"
    modules = BROWSER_TEST / "node_modules"
    wanted = stamps.digest([lock])
    if stamps.is_current(modules / "made-from.sha256", wanted):
        return
    say("npm ci for the browser test")
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(BROWSER_TEST)], "npm ci")
    modules.mkdir(exist_ok=True)
    (modules / "made-from.sha256").write_text(wanted)


def _pip(arguments: list[str]) -> None:
    _run([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments], "pip install")


def _run(command: list[str], title: str) -> None:
    """Runs `command`, once more if it fails (registries have bad moments); raises UserError with its last lines."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
        if done.returncode == 0:
            return
    tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
    raise UserError(f"{title} failed; its last lines:\n{tail}")
