"""What can go wrong with a run that the user gave us. Only cli turns these into an exit code."""

from pathlib import Path


class ReportError(Exception):
    """One line for the user: what is wrong, where, and what to do."""


class MissingBaselineError(ReportError):
    """There is no baseline of this name: nothing to compare with, which for a gate is a result."""


class ResultsError(ReportError):
    """A results file that does not follow docs/contract.md."""

    def __init__(self, path: Path, what: str, *, line: int | None = None) -> None:
        self.path = path
        self.line = line
        where = f"{path}:{line}" if line is not None else str(path)
        super().__init__(f"{where}: {what}")
