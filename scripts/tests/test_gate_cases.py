import json
import re
from typing import Any

import pytest

from tooling import gate_cases
from tooling.console import ROOT

CATALOG: dict[str, Any] = {
    "tasks": [1000, 10000],
    "subjects": [
        {"id": "tested", "budget": [{"min_tasks": 1, "rounds": 1}]},
        {"id": "slow", "budget": [{"min_tasks": 5000, "rounds": 5}, {"min_tasks": 50000, "rounds": 2}]},
        {
            "id": "naps",
            "budget": [{"min_tasks": 1, "workloads": ["sleep"], "rounds": 2}, {"min_tasks": 1, "phases": 1}],
        },
        {"id": "enough", "budget": [{"min_tasks": 1, "rounds": 6}]},
    ],
}
NAMES = [f"{s}/{w}/{n}" for s in ("tested", "slow", "naps", "enough") for w in ("sleep", "spin") for n in (1000, 10000)]


def taken(tasks: str | None = None, wish: str | None = None) -> list[str]:
    pattern = gate_cases.filter_of(CATALOG, {"slow", "naps", "enough"}, tasks, wish)
    return [name for name in NAMES if pattern is None or re.search(pattern, name)]


def test_cases_of_controls_with_too_few_rounds_are_left_out() -> None:
    gone = {"slow/sleep/10000", "slow/spin/10000", "naps/sleep/1000", "naps/sleep/10000"}
    assert taken() == [name for name in NAMES if name not in gone]


def test_the_sizes_are_those_that_are_asked_for() -> None:
    assert "slow/spin/10000" not in taken("10k")
    assert "10000|" not in str(gate_cases.filter_of(CATALOG, {"slow"}, "1m, 50K", None))
    assert gate_cases.filter_of(CATALOG, {"slow"}, "1k", None) is None


@pytest.mark.parametrize("wish", ["^slow/", "spin", "sleep/1000$", "^tested/spin/1000$|naps"])
def test_what_the_user_asked_for_is_still_asked_for(wish: str) -> None:
    assert taken(wish=wish) == [name for name in taken() if re.search(wish, name)]


def test_without_such_a_case_the_filter_is_the_users() -> None:
    assert gate_cases.filter_of(CATALOG, {"enough"}, None, "^a$") == "^a$"
    assert gate_cases.filter_of(CATALOG, set(), None, None) is None


def test_the_catalog_has_a_control_that_costs_seconds_for_nothing() -> None:
    catalog = json.loads((ROOT / "harness/contract/catalog.json").read_text())
    controls = {row["id"] for row in catalog["subjects"] if row.get("control")}
    pattern = gate_cases.filter_of(catalog, controls, "10k", None)
    left = [name for name in controls if pattern is None or re.search(pattern, f"{name}/spawn_join/10000")]
    assert 0 < len(left) < len(controls)
