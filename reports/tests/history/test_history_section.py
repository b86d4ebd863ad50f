"""The history lines of a report, as a user gets them."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from flowreport.cli import run_command
from flowreport.history.location import locate
from flowreport.history.series import series_of
from flowreport.history.store import History
from flowreport.model import Run
from flowreport.pages.history import history_section
from flowreport.pages.names import Names
from history.test_command import run_folder
from outline import Outline


@pytest.fixture(scope="module")
def runs(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten runs, slower by a half from the sixth on, in a history beside them."""
    folder = tmp_path_factory.mktemp("runs")
    for n in range(10):
        run_folder(small_folder, folder / f"run{n}", n, (1.0 + 0.002 * (n % 3)) * (1.5 if n >= 5 else 1.0))
    names = [str(folder / f"run{n}") for n in range(10)]
    assert run_command(["history", "add", *names, "--history", str(folder / "history.sqlite")]) == 0
    return folder


def report(runs: Path, number: int, *options: str) -> str:
    page = runs / f"report{number}.html"
    assert run_command(["report", str(runs / f"run{number}"), "-o", str(page), "-q", *options]) in {0, 1}
    return page.read_text(encoding="utf-8")


def lines(page: str) -> list[str]:
    section = page[page.index('<section id="history">') :]
    return re.findall(r"<figure .*?</figure>", section[: section.index("</section>")], re.DOTALL)


def test_each_case_has_a_line_up_to_this_run_with_its_change(runs: Path) -> None:
    page = report(runs, 9, "--history", str(runs / "history.sqlite"))
    found = lines(page)
    assert len(found) == len(Outline(page).rows["w0-all"]) - 1
    assert all("10 runs; changed at" in line and "1.50×" in line for line in found)
    assert [a["href"] for a in Outline(page).all("a") if a.get("href") == "#history"] == ["#history"]
    earlier = lines(report(runs, 3, "--history", str(runs / "history.sqlite")))
    assert all("4 runs<" in line for line in earlier)


def test_the_filter_knows_each_line(runs: Path) -> None:
    page = report(runs, 9, "--history", str(runs / "history.sqlite"))
    marked = {re.match(r'<figure data-subject="(\d)" data-workload="0">', line) for line in lines(page)}
    assert None not in marked
    assert len({m[1] for m in marked if m}) > 3


def test_a_first_run_and_a_report_without_history_have_no_section(runs: Path) -> None:
    assert 'id="history"' not in report(runs, 0, "--history", str(runs / "history.sqlite"))
    assert 'id="history"' not in report(runs, 9)


def test_a_history_that_is_not_there_is_one_line_and_no_page(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    code = run_command(["report", str(runs / "run1"), "-o", str(page), "--history", str(tmp_path / "none.sqlite")])
    assert code == 2
    assert capsys.readouterr().err.splitlines() == [
        f"flowreport: error: {tmp_path / 'none.sqlite'}: no history here; flowreport history add RUN makes one"
    ]
    assert not page.exists()


def test_of_too_many_lines_those_with_a_change_stay(runs: Path, small: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with History(locate(str(runs / "history.sqlite"))).reading() as connection:
        found = series_of(connection, metrics=("cold",))
    steady, changed, other = (replace(found[0], points=found[0].points[:4]), found[1], found[2])
    assert (len(steady.changes), len(changed.changes)) == (0, 1)
    monkeypatch.setattr("flowreport.pages.history.MOST_LINES", 2)
    section = history_section(small, Names(small), (steady, changed, other))
    assert section is not None
    assert [line.caption.startswith("10 runs; changed") for line in section.lines] == [True, True]
    assert (section.changed, section.left_out) == (2, 1)
