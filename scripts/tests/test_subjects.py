from pathlib import Path

import pytest

from tooling import build, subjects
from tooling.build import Failure


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What was asked to be built, in a build where `subject_bad` and `benchmarks` fail."""
    asked: list[tuple[str, ...]] = []

    def fake(_preset: str, *targets: str, root: Path) -> list[Failure]:
        assert root == tmp_path
        asked.append(targets)
        return [Failure(t, "an error") for t in targets if t in {"subject_bad", "benchmarks"}]

    targets = ["flowbench", "subject_good", "subject_bad", "benchmarks"]
    monkeypatch.setattr(build, "targets", lambda _preset, _root: targets)
    monkeypatch.setattr(build, "build", fake)
    programs = build.folder(subjects.PRESET, tmp_path) / "bin"
    (programs / "subjects").mkdir(parents=True)
    for name in ("subjects/good", "subjects/bad", "benchmarks"):
        (programs / name).write_text("of an earlier build")
    return asked


def test_a_subject_that_does_not_build_is_set_aside_with_the_reason(
    tmp_path: Path, built: list[tuple[str, ...]]
) -> None:
    assert subjects.build_configured("flowbench", root=tmp_path) is None
    assert built[0] == ("flowbench", "subject_good", "subject_bad")
    programs = build.folder(subjects.PRESET, tmp_path) / "bin"
    assert not (programs / "subjects/bad").exists()
    assert (programs / "subjects/bad.not_built").read_text() == "its build failed: an error\n"
    assert (programs / "subjects/good").exists()
    assert (programs / "benchmarks").exists()


def test_a_target_that_was_asked_for_is_built_too_and_is_gone_when_it_fails(
    tmp_path: Path, built: list[tuple[str, ...]]
) -> None:
    assert subjects.build_configured("flowbench", also=["benchmarks", "elsewhere.json"], root=tmp_path) is None
    assert built[0] == ("flowbench", "subject_good", "subject_bad", "benchmarks")
    programs = build.folder(subjects.PRESET, tmp_path) / "bin"
    assert not (programs / "benchmarks").exists()
    assert not (programs / "subjects/benchmarks.not_built").exists()


def test_of_another_checkout_the_subjects_alone_can_be_built(tmp_path: Path, built: list[tuple[str, ...]]) -> None:
    assert subjects.build_configured(None, root=tmp_path) is None
    assert built[0] == ("subject_good", "subject_bad")
    assert ("flowbench",) not in built
