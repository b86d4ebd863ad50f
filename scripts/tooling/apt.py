"""Debian packages: what apt offers, and installing them when we are root."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from tooling.console import UserError, say

Version = tuple[int, ...]
LISTS = Path("/var/lib/apt/lists")


def parse_version(text: str) -> Version:
    """The first dotted number of `text`: '2:1.24~3' gives (1, 24), 'go1.26.8' (1, 26, 8); () when there is none."""
    without_epoch = re.sub(r"^\d+:", "", text)
    match = re.search(r"\d+(\.\d+)+", without_epoch)
    return tuple(int(part) for part in match.group().split(".")) if match else ()


def exists() -> bool:
    """Whether this machine has apt."""
    return shutil.which("apt-get") is not None


def usable() -> bool:
    """Whether apt is here and we may use it."""
    return exists() and os.geteuid() == 0


def command(packages: Sequence[str]) -> str:
    """The line a user runs to get `packages`."""
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {' '.join(packages)}"


@cache
def update() -> None:
    """Fetches the package lists, once per process. A dead third-party source does not stop it: install() will tell."""
    say("apt-get update")
    for attempt in (1, 2):
        done = _apt_get("update")
        if done.returncode == 0:
            return
        if attempt == 1:
            time.sleep(3)  # a mirror that is being synchronised recovers within seconds
    say("apt-get update had errors; going on with the lists there are")


def candidate(package: str) -> Version:
    """The version apt would install, () when it knows none."""
    policy = subprocess.run(
        ["apt-cache", "policy", package], capture_output=True, text=True, check=False, env=_environment()
    )
    match = re.search(r"Candidate: (\S+)", policy.stdout)
    return parse_version(match.group(1)) if match else ()


def offers(package: str) -> bool:
    """Whether we may install `package` here and apt knows it; fetches the package lists where there are none yet."""
    if not usable():
        return False
    if not any(LISTS.glob("*_Packages*")):
        update()
    return bool(candidate(package))


def is_installed(package: str) -> bool:
    """Whether dpkg has `package`."""
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def names(pattern: str) -> list[str]:
    """Names of the packages that apt knows and that match the regular expression `pattern`."""
    search = subprocess.run(
        ["apt-cache", "search", "--names-only", pattern], capture_output=True, text=True, check=False
    )
    return [line.split(" ", 1)[0] for line in search.stdout.splitlines()]


def install(packages: Sequence[str], *, removing: bool = True) -> None:
    """Installs `packages`, trying twice. Raises UserError with apt's own last lines.

    Unless `removing`, that is also the end where another package would have to go.
    """
    update()
    say(f"apt-get install {' '.join(packages)}")
    arguments = ("install", "-y", "--no-install-recommends", *([] if removing else ["--no-remove"]), *packages)
    done = _apt_get(*arguments)
    if done.returncode != 0:
        time.sleep(3)
        done = _apt_get(*arguments)
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise UserError(f"apt-get could not install {' '.join(packages)}; its last lines:\n{tail}")


def _environment() -> dict[str, str]:
    return {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}


def _apt_get(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["apt-get", "-o", "Dpkg::Use-Pty=0", "-q", *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env=_environment(),
    )
