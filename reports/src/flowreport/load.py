"""From the files of a run to the model: strict, and every complaint says which file and which line.

The files are opened for reading only; nothing is repaired.
"""

import errno
import json
import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from flowreport.errors import ReportError, ResultsError
from flowreport.fields import FieldError, Fields
from flowreport.model import BenchmarkTrial, Calibration, Run, Trial
from flowreport.record_crc import CrcCheck
from flowreport.records import calibration_record, run_record, trial_record

SCHEMA_VERSION = 1
LARGEST_RUN_FILE = 64 << 20
LARGEST_TRIALS_FILE = 1 << 30

T = TypeVar("T")
AnyTrial = Trial | BenchmarkTrial


def load_run(where: Path) -> Run:
    """Read a run from its folder (or from the run.json in it).

    Raises ReportError when there is no run, ResultsError when its files break the contract. A torn last line of
    trials.jsonl is not an error: it is dropped and told in Run.torn.
    """
    folder = where.parent if where.name == "run.json" else where
    run_path = folder / "run.json"
    if not run_path.is_file():
        raise ReportError(f"{where}: no run here (no run.json); name a folder such as results/latest")
    run = read_run_file(run_path)
    trials_path = folder / "trials.jsonl"
    if not trials_path.exists():
        return replace(run, torn=f"{trials_path} does not exist: no trial has finished")
    trials, torn = read_trials_file(trials_path)
    calibration_path = folder / "calibration.jsonl"
    calibration, torn_too = read_calibration_file(calibration_path) if calibration_path.exists() else ((), None)
    _check_trials_belong(trials_path, run, trials)
    return replace(
        run,
        trials=tuple(t for t in trials if isinstance(t, Trial)),
        benchmark_trials=tuple(t for t in trials if isinstance(t, BenchmarkTrial)),
        torn=torn or torn_too,
        calibration=calibration,
    )


def read_run_file(path: Path) -> Run:
    """Read run.json: a run without its trials."""
    return read_document(path, run_record)


def read_document(path: Path, read: Callable[[Fields], T]) -> T:
    """Read a file that is one JSON object of this schema version. Raises ReportError, ResultsError."""
    return _read(path, None, _parse(path, _read_utf8(path), None), read)


def read_trials_file(path: Path) -> tuple[tuple[AnyTrial, ...], str | None]:
    """Read trials.jsonl: the trials in file order, and what was dropped at its end, if anything."""
    trials, torn = _read_lines(path, trial_record, CrcCheck())
    last = {trial.trial: place for place, trial in enumerate(trials)}
    finished: dict[int, int] = {}
    for number, trial in enumerate(trials, 1):
        if trial.trial in finished:
            raise ResultsError(
                path, f"trial {trial.trial} is here a second time; first in line {finished[trial.trial]}", line=number
            )
        if not trial.status.repeated:
            finished[trial.trial] = number
    return tuple(t if last[t.trial] == i else replace(t, superseded=True) for i, t in enumerate(trials)), torn


def read_calibration_file(path: Path) -> tuple[tuple[Calibration, ...], str | None]:
    """Read calibration.jsonl: the calibrations in file order, and what was dropped at its end, if anything."""
    return _read_lines(path, calibration_record)


def _read_lines(
    path: Path, read: Callable[[Fields], T], damage: Callable[[bytes], str | None] = lambda _: None
) -> tuple[tuple[T, ...], str | None]:
    """The records of a file of lines, and what was dropped at its end; `damage` tells what is wrong with a line."""
    lines = _read_bytes(path, LARGEST_TRIALS_FILE).split(b"\n")
    last = lines.pop()

    def record(number: int, line: bytes) -> T:
        wrong = damage(line)
        if wrong:  # what else is wrong with such a line is of no interest
            raise ResultsError(path, wrong, line=number)
        return _read_line(path, number, line, read)

    records = [record(number, line) for number, line in enumerate(lines, 1)]
    if not last:
        return tuple(records), None
    number = len(lines) + 1
    # A writer that was cut off leaves a line without its newline. If it parses, only the newline is missing.
    try:
        json.loads(last)
    except (ValueError, RecursionError):
        return tuple(records), f"{path}:{number}: the last line is torn ({len(last)} bytes, no newline); it was dropped"
    return (*records, record(number, last)), None


def _read_line(path: Path, number: int, line: bytes, read: Callable[[Fields], T]) -> T:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ResultsError(path, f"not UTF-8 (byte {error.start + 1} of the line)", line=number) from None
    value = _parse(path, text, number)
    return _read(path, number, value, read)


def _read_bytes(path: Path, most: int) -> bytes:
    """The content of a regular file; no link is followed, and no pipe waited for."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # noqa: PTH123
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ReportError(f"{path}: cannot be read: not a regular file")
            if status.st_size > most:
                raise ReportError(f"{path}: cannot be read: larger than {most} bytes")
            return file.read()
    except OSError as error:
        why = "a symbolic link; copy the file itself" if error.errno == errno.ELOOP else error.strerror
        raise ReportError(f"{path}: cannot be read: {why}") from None


def _read_utf8(path: Path) -> str:
    data = _read_bytes(path, LARGEST_RUN_FILE)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ResultsError(path, "not UTF-8", line=line) from None


def _parse(path: Path, text: str, line: int | None) -> object:
    if not text.strip():
        raise ResultsError(path, "empty, expected a JSON object", line=line or 1)
    try:
        value: object = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        cut = " (the file ends inside the object: truncated?)" if error.pos >= len(text.rstrip()) else ""
        at = line or error.lineno
        raise ResultsError(path, f"not JSON: {error.msg} at column {error.colno}{cut}", line=at) from None
    except RecursionError:
        raise ResultsError(path, "not JSON that this tool reads: nested too deeply", line=line or 1) from None
    except ValueError as error:
        raise ResultsError(path, f"not JSON that this tool reads: {error}", line=line or 1) from None
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a JSON number")


def _read(path: Path, line: int | None, value: object, read: Callable[[Fields], T]) -> T:
    try:
        fields = Fields(value)
        _check_version(fields)
        return read(fields)
    except FieldError as error:
        raise ResultsError(path, str(error), line=line) from None


def _check_version(fields: Fields) -> None:
    version = fields.count("v")
    if version != SCHEMA_VERSION:
        raise FieldError(f"schema version {version}; this flowreport reads version {SCHEMA_VERSION}")


def _check_trials_belong(path: Path, run: Run, trials: tuple[AnyTrial, ...]) -> None:
    subjects = {s.id for s in run.subjects}
    workloads = {w.id for w in run.workloads}
    for line, t in enumerate(trials, 1):  # a trial is a line
        if t.case.subject not in subjects:
            raise ResultsError(path, f"subject {t.case.subject!r} is not in run.json", line=line)
        if isinstance(t, Trial) and t.case.workload not in workloads:
            raise ResultsError(path, f"workload {t.case.workload!r} is not in run.json", line=line)
