"""Which cases of the controls a gate leaves out: those whose budget gives them too few rounds to tell anything."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

FEWEST_ROUNDS = 6  # with fewer pairs a cell has no interval, so a control that has fewer says nothing of the noise
_SUFFIX = {"": 1, "k": 1000, "m": 1000000}


def filter_of(catalog: Mapping[str, Any], controls: Collection[str], tasks: str | None, wish: str | None) -> str | None:
    """The `--filter` of the first look: `wish`, but for those cases. `tasks` is the option of flowbench."""
    sizes = _sizes(tasks) if tasks else catalog.get("tasks", [])
    names = list(_too_rare(catalog, controls, sizes))
    if not names:
        return wish
    rest = f"(?=.*(?:{wish}))" if wish else ""
    return f"^(?!(?:{'|'.join(names)})$){rest}"


def _too_rare(catalog: Mapping[str, Any], controls: Collection[str], sizes: Sequence[int]) -> Iterator[str]:
    for row in catalog["subjects"]:
        for budget in row.get("budget", ()) if row["id"] in controls else ():
            if budget.get("rounds", FEWEST_ROUNDS) >= FEWEST_ROUNDS:
                continue
            workloads = "|".join(map(re.escape, budget.get("workloads", ()))) or "[^/]+"
            large = "|".join(str(size) for size in sizes if size >= budget["min_tasks"])
            if large:
                yield f"{re.escape(row['id'])}/(?:{workloads})/(?:{large})"


def _sizes(text: str) -> list[int]:
    """As flowbench reads `--tasks`; what it will refuse is left to it."""
    found = (re.fullmatch(r"([0-9]+)([km]?)", word.strip().lower()) for word in text.split(","))
    return [int(match[1]) * _SUFFIX[match[2]] for match in found if match]
