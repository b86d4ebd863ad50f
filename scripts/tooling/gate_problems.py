"""What a gate can find before it measures anything, and what such a finding means."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "unknown_ref",
    "predates_contract",
    "worktree_changed",
    "base_does_not_build",
    "debug_build",
    "not_measured",
    "not_built",
    "vanished_subject",
    "vanished_workload",
]

# The candidate's own fault. Where both arms can still be measured, --keep-going does.
_LOSSES = ("not_built", "vanished_subject", "vanished_workload")


@dataclass(frozen=True)
class Problem:
    """One finding: a loss is a regression, every other kind makes the gate invalid."""

    kind: Kind
    text: str

    @property
    def is_fatal(self) -> bool:
        """Whether there is nothing to measure, whatever the user wants."""
        return self.kind not in _LOSSES


class RefusedError(Exception):
    """Nothing can be compared, because of this problem."""

    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(kind, text)


def one_line(text: str, limit: int = 300) -> str:
    """`text` without what a terminal or a page would act on: one printable line of at most `limit` characters."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown.split())[:limit]
