"""Candidates of which is known what a gate must say: unchanged, worse by a known amount, lost, broken, lying."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from tooling import build, gate, gate_arms, subjects
from tooling.console import ROOT, UserError
from tooling.gate_arms import Arm
from tooling.gate_plan import LOOKS, Options, Pair

SUBJECT = "flowcoro"
# Of the controls those with quick cases. A case of a few ms says as much as a long one when it runs often.
CASES = f"--filter=^({SUBJECT}|go|tokio)/"
LIMIT_S = "20"
INJECTED = build.folder(subjects.PRESET) / "bin/injected"
PASS, REGRESSION, UNDECIDED = 0, 1, 3
TIME, MEMORY = ("cold", "warm"), ("memory",)


@dataclass(frozen=True)
class Scenario:
    """A candidate, what is measured of it, and the exit code that is right. `arrange` changes its executables."""

    name: str
    what: str
    right: int
    arrange: Callable[[Path], None]
    passed: tuple[str, ...]
    rounds: int = 10
    always_measure: bool = False
    worse: tuple[str, ...] = ()  # the metrics in which the candidate is worse
    briefly: bool = False  # one look, and what is found is not measured again


@dataclass(frozen=True)
class Outcome:
    """What a gate said about a scenario, and where it says so."""

    scenario: Scenario
    code: int
    verdict: str
    folder: Path

    @property
    def word(self) -> str:
        """Whether that was right. A machine that is too busy to tell is not the gate's fault."""
        if self.code == self.scenario.right:
            return "right"
        return "undecided" if self.undecided else "WRONG"

    @property
    def undecided(self) -> bool:
        """No verdict about the candidate, or one that left out what it was asked about because of the noise."""
        return self.code == UNDECIDED or (self.code == PASS and bool(self.scenario.worse) and not self._gated())

    def _gated(self) -> bool:
        cells = json.loads((self.folder / "verdict.json").read_text(encoding="utf-8"))["cells"]
        asked = [cell for cell in cells if cell["metric"] in self.scenario.worse and cell["state"] != "control"]
        return any(cell["state"] != "not_gated" for cell in asked)


def run(scenario: Scenario, folder: Path, *, seed: int) -> Outcome:
    """Gates the candidate of `scenario` against the subjects as they are built; everything is left in `folder`."""
    base = Arm.of("base", ROOT)
    programs = (folder / "candidate-subjects").absolute()
    _copy_subjects(base, programs)
    scenario.arrange(programs)
    candidate = replace(base, name="candidate", subjects=programs, root=None)
    options = Options(
        always_measure=scenario.always_measure,
        confirm=not scenario.briefly,
        rounds=scenario.rounds,
        looks=1 if scenario.briefly else LOOKS,
        seed=seed,
        subjects=(SUBJECT,),
        passed=(f"--timeout={LIMIT_S}", CASES, *scenario.passed),
    )
    found = gate_arms.compare(base, candidate, chosen=options.subjects)
    sides = gate.Sides({"ref": "the subjects as built", "commit": None, "title": ""}, {"commit": None, "dirty": True})
    gate.write_record(folder, sides, found, options, gate.command_line())
    code = gate.measure_and_judge(
        folder, Pair(base, candidate, "as built", scenario.name, options), found, gate.Tools(aloud=False)
    )
    return Outcome(scenario, code, verdict_of(folder), folder)


def run_until_decided(scenario: Scenario, folder: Path, *, seed: int, attempts: int) -> Outcome:
    """As run, again with another seed where the machine was too busy, each in a folder of its own below `folder`."""
    for i in range(attempts):
        place = folder / f"{i + 1}"
        place.mkdir(parents=True)
        outcome = run(scenario, place, seed=seed + i)
        if not outcome.undecided:
            break
    return outcome


def verdict_of(folder: Path) -> str:
    """The verdict in a gate's folder; empty when there is none."""
    try:
        return str(json.loads((folder / "verdict.json").read_text(encoding="utf-8"))["verdict"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def unchanged(_programs: Path) -> None:
    """The same executables as in the base."""


def injected(name: str) -> Callable[[Path], None]:
    """The variant of the subject that the build calls injected_<name>."""

    def arrange(programs: Path) -> None:
        program = INJECTED / name / SUBJECT
        if not program.exists():
            raise UserError(f"{program.relative_to(ROOT)} is not built")
        _replace(programs / SUBJECT, program)

    return arrange


def removed(programs: Path) -> None:
    """The subject is gone."""
    (programs / SUBJECT).unlink()


def silent(programs: Path) -> None:
    """Says what it can do, and then nothing: exit code 0 and an empty result."""
    real = _set_aside(programs)
    _script(programs, f'case " $* " in *" --describe "*) exec {real} "$@";; esac\nexit 0')


def liar(programs: Path) -> None:
    """Does all the work, and gives an answer of its own."""
    real = _set_aside(programs)
    _script(programs, f"""{real} "$@" 3>&1 1>&2 | sed 's/"answer":"[0-9]*"/"answer":"1"/' >&3""")


def without(workload: str) -> Callable[[Path], None]:
    """Says that it cannot do `workload` any more."""

    def arrange(programs: Path) -> None:
        real = _set_aside(programs)
        asked = subprocess.run(
            [programs / "real" / SUBJECT, "--describe"], capture_output=True, text=True, check=True, close_fds=True
        )
        says = json.loads(asked.stdout)
        says["workloads"].remove(workload)
        says["unsupported"][workload] = "it is gone"
        line = shlex.quote(json.dumps(says))
        _script(
            programs,
            f'case " $* " in *" --describe "*) printf "%s\\n" {line} >&3; exit 0;; esac\nexec {real} "$@"',
        )

    return arrange


def _copy_subjects(base: Arm, programs: Path) -> None:
    """The subject, the controls and the oracle; an executable is linked where it can be, because it is only read."""
    programs.mkdir(parents=True)
    rows = json.loads(base.catalog.read_text(encoding="utf-8"))["subjects"]
    for row in rows:
        if row["id"] == SUBJECT or row.get("control") or row.get("oracle"):
            program = base.subjects / row["id"]
            if program.exists():
                _replace(programs / row["id"], program)
    if not (programs / SUBJECT).exists():
        raise UserError(f"subject {SUBJECT} is not built; make build says why")


def _replace(target: Path, program: Path) -> None:
    target.unlink(missing_ok=True)
    try:
        os.link(program, target)
    except OSError:  # another file system
        shutil.copy2(program, target)


def _set_aside(programs: Path) -> str:
    """Moves the subject out of the way; the word by which a shell calls it."""
    real = programs / "real" / SUBJECT
    real.parent.mkdir()
    (programs / SUBJECT).rename(real)
    return shlex.quote(str(real))


def _script(programs: Path, text: str) -> None:
    program = programs / SUBJECT
    program.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    program.chmod(0o755)
