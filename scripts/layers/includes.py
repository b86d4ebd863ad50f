"""Finds includes that break the floors, that are not written from the include root, or that reach for details."""

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from layers.floors import NAMESPACE, UMBRELLA, Place, objection, place_of
from layers.literals import CPP_SUFFIXES

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

HEADERS = PurePosixPath("runtime/include")
SOURCES = PurePosixPath("runtime/src")
# Code that uses the library as any user would.
USERS = ("runtime/examples", "cpp_bench", "harness")


def check(root: Path) -> Iterator[str]:
    """Yields one line per violation, as `file:line: what is wrong`."""
    yield from _library(root, root / HEADERS / NAMESPACE)
    yield from _library(root, root / SOURCES)
    for stray in _cpp_files(root / HEADERS):
        if (root / HEADERS / NAMESPACE) not in stray.parents and stray != root / HEADERS / UMBRELLA:
            yield f"{stray.relative_to(root)}:1: public headers live in {HEADERS / NAMESPACE}/<floor>/"
    for folder in USERS:
        for file in _cpp_files(root / folder):
            for line, _, target in _includes(file):
                where = f"{file.relative_to(root)}:{line}"
                if target.startswith(f"{NAMESPACE}/") and "detail" in PurePosixPath(target).parts:
                    yield f"{where}: '{target}' is a detail of the library; use the header that needs it"


def _library(root: Path, top: Path) -> Iterator[str]:
    for file in _cpp_files(top):
        inside = PurePosixPath(file.relative_to(top).as_posix())
        shown = file.relative_to(root)
        place = place_of(inside)
        if place is None:
            yield f"{shown}:1: '{inside}' is in no folder of the table in scripts/layers/floors.py"
            continue
        for line, quote, target in _includes(file):
            wrong = _judge(file, place, quote, PurePosixPath(target))
            if wrong:
                yield f"{shown}:{line}: {wrong}"


def _judge(file: Path, place: Place, quote: str, target: PurePosixPath) -> str:
    if target.parts[0] == NAMESPACE:
        included = place_of(PurePosixPath(*target.parts[1:])) if len(target.parts) > 1 else None
        return objection(place, included) if included else f"'{target}' is in no folder of the table"
    if quote == "<":
        return ""  # the system's
    private = len(target.parts) == 1 and str(SOURCES) in file.as_posix() and (file.parent / target).is_file()
    return "" if private else f'"{target}" is neither {NAMESPACE}/<floor>/<name> nor a private header beside its source'


def _includes(file: Path) -> Iterator[tuple[int, str, str]]:
    text = file.read_text(encoding="utf-8")
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2)


def _cpp_files(top: Path) -> Iterator[Path]:
    yield from sorted(file for file in top.rglob("*") if file.suffix in CPP_SUFFIXES)
