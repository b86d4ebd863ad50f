"""When a commit was made, as the repository at hand knows it."""

import re
import subprocess
from datetime import datetime
from pathlib import Path

from flowreport.history.record import utc

_COMMIT = re.compile(r"[0-9a-f]{7,64}", re.ASCII)


def commit_time(commit: str, repository: Path) -> str | None:
    """The time of a commit in UTC; None when it is no commit of this repository, or there is no git."""
    if not _COMMIT.fullmatch(commit):
        return None
    command = ["git", "-C", str(repository), "show", "--no-patch", "--format=%cI", f"{commit}^{{commit}}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - nothing but digits is put in
        return utc(datetime.fromisoformat(done.stdout.strip()))
    except (OSError, subprocess.CalledProcessError, ValueError):
        return None
