"""clang-tidy over the C++ sources of the compile database, again only for those whose inputs changed.

Tests are left out: their types throw, copy and move badly on purpose. They are formatted like everything else.
"""

import hashlib
import json
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tooling import build, sources, stamps
from tooling.console import ROOT, say

PRESET = "release"
CLEAN = ROOT / "build/tidy"  # one stamp per source that had no finding
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.MULTILINE)


@dataclass(frozen=True)
class Unit:
    """One translation unit and where its quoted includes are looked up."""

    source: Path
    command: str
    include_folders: tuple[Path, ...]


def findings() -> list[str]:
    """What clang-tidy found, one text per source; empty when all is well."""
    if not build.configure(PRESET):
        return [f"cmake --preset {PRESET} failed, so there is no compile database"]
    units = _units()
    if not units:
        return [f"build/{PRESET}/compile_commands.json lists no source of this project"]
    CLEAN.mkdir(parents=True, exist_ok=True)
    stale = [(unit, fingerprint) for unit in units if not _is_clean(unit, fingerprint := _fingerprint(unit))]
    say(f"clang-tidy: {len(stale)} of {len(units)} sources changed")
    with ThreadPoolExecutor(build.jobs()) as pool:
        reports = pool.map(lambda item: _tidy(*item), stale)
        return [report for report in reports if report]


def _units() -> list[Unit]:
    ours = {source for source in sources.files("*.cpp") if "tests" not in source.relative_to(ROOT).parts}
    database = json.loads((build.folder(PRESET) / "compile_commands.json").read_text(encoding="utf-8"))
    by_source = {}
    for entry in database:
        source = Path(entry["directory"], entry["file"]).resolve()
        if source in ours:
            words = shlex.split(entry["command"])
            folders = [Path(word[2:]) for word in words if word.startswith("-I") and len(word) > 2]
            by_source[source] = Unit(source, entry["command"], tuple(folders))
    return [by_source[source] for source in sorted(by_source)]


def _fingerprint(unit: Unit) -> str:
    """Hash of all that a verdict depends on: checks, command, source, and every header of ours that it reaches."""
    whole = hashlib.sha256((ROOT / ".clang-tidy").read_bytes() + unit.command.encode())
    pending, seen = [unit.source], set()
    while pending:
        file = pending.pop()
        if file in seen:
            continue
        seen.add(file)
        content = file.read_bytes()
        whole.update(content)
        for name in _INCLUDE.findall(content.decode(errors="replace")):
            places = (folder / name for folder in (file.parent, *unit.include_folders))
            pending += [place.resolve() for place in places if place.is_file()][:1]
    return whole.hexdigest()


def _stamp(unit: Unit) -> Path:
    return CLEAN / hashlib.sha256(str(unit.source).encode()).hexdigest()


def _is_clean(unit: Unit, fingerprint: str) -> bool:
    return stamps.is_current(_stamp(unit), fingerprint)


def _tidy(unit: Unit, fingerprint: str) -> str:
    command = ["clang-tidy-19", "--quiet", "-p", str(build.folder(PRESET)), str(unit.source)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        _stamp(unit).write_text(fingerprint)
        return ""
    return done.stdout.strip() or f"{unit.source}: clang-tidy exited with {done.returncode}: {done.stderr.strip()}"
