"""The table of docs/seeds.md names headers that exist, and names that those headers have."""

import re
from pathlib import Path

import pytest

from tooling.console import ROOT

TABLE = ROOT / "docs" / "seeds.md"
CODE = re.compile(r"`([^`]+)`")
PATH = re.compile(r"[\w/]+\.(?:hpp|cpp)")
NAME = re.compile(r"[A-Za-z_][\w:]*")


def rows(text: str) -> list[tuple[str, str]]:
    """The first two columns of each row of the table, without its head."""
    cells = [
        [cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in text.splitlines() if line[:1] == "|"
    ]
    return [(row[0], row[1]) for row in cells[2:]]


def faults(text: str, root: Path) -> list[str]:
    """What the table claims and `root` does not have.

    A path with `runtime/` in front is one of the repository, any other one of the headers.
    A row without a path says that it is not here.
    """
    found: list[str] = []
    for names, here in rows(text):
        paths = [path for code in CODE.findall(here) for path in PATH.findall(code)]
        files = [
            root / path if path.startswith("runtime/") else root / "runtime/include/flowcoro" / path for path in paths
        ]
        found += [f"{path}: no such file" for path, file in zip(paths, files, strict=True) if not file.is_file()]
        if not paths:
            found += [] if here.startswith("not here yet") else [f"{names}: no header, and not 'not here yet'"]
            continue
        texts = [file.read_text() for file in files if file.is_file()]
        for code in CODE.findall(names):
            name = NAME.match(code)
            if name is None:
                found.append(f"{code}: no name")
                continue
            last = name.group().split("::")[-1]
            if not any(re.search(rf"\b{last}\b", header) for header in texts):
                found.append(f"{last}: not in {', '.join(paths)}")
    return found


def test_every_header_exists_and_has_the_names_of_its_row() -> None:
    assert faults(TABLE.read_text(), ROOT) == []


def test_the_table_is_read() -> None:
    table = rows(TABLE.read_text())
    assert len(table) >= 20
    assert sum(".hpp" in here for _, here in table) >= 18


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| `Here` | `one.hpp` | |", None),
        ("| `Here<T>`, `there` | `one.hpp`, `deep/two.hpp`: `Other` | |", None),
        ("| `ns::Here` | `one.hpp` | |", None),
        ("| a class `Sample` | `runtime/examples/sample.cpp` | |", None),
        ("| network | not here yet | |", None),
        ("| `Here` | `three.hpp` | |", "three.hpp: no such file"),
        ("| `Her` | `one.hpp` | |", "Her: not in one.hpp"),
        ("| `there` | `one.hpp` | |", "there: not in one.hpp"),
        ("| `Here` | somewhere | |", "`Here`: no header, and not 'not here yet'"),
    ],
)
def test_a_wrong_row_is_found(row: str, fault: str | None, tmp_path: Path) -> None:
    for path, text in {
        "runtime/include/flowcoro/one.hpp": "class Here;",
        "runtime/include/flowcoro/deep/two.hpp": "void there();",
        "runtime/examples/sample.cpp": "class Sample {};",
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    text = f"| name | here | what |\n|---|---|---|\n{row}\n"
    assert (fault in faults(text, tmp_path)) if fault else faults(text, tmp_path) == []
