from pathlib import Path

import pytest

from tooling import build, gate_builds
from tooling.gate_problems import RefusedError


def configured(root: Path, compiler: str, flags: str) -> Path:
    """A checkout as CMake leaves it."""
    folder = build.folder("release", root)
    (folder / "CMakeFiles/3.25.1").mkdir(parents=True)
    (folder / "CMakeFiles/3.25.1/CMakeCXXCompiler.cmake").write_text(f'set(CMAKE_CXX_COMPILER "{compiler}")\n')
    (folder / "CMakeCache.txt").write_text(f"CMAKE_CXX_FLAGS:STRING={flags}\nFLOWCORO_go:FILEPATH=/usr/bin/go\n")
    return root


class Asked:
    """What build was asked to do."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, targets: list[str], *, configures: bool = True) -> None:
        self.settings: tuple[str, ...] = ()

        def configure(_preset: str, *settings: str, root: Path) -> bool:
            assert root.name == "base"
            self.settings = settings
            return configures

        monkeypatch.setattr(build, "configure", configure)
        monkeypatch.setattr(build, "targets", lambda _preset, _root: targets)
        monkeypatch.setattr(build, "build", lambda _preset, *_targets, root: [] if root.name == "base" else None)


def test_the_base_is_built_with_the_compiler_and_the_flags_of_the_candidate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = configured(tmp_path / "candidate", "/usr/bin/c++", "-march=native -g")
    asked = Asked(monkeypatch, ["subject_a"])
    gate_builds.base(tmp_path / "base", [], candidate)
    assert asked.settings == (
        "-DCMAKE_CXX_COMPILER=/usr/bin/c++",
        "-DCMAKE_CXX_FLAGS=-march=native -g",
        "-DFLOWCORO_go=/usr/bin/go",
    )


@pytest.mark.parametrize(
    ("compiler", "flags", "fresh"), [("/c++", "-g", False), ("/g++", "-g", True), ("/c++", "", True)]
)
def test_a_base_that_was_configured_otherwise_is_configured_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str, flags: str, fresh: bool
) -> None:
    candidate = configured(tmp_path / "candidate", "/c++", "-g")
    asked = Asked(monkeypatch, ["subject_a"])
    gate_builds.base(configured(tmp_path / "base", compiler, flags), [], candidate)
    assert ("--fresh" in asked.settings) == fresh


def test_a_base_that_cannot_be_configured_or_has_no_subjects_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Asked(monkeypatch, [], configures=False)
    with pytest.raises(RefusedError, match="cannot configure the base"):
        gate_builds.base(tmp_path / "base", [], tmp_path)
    Asked(monkeypatch, ["flowbench"])
    with pytest.raises(RefusedError) as caught:
        gate_builds.base(tmp_path / "base", [], tmp_path)
    assert caught.value.problem.kind == "predates_contract"


def test_the_compiler_of_a_build_that_is_not_configured_is_unknown(tmp_path: Path) -> None:
    assert build.compiler("release", tmp_path) == ""
