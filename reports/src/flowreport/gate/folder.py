"""A gate's folder: gate.json, what was measured so far, and what is written into it."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from flowreport.errors import ReportError
from flowreport.fields import FieldError, Fields
from flowreport.gate.decide import Question
from flowreport.gate.problems import Arms, Problem
from flowreport.gate.rules import RULES, Rules
from flowreport.gate.steps import CONFIRM, Step
from flowreport.gate.verdict import Arm
from flowreport.load import load_run, read_document

GATE = "gate.json"
# Kinds of problems, found before anything is measured, that are the candidate's fault.
_LOSSES = ("not_built", "vanished_subject", "vanished_workload")
_MOST_LOOKS = len(RULES.looks)


class Gate:
    """What gate.json says: the question, the subjects to measure, and the seed that orders the trials."""

    def __init__(self, folder: Path) -> None:
        path = folder / GATE
        if not path.is_file():
            raise ReportError(f"{folder}: no gate here (no {GATE}); name a folder that scripts/gate made")
        self.folder = folder
        self.question, self.subjects, self._seed = read_document(path, _question)

    def measured(self) -> Mapping[str, Arms]:
        """Base and candidate run by the name of their folder, looks before what confirms them."""
        found = {}
        for step in sorted(self.folder.iterdir(), key=lambda path: (path.name.startswith(CONFIRM), path.name)):
            base, candidate = step / "base", step / "candidate"
            if (base / "run.json").is_file() and (candidate / "run.json").is_file():
                found[step.name] = (load_run(base), load_run(candidate))
        return found

    def next_json(self, step: Step) -> Mapping[str, object]:
        """What scripts/gate needs to take a step. Each step has a seed of its own, always the same."""
        digest = hashlib.sha256(f"{self._seed}/{step.folder}".encode()).digest()
        return {
            "v": 1,
            "kind": "next",
            "folder": step.folder,
            "rounds": step.rounds,
            "filter": step.filter or "",
            "subjects": list(self.subjects),
            "seed": str(int.from_bytes(digest[:8], "big")),
        }


def _question(fields: Fields) -> tuple[Question, tuple[str, ...], int]:
    if fields.text("kind") != "gate":
        raise FieldError('kind must be "gate"')
    base, candidate = fields.child("base"), fields.child("candidate")
    options = fields.child("options")
    rows = fields.items("subjects", Fields)
    digests = {
        row.line("id"): (_text_or_null(row, "base_sha256"), _text_or_null(row, "candidate_sha256")) for row in rows
    }
    question = Question(
        base=Arm(base.optional_text("ref"), _text_or_null(base, "commit"), dirty=False),
        candidate=Arm("this tree", _text_or_null(candidate, "commit"), candidate.flag("dirty")),
        rules=_rules(options),
        confirm=options.flag("confirm"),
        controls=frozenset(row.line("id") for row in rows if row.flag("control")),
        expected={id_: pair for id_, pair in digests.items() if all(pair)},
        known=fields.items("problems", _problem),
        identical=fields.flag("identical") and not options.flag("always_measure"),
    )
    measured = tuple(
        id_
        for id_, pair in digests.items()
        if pair[0] != pair[1] or _is_control(rows, id_) or options.flag("always_measure")
    )
    return question, measured, options.decimal("seed")


def _is_control(rows: tuple[Fields, ...], id_: str) -> bool:
    return any(row.line("id") == id_ and row.flag("control") for row in rows)


def _rules(options: Fields) -> Rules:
    rounds, looks = options.count("rounds", least=1), options.count("looks", least=1)
    if looks > _MOST_LOOKS:
        raise FieldError(f"{options.at('looks')} must be from 1 to {_MOST_LOOKS}, found {looks}")
    return replace(RULES, looks=tuple(rounds * (i + 1) for i in range(looks)))


def _problem(value: object, path: str) -> Problem:
    fields = Fields(value, path)
    kind = fields.text("kind")
    return Problem(kind, fields.line("text"), fails=kind in _LOSSES)


def _text_or_null(fields: Fields, key: str) -> str:
    return "" if fields.get(key) is None else fields.text(key)
