"""Baselines: copies of runs under a name of their own, which no later run replaces.

Each is a folder with the files of a run. A reader finds a whole one or none: it is made beside its place and renamed.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flowreport.errors import ReportError
from flowreport.load import load_run
from flowreport.model import Run, Status
from flowreport.outcomes import count
from flowreport.sources import INPUTS, baseline_name


def save(source: Path, name: str, baselines: Path, *, force: bool) -> Path:
    """Copy the run in the folder `source` and return the copy's folder.

    Raises ReportError for a run that is not complete and for a name that is taken, both unless `force`.
    """
    target = baselines / baseline_name(name)
    lacks = incomplete(load_run(source))
    if lacks and not force:
        raise ReportError(f"{source}: {lacks}; a baseline should be a whole run (--force saves it all the same)")
    if target.exists() and not force:
        raise ReportError(f"there is a baseline {name} already; --force replaces it")
    with _complaints(target):
        baselines.mkdir(parents=True, exist_ok=True)
        with _scratch(baselines, name) as scratch:
            made = scratch / "new"
            made.mkdir()
            for part in INPUTS:
                if (source / part).exists():
                    shutil.copyfile(source / part, made / part)
                    _sync(made / part)
            load_run(made)
            old = scratch / "old"
            if target.exists():
                target.rename(old)
            try:
                made.rename(target)
            except BaseException:
                if old.exists():
                    old.rename(target)
                raise
    return target


def remove(name: str, baselines: Path) -> None:
    """Delete a baseline. Raises ReportError when there is none of this name."""
    target = existing(name, baselines)
    with _complaints(target), _scratch(baselines, name) as scratch:
        target.rename(scratch / "old")


def existing(name: str, baselines: Path) -> Path:
    """The folder of a baseline that is there."""
    target = baselines / baseline_name(name)
    if not (target / "run.json").is_file():
        raise ReportError(f"no baseline {name} in {baselines}; see flowreport baseline list")
    return target


def names(baselines: Path) -> tuple[str, ...]:
    """The names of all baselines, sorted."""
    if not baselines.is_dir():
        return ()
    return tuple(sorted(p.parent.name for p in baselines.glob("*/run.json") if not p.parent.name.startswith(".")))


def incomplete(run: Run) -> str:
    """Why a run is not complete, in a few words; empty when it is."""
    missing = count(run).missing
    if missing:
        return f"{missing} of {run.plan.trials} planned trials have no record (interrupted, or still going on)"
    # A trial that was run again is there twice; the later one counts.
    ended = {t.trial: t.status for t in run.processes}
    if Status.CANCELLED in ended.values():
        return "the run was interrupted (some trials are cancelled)"
    return run.torn or ""


@contextmanager
def _scratch(baselines: Path, name: str) -> Iterator[Path]:
    """A folder on the same file system, gone afterwards with what is in it."""
    folder = Path(tempfile.mkdtemp(dir=baselines, prefix=f".{name}."))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _complaints(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReportError(f"{target}: {error.strerror or error}") from None


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
