"""Runs kept under a name."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from flowreport import baselines
from flowreport.errors import ReportError
from flowreport.load import load_run
from flowreport.model import Run, Status
from sample_run import write_sample_run


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample_run(tmp_path_factory.mktemp("whole") / "run", rounds=1, places=(0,))


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "run"))


@pytest.fixture
def cut(run: Path) -> Path:
    """A run that was interrupted."""
    trials = run / "trials.jsonl"
    trials.write_bytes(b"".join(trials.read_bytes().splitlines(keepends=True)[:-3]))
    return run


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir()}


def test_a_baseline_is_a_copy_of_the_files_of_a_run(run: Path, tmp_path: Path) -> None:
    calibration = {"v": 1, "at": "start", "started": 0, "best_ns": 5, "median_ns": 6, "times_ns": [6, 5, 7]}
    (run / "calibration.jsonl").write_text(json.dumps(calibration) + "\n", encoding="utf-8")
    (run / "report.html").write_text("made from it", encoding="utf-8")
    target = baselines.save(run, "main", tmp_path / "b", force=False)
    assert target == tmp_path / "b" / "main"
    expected = files(run)
    del expected["report.html"]
    assert files(target) == expected
    assert [p.name for p in (tmp_path / "b").iterdir()] == ["main"]


def test_a_name_that_is_taken_needs_force(run: Path, tmp_path: Path) -> None:
    store = tmp_path / "b"
    baselines.save(run, "main", store, force=False)
    before = files(store / "main")
    document = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (run / "run.json").write_text(json.dumps(document | {"id": "later"}), encoding="utf-8")
    with pytest.raises(ReportError, match="there is a baseline main already; --force replaces it"):
        baselines.save(run, "main", store, force=False)
    assert files(store / "main") == before
    baselines.save(run, "main", store, force=True)
    assert load_run(store / "main").id == "later"
    assert [p.name for p in store.iterdir()] == ["main"]


def test_an_interrupted_run_needs_force(cut: Path, tmp_path: Path) -> None:
    store = tmp_path / "b"
    with pytest.raises(ReportError, match="3 of 21 planned trials have no record"):
        baselines.save(cut, "main", store, force=False)
    assert not store.exists()
    baselines.save(cut, "main", store, force=True)
    assert baselines.names(store) == ("main",)


def test_what_makes_a_run_incomplete(whole: Path) -> None:
    run: Run = load_run(whole)
    assert baselines.incomplete(run) == ""
    cancelled = replace(run, trials=(replace(run.trials[0], status=Status.CANCELLED), *run.trials[1:]))
    assert baselines.incomplete(cancelled) == "the run was interrupted (some trials are cancelled)"
    resumed = replace(cancelled, trials=(*cancelled.trials, run.trials[0]))
    assert baselines.incomplete(resumed) == ""
    assert baselines.incomplete(replace(run, torn="x:3: torn")) == "x:3: torn"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "A", "a b", "-a", "x" * 65, "a\n"])
def test_a_name_is_never_a_path(run: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ReportError, match="cannot be the name of a baseline"):
        baselines.save(run, name, tmp_path / "b", force=True)
    with pytest.raises(ReportError, match="cannot be the name of a baseline"):
        baselines.remove(name, tmp_path)
    assert run.is_dir()


def test_a_run_that_breaks_the_contract_is_not_saved(run: Path, tmp_path: Path) -> None:
    (run / "trials.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(ReportError, match=r"trials\.jsonl:1: "):
        baselines.save(run, "main", tmp_path / "b", force=True)
    assert not (tmp_path / "b").exists()


def test_a_copy_that_fails_leaves_the_old_one(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "b"
    baselines.save(run, "main", store, force=False)
    before = files(store / "main")
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if self.name == "new":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(ReportError, match="No space left on device"):
        baselines.save(run, "main", store, force=True)
    assert files(store / "main") == before
    assert [p.name for p in store.iterdir()] == ["main"]


def test_removing_removes_one(run: Path, tmp_path: Path) -> None:
    store = tmp_path / "b"
    for name in ("one", "two"):
        baselines.save(run, name, store, force=False)
    baselines.remove("one", store)
    assert baselines.names(store) == ("two",)
    assert [p.name for p in store.iterdir()] == ["two"]
    with pytest.raises(ReportError, match=r"no baseline one in .*; see flowreport baseline list"):
        baselines.remove("one", store)
