import json
from pathlib import Path
from typing import Any

import pytest

from tooling import gate_arms
from tooling.gate_arms import Arm
from tooling.gate_problems import RefusedError

SUBJECTS = [{"id": "tested", "language": "C++"}, {"id": "steady", "language": "Go", "control": True}]


def arm(folder: Path, programs: dict[str, str], *, workloads: tuple[str, ...] = ("work",), rows: Any = None) -> Arm:
    """An arm whose subjects have these contents, in a checkout with a release build."""
    made = Arm.of(folder.name, folder)
    made.subjects.mkdir(parents=True)
    made.catalog.parent.mkdir(parents=True)
    for name, content in programs.items():
        (made.subjects / name).write_text(content)
        (made.subjects / name).chmod(0o755)
    catalog = {"v": 1, "workloads": [{"id": name} for name in workloads], "subjects": rows or SUBJECTS}
    made.catalog.write_text(json.dumps(catalog))
    cache = "CMAKE_BUILD_TYPE:STRING=Release\nCMAKE_CXX_FLAGS_RELEASE:STRING=-O3 -DNDEBUG\nCMAKE_CXX_FLAGS:STRING=\n"
    (folder / "build/release/CMakeCache.txt").write_text(cache)
    return made


def kinds(found: gate_arms.Comparison) -> list[str]:
    return [problem.kind for problem in found.problems]


def test_equal_executables_and_catalogs_are_identical_and_nothing_else_is(tmp_path: Path) -> None:
    same = {"tested": "1", "steady": "2"}
    base = arm(tmp_path / "base", same)
    assert gate_arms.compare(base, arm(tmp_path / "equal", same)).identical
    assert not gate_arms.compare(base, arm(tmp_path / "other", {**same, "tested": "3"})).identical
    assert not gate_arms.compare(base, arm(tmp_path / "row", same, workloads=("work", "more"))).identical


def test_a_control_is_called_so_by_the_catalog_and_has_equal_executables(tmp_path: Path) -> None:
    base = arm(tmp_path / "base", {"tested": "1", "steady": "2"})
    same = gate_arms.compare(base, arm(tmp_path / "same", {"tested": "3", "steady": "2"}))
    assert {row.id: row.control for row in same.rows} == {"tested": False, "steady": True}
    changed = gate_arms.compare(base, arm(tmp_path / "changed", {"tested": "1", "steady": "4"}))
    assert not any(row.control for row in changed.rows)


def test_what_changed_and_the_controls_are_measured(tmp_path: Path) -> None:
    rows = [*SUBJECTS, {"id": "unchanged", "language": "C++"}, {"id": "nowhere", "language": "C++"}]
    base = arm(tmp_path / "base", {"tested": "1", "steady": "2", "unchanged": "5"}, rows=rows)
    found = gate_arms.compare(base, arm(tmp_path / "new", {"tested": "3", "steady": "2", "unchanged": "5"}, rows=rows))
    assert found.to_measure(everything=False) == ["tested", "steady"]
    assert found.to_measure(everything=True) == ["tested", "steady", "unchanged"]
    narrowed = gate_arms.compare(base, base, chosen=["unchanged"])
    assert narrowed.to_measure(everything=False) == ["steady", "unchanged"]


def test_a_subject_or_a_workload_that_is_gone_is_a_loss(tmp_path: Path) -> None:
    base = arm(tmp_path / "base", {"tested": "1", "steady": "2"}, workloads=("work", "play"))
    gone = gate_arms.compare(base, arm(tmp_path / "gone", {"steady": "2"}, workloads=("work", "play")))
    assert kinds(gone) == ["vanished_subject"]
    no_row = gate_arms.compare(
        base, arm(tmp_path / "no_row", {"steady": "2"}, workloads=("work", "play"), rows=SUBJECTS[1:])
    )
    assert kinds(no_row) == ["vanished_subject"]
    fewer = gate_arms.compare(base, arm(tmp_path / "fewer", {"tested": "1", "steady": "2"}))
    assert kinds(fewer) == ["vanished_workload"]
    assert not any(problem.is_fatal for problem in (*gone.problems, *fewer.problems))


def test_a_new_subject_is_none(tmp_path: Path) -> None:
    base = arm(tmp_path / "base", {"steady": "2"})
    assert gate_arms.compare(base, arm(tmp_path / "new", {"tested": "1", "steady": "2"})).problems == []


def test_a_subject_that_is_asked_for_and_in_neither_arm_is_a_loss(tmp_path: Path) -> None:
    base = arm(tmp_path / "base", {"steady": "2"})
    assert kinds(gate_arms.compare(base, base, chosen=["mistyped"])) == ["vanished_subject"]


def test_whose_sources_do_not_build_decides_between_invalid_and_a_loss(tmp_path: Path) -> None:
    broken = {"steady": "2", "tested.not_built": "its build failed: an error\n"}
    good = {"steady": "2", "tested": "1"}
    old = gate_arms.compare(arm(tmp_path / "a", broken), arm(tmp_path / "b", good))
    assert kinds(old) == ["base_does_not_build"]
    assert old.problems[0].is_fatal
    new = gate_arms.compare(arm(tmp_path / "c", good), arm(tmp_path / "d", broken))
    assert kinds(new) == ["not_built"]
    assert "an error" in new.problems[0].text
    both = gate_arms.compare(arm(tmp_path / "e", broken), arm(tmp_path / "f", broken))
    assert kinds(both) == ["base_does_not_build", "not_built"]


def test_a_subject_whose_tool_or_packages_are_nowhere_here_is_left_out(tmp_path: Path) -> None:
    for reason in ("go was not found", "its build failed: no network"):
        programs = {"tested": "1", "steady.not_built": reason}
        base, candidate = (arm(tmp_path / f"{name} {reason[:2]}", programs) for name in ("base", "candidate"))
        found = gate_arms.compare(base, candidate)
        assert found.problems == []
        assert found.to_measure(everything=True) == ["tested"]


def test_a_manifest_of_the_build_is_compared_by_the_program_it_names(tmp_path: Path) -> None:
    arms = []
    for name in ("base", "candidate"):
        made = arm(tmp_path / name, {"tested": "1"})
        (made.subjects.parent / "components").write_text(name)
        manifest = {"v": 1, "id": "components", "command": [str(made.subjects.parent / "components")]}
        (made.subjects / "components.json").write_text(json.dumps(manifest))
        arms.append(made)
    found = gate_arms.compare(*arms, extra=["components"])
    assert [row.id for row in found.rows if not row.equal] == ["components"]
    (arms[1].subjects.parent / "components").unlink()
    assert kinds(gate_arms.compare(*arms, extra=["components"])) == ["vanished_subject"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"subjects":[{}],"workloads":[]}', '{"subjects":3,"workloads":[]}'])
def test_a_catalog_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    base = arm(tmp_path / "base", {})
    base.catalog.write_text(text)
    with pytest.raises(RefusedError, match="catalog of the base"):
        gate_arms.compare(base, arm(tmp_path / "candidate", {}))


@pytest.mark.parametrize("name", ["../../x", "/abs", "a/b", "", "-x", "A", "a\nb", "<b>"])
def test_hostile_ids_never_become_paths(tmp_path: Path, name: str) -> None:
    base = arm(tmp_path / "base", {}, rows=[{"id": name}])
    with pytest.raises(RefusedError, match="no id") as caught:
        gate_arms.compare(base, arm(tmp_path / "candidate", {}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("cache", "objection"),
    [
        ({"CMAKE_BUILD_TYPE": "Release", "CMAKE_CXX_FLAGS_RELEASE": "-O3 -DNDEBUG"}, None),
        ({"CMAKE_BUILD_TYPE": "RelWithDebInfo", "CMAKE_CXX_FLAGS_RELWITHDEBINFO": "-O2 -g"}, None),
        ({"CMAKE_BUILD_TYPE": "Debug", "CMAKE_CXX_FLAGS_DEBUG": "-g"}, "debug"),
        ({"CMAKE_BUILD_TYPE": "", "CMAKE_CXX_FLAGS": "-O3"}, "debug"),
        ({"CMAKE_BUILD_TYPE": "Release", "CMAKE_CXX_FLAGS_RELEASE": ""}, "debug"),
        ({"CMAKE_BUILD_TYPE": "Release", "CMAKE_CXX_FLAGS_RELEASE": "-O3 -O0"}, "debug"),
        ({"CMAKE_BUILD_TYPE": "Release", "CMAKE_CXX_FLAGS": "-fsanitize=thread -O2"}, "sanitizer"),
        ({"CMAKE_BUILD_TYPE": "Release", "CMAKE_CXX_FLAGS": "-O2", "FLOWCORO_SANITIZE": "address"}, "sanitizer"),
        ({}, "debug"),
    ],
)
def test_only_a_build_for_speed_is_timed(cache: dict[str, str], objection: str | None) -> None:
    reason = gate_arms.objection_to_cache(cache)
    assert reason is None if objection is None else objection in str(reason)


def test_a_subject_that_says_it_is_a_debug_build_is_one_whatever_the_cache_says(tmp_path: Path) -> None:
    def program(compiler: str, flags: str) -> str:
        return f'#!/bin/sh\necho \'{{"v":1,"build":{{"compiler":"{compiler}","flags":"{flags}"}}}}\'\n'

    base = arm(tmp_path / "base", {"tested": program("Clang 19", "-O3"), "steady": program("gc", "")})
    candidate = arm(tmp_path / "candidate", {"tested": program("GNU 12", "-g"), "steady": program("gc", "")})
    rows = gate_arms.compare(base, candidate).rows
    (problem,) = gate_arms.debug_build(base, candidate, rows)
    assert problem.kind == "debug_build"
    assert problem.text.startswith("the candidate is a debug build")
    assert "says tested" in problem.text
    assert gate_arms.debug_build(base, base, rows) == []
