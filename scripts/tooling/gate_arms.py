"""The two arms of a gate: where the executables and the catalog of each are, and what differs before any measuring."""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tooling import build, gate_base, subjects
from tooling.gate_problems import Problem, RefusedError, one_line

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DESCRIBE_LIMIT_S = 20.0


@dataclass(frozen=True)
class Arm:
    """One side: `subjects` is its bin/subjects, `catalog` its registry, `root` the checkout that was built for it."""

    name: str
    subjects: Path
    catalog: Path
    root: Path | None = None

    @staticmethod
    def of(name: str, root: Path) -> "Arm":
        """The arm that the checkout `root` builds."""
        return Arm(name, build.folder(subjects.PRESET, root) / "bin/subjects", root / gate_base.CATALOG, root)

    def cache(self) -> dict[str, str]:
        """What CMake's cache says about how it was built."""
        return build.cache(subjects.PRESET, self.root) if self.root else {}

    def executable(self, identity: str) -> Path | None:
        """The program of a subject: the one of its id, else the one that a manifest which the build left names."""
        program = self.subjects / identity
        if program.is_file():
            return program
        try:
            command = json.loads((self.subjects / f"{identity}.json").read_text(encoding="utf-8"))["command"][0]
        except (OSError, ValueError, LookupError, TypeError):
            return None
        named = self.subjects / str(command)
        return named if named.is_file() else None

    def sha256(self, identity: str) -> str | None:
        """Of the subject's executable; None where there is none."""
        program = self.executable(identity)
        if program is None:
            return None
        with program.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def why_not_built(self, identity: str) -> str | None:
        """The reason that the build left, None when it left none."""
        try:
            return one_line((self.subjects / f"{identity}.not_built").read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return None


@dataclass(frozen=True)
class Row:
    """A subject in both arms. A control has the same executable in both, so every difference it shows is noise."""

    id: str
    base_sha256: str | None
    candidate_sha256: str | None
    control: bool

    @property
    def equal(self) -> bool:
        """Byte for byte the same, or there in neither arm."""
        return self.base_sha256 == self.candidate_sha256


@dataclass(frozen=True)
class Comparison:
    """What is known before measuring. `identical`: neither an executable nor the catalog differs."""

    rows: list[Row]
    problems: list[Problem]
    identical: bool

    def to_measure(self, *, everything: bool) -> list[str]:
        """The subjects whose comparison says something: those that changed, and the controls."""
        chosen = [row for row in self.rows if row.base_sha256 or row.candidate_sha256]
        if not everything and any(not row.equal for row in chosen):
            chosen = [row for row in chosen if row.control or not row.equal]
        return [row.id for row in chosen]


def compare(base: Arm, candidate: Arm, *, chosen: Sequence[str] = (), extra: Sequence[str] = ()) -> Comparison:
    """Both arms side by side. `chosen` narrows the subjects (controls stay), `extra` are ids from manifests.

    Raises RefusedError for a base whose catalog cannot be read.
    """
    old = _catalog(base)
    new = _catalog(candidate)
    rows = [_row(base, candidate, identity, new["subjects"]) for identity in _ids(old, new, extra)]
    rows = [row for row in rows if not chosen or row.id in chosen or row.control]
    missing = [name for name in chosen if name not in {row.id for row in rows}]
    problems = [
        Problem("vanished_subject", f"neither arm has a subject '{one_line(name, 80)}' (--subjects)")
        for name in missing
    ]
    for row in rows:
        language = new["subjects"].get(row.id, {}).get("language", "C++")
        problems += _lost(base, candidate, row, fetched=language != "C++")
    for workload in old["workloads"]:
        if workload not in new["workloads"]:
            text = f"workload {workload} is in the base's catalog and no longer in the candidate's"
            problems.append(Problem("vanished_workload", text))
    return Comparison(rows, problems, identical=old["whole"] == new["whole"] and all(row.equal for row in rows))


def debug_build(base: Arm, candidate: Arm, rows: Iterable[Row]) -> list[Problem]:
    """Which arm is not built for speed, by the cache of its build and by what its executables say of themselves."""
    problems = []
    rows = list(rows)
    for arm in (base, candidate):
        reason = objection_to_cache(arm.cache())
        for row in rows:
            reason = reason or _objection_to_program(arm, row.id)
        if reason:
            problems.append(Problem("debug_build", f"the {arm.name} is {reason}; times of such a build say nothing"))
    return problems


def objection_to_cache(cache: dict[str, str]) -> str | None:
    """Why a build of this CMake cache must not be timed."""
    kind = cache.get("CMAKE_BUILD_TYPE", "")
    if cache.get("FLOWCORO_SANITIZE"):
        return f"a sanitizer build (FLOWCORO_SANITIZE={one_line(cache['FLOWCORO_SANITIZE'], 40)})"
    if kind not in ("Release", "RelWithDebInfo", "MinSizeRel"):
        return f"a debug build (CMAKE_BUILD_TYPE={one_line(kind, 40)})"
    return objection_to_flags(_flags(cache))


def objection_to_flags(flags: str) -> str | None:
    """Why a C++ program that was compiled with `flags` must not be timed."""
    words = flags.split()
    sanitizer = next((word for word in words if word.startswith("-fsanitize")), None)
    if sanitizer is not None:
        return f"a sanitizer build ({one_line(sanitizer, 60)})"
    level = next((word for word in reversed(words) if re.match(r"-O", word)), "-O0")
    return f"a debug build (compiled with {level})" if level in ("-O0", "-Og") else None


def build_record(arm: Arm) -> dict[str, str]:
    """With what an arm was built, for the record."""
    cache = arm.cache()
    return {
        "compiler": one_line(build.compiler(subjects.PRESET, arm.root)) if arm.root else "",
        "type": one_line(cache.get("CMAKE_BUILD_TYPE", "")),
        "flags": one_line(_flags(cache)),
    }


def _flags(cache: dict[str, str]) -> str:
    own = f"CMAKE_CXX_FLAGS_{cache.get('CMAKE_BUILD_TYPE', '').upper()}"
    return f"{cache.get('CMAKE_CXX_FLAGS', '')} {cache.get(own, '')}"


def _objection_to_program(arm: Arm, identity: str) -> str | None:
    """What a C++ subject says of its flags; others, and one that says nothing, are left to the measuring."""
    program = arm.executable(identity)
    if program is None or not os.access(program, os.X_OK):
        return None
    try:
        asked = subprocess.run(
            [str(program), "--describe"], capture_output=True, stdin=subprocess.DEVNULL, check=False,
            timeout=_DESCRIBE_LIMIT_S, env={"PATH": os.defpath, "LC_ALL": "C"},
        )  # fmt: skip
        says = json.loads(asked.stdout)["build"]
        compiler, flags = str(says["compiler"]), str(says["flags"])
    except (OSError, subprocess.TimeoutExpired, ValueError, LookupError, TypeError):
        return None
    if not re.match(r"(Clang|GNU|AppleClang)\b", compiler):
        return None
    reason = objection_to_flags(flags)
    return f"{reason[:-1]}, says {identity})" if reason else None


def _catalog(arm: Arm) -> dict[str, Any]:
    """Ids of a catalog and all of it."""
    try:
        whole = json.loads(arm.catalog.read_text(encoding="utf-8"))
        rows = {str(row["id"]): row for row in whole["subjects"]}
        workloads = [str(row["id"]) for row in whole["workloads"]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        text = f"the catalog of the {arm.name} cannot be read: {one_line(str(error), 100)}"
        raise RefusedError("predates_contract", text) from error
    bad = next((name for name in (*rows, *workloads) if not _ID.fullmatch(name)), None)
    if bad is not None:
        raise RefusedError(
            "predates_contract", f"the catalog of the {arm.name} holds what is no id: '{one_line(bad, 80)}'"
        )
    return {"subjects": rows, "workloads": workloads, "whole": whole}


def _ids(old: dict[str, Any], new: dict[str, Any], extra: Sequence[str]) -> list[str]:
    from_manifests = [name for name in extra if _ID.fullmatch(name)]
    return list(dict.fromkeys([*new["subjects"], *old["subjects"], *from_manifests]))


def _row(base: Arm, candidate: Arm, identity: str, catalog: dict[str, Any]) -> Row:
    old, new = base.sha256(identity), candidate.sha256(identity)
    row = catalog.get(identity)
    is_control = isinstance(row, dict) and row.get("control") is True and old is not None and old == new
    return Row(identity, old, new, is_control)


def _lost(base: Arm, candidate: Arm, row: Row, *, fetched: bool) -> list[Problem]:
    """A subject that only the base has; and one that was to be built and could not be.

    `fetched`: it is built from packages that are downloaded. Without a network it is in neither arm, and left out.
    """
    old, new = base.why_not_built(row.id), candidate.why_not_built(row.id)
    old_broke, new_broke = (bool(why and why.startswith(subjects.BUILD_FAILED)) for why in (old, new))
    if row.candidate_sha256 is None and row.base_sha256 is None and old_broke and new_broke and fetched:
        return []
    problems = []
    if row.base_sha256 is None and old_broke:
        problems.append(Problem("base_does_not_build", f"subject {row.id} of the base: {old}"))
    if row.candidate_sha256 is None and new_broke:
        problems.append(Problem("not_built", f"subject {row.id} of the candidate: {new}"))
    elif row.candidate_sha256 is None and row.base_sha256 is not None:
        why = f": {new}" if new else ""
        problems.append(Problem("vanished_subject", f"the base has subject {row.id}, the candidate does not{why}"))
    return problems
