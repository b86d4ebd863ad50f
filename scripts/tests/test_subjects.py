from pathlib import Path

import pytest

from tooling import build, subjects
from tooling.build import Failure


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What was asked to be built, in a build where `subject_bad` and `benchmarks` fail."""
    asked: list[tuple[str, ...]] = []

    def fake(_preset: str, *targets: str) -> list[Failure]:
        asked.append(targets)
        return [Failure(t, "an error") for t in targets if t in {"subject_bad", "benchmarks"}]

    monkeypatch.setattr(build, "configure", lambda _preset: True)
    monkeypatch.setattr(build, "targets", lambda _preset: ["flowbench", "subject_good", "subject_bad", "benchmarks"])
    monkeypatch.setattr(build, "build", fake)
    monkeypatch.setattr(subjects, "FLOWBENCH", tmp_path / "bin/flowbench")
    monkeypatch.setattr(subjects, "SUBJECTS", tmp_path / "bin/subjects")
    (tmp_path / "bin/subjects").mkdir(parents=True)
    for name in ("subjects/good", "subjects/bad", "benchmarks"):
        (tmp_path / "bin" / name).write_text("of an earlier build")
    return asked


def test_a_subject_that_does_not_build_is_set_aside_with_the_reason(
    tmp_path: Path, built: list[tuple[str, ...]]
) -> None:
    assert subjects.build_all() is None
    assert built[0] == ("flowbench", "subject_good", "subject_bad")
    assert not (tmp_path / "bin/subjects/bad").exists()
    assert (tmp_path / "bin/subjects/bad.not_built").read_text() == "its build failed: an error\n"
    assert (tmp_path / "bin/subjects/good").exists()
    assert (tmp_path / "bin/benchmarks").exists()


def test_a_target_that_was_asked_for_is_built_too_and_is_gone_when_it_fails(
    tmp_path: Path, built: list[tuple[str, ...]]
) -> None:
    assert subjects.build_all(["benchmarks", "elsewhere.json"]) is None
    assert built[0] == ("flowbench", "subject_good", "subject_bad", "benchmarks")
    assert not (tmp_path / "bin/benchmarks").exists()
    assert not (tmp_path / "bin/subjects/benchmarks.not_built").exists()
