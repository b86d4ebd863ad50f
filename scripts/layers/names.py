"""The harness and the report know subjects and workloads from data only: none of their ids stands in the code."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from layers.literals import literals_of

CATALOG = "harness/contract/catalog.json"
NAMELESS = ("harness/src", "reports/src")


def check(root: Path) -> Iterator[str]:
    """Yields one line per string literal that has an id of the catalog as a word."""
    catalog = json.loads((root / CATALOG).read_text(encoding="utf-8"))
    ids = [entry["id"] for entry in [*catalog["subjects"], *catalog["workloads"]]]
    word = re.compile(rf"(?<![A-Za-z0-9_])({'|'.join(map(re.escape, ids))})(?![A-Za-z0-9_])")
    for folder in NAMELESS:
        for file in sorted(path for path in (root / folder).rglob("*") if path.is_file()):
            for line, text in literals_of(file):
                for match in word.finditer(text):
                    yield f"{file.relative_to(root)}:{line}: names '{match.group()}', which only {CATALOG} may"
