"""How a run is named on a command line."""

from pathlib import Path

import pytest

from flowreport.errors import ReportError
from flowreport.sources import output_file, run_folder


@pytest.mark.parametrize(
    ("name", "folder"), [("a/b", "a/b"), ("a/b/run.json", "a/b"), ("run.json", "."), ("latest", "results/latest")]
)
def test_a_folder_or_the_file_in_it(name: str, folder: str) -> None:
    assert run_folder(name) == Path(folder)


def test_latest_is_a_folder_of_that_name_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "latest").mkdir()
    assert run_folder("latest") == Path("latest")


def test_a_baseline_is_found_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    with pytest.raises(ReportError, match=r"no baseline of this name in .*; see flowreport baseline list"):
        run_folder("baseline:main", tmp_path)
    (tmp_path / "main/run.json").touch()
    assert run_folder("baseline:main", tmp_path) == tmp_path / "main"


def test_the_name_of_a_baseline_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "run.json").touch()
    with pytest.raises(ReportError, match="cannot be the name of a baseline"):
        run_folder("baseline:../" + tmp_path.name, tmp_path)


@pytest.mark.parametrize("part", ["run.json", "trials.jsonl", "calibration.jsonl"])
def test_output_never_takes_the_place_of_an_input(tmp_path: Path, part: str) -> None:
    with pytest.raises(ReportError, match="is part of the run"):
        output_file(str(tmp_path / "." / part), tmp_path)
    assert output_file(str(tmp_path / "x"), tmp_path) == tmp_path / "x"
