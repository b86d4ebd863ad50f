"""The harness and the report know subjects and workloads from data only: none of their ids stands in the code.

Some ids are English words. In a sentence, that is a literal with spaces, an id counts when it is quoted or has an
underscore: 'go on with --resume' names no subject, "no '--quick' for 'go'" does.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from layers.literals import literals_of

CATALOG = "harness/contract/catalog.json"
NAMELESS = ("harness/src", "reports/src")


def check(root: Path) -> Iterator[str]:
    """Yields one line per string literal that names an id of the catalog."""
    catalog = json.loads((root / CATALOG).read_text(encoding="utf-8"))
    ids = [entry["id"] for entry in [*catalog["subjects"], *catalog["workloads"]]]
    any_id = "|".join(map(re.escape, ids))
    word = re.compile(rf"(?<![A-Za-z0-9_])({any_id})(?![A-Za-z0-9_])")
    quoted = re.compile(rf"(?P<quote>['\"`])({any_id})(?P=quote)")
    for folder in NAMELESS:
        for file in sorted(path for path in (root / folder).rglob("*") if path.is_file()):
            for line, text in literals_of(file):
                named = [match.group(1) for match in word.finditer(text)]
                if re.search(r"\s", text):
                    named = [name for name in named if "_" in name] + [
                        match.group(2) for match in quoted.finditer(text)
                    ]
                for name in dict.fromkeys(named):
                    yield f"{file.relative_to(root)}:{line}: names '{name}', which only {CATALOG} may"
