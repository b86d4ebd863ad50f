import os
from pathlib import Path

import pytest

from tooling import bench_run
from tooling.console import ROOT, UserError


@pytest.mark.parametrize(
    ("arguments", "folder"),
    [
        ([], "results"),
        (["--quick", "--results", "elsewhere"], "elsewhere"),
        (["--results=elsewhere", "--quick"], "elsewhere"),
        (["--results", "/abs"], "/abs"),
    ],
)
def test_the_newest_run_is_looked_for_where_flowbench_puts_it(
    arguments: list[str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FLOWBENCH_RESULTS", raising=False)
    assert bench_run.latest(arguments) == ROOT / folder / "latest"


def test_an_option_that_may_come_often_has_all_its_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWBENCH_SUBJECT", "from_environment")
    given = ["--subject", "one", "--quick", "--subject=two.json", "--subjects", "three"]
    assert bench_run.values(given, "--subject", "FLOWBENCH_SUBJECT") == ["one", "two.json"]
    assert bench_run.values(["--quick"], "--subject", "FLOWBENCH_SUBJECT") == ["from_environment"]
    monkeypatch.delenv("FLOWBENCH_SUBJECT")
    assert bench_run.values(["--quick"], "--subject", "FLOWBENCH_SUBJECT") == []


def test_the_state_changes_with_another_run_and_with_a_resumed_one(tmp_path: Path) -> None:
    link = tmp_path / "latest"
    assert bench_run.state(link) is None
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "trials.jsonl").touch()
        os.utime(tmp_path / name / "trials.jsonl", ns=(1, 1))
    link.symlink_to("one")
    first = bench_run.state(link)
    link.unlink()
    link.symlink_to("two")
    second = bench_run.state(link)
    os.utime(tmp_path / "two/trials.jsonl", ns=(2, 2))
    assert len({first, second, bench_run.state(link)}) == 3


def test_a_report_of_a_folder_without_a_run_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no run"):
        bench_run.report(tmp_path)
