"""`flowreport history` as a user meets it, on both stores."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from flowreport.cli import run_command
from flowreport.model import Run
from history.places import Place, put, recorded, variant
from sample_run import HOSTILE_TITLE

Captured = pytest.CaptureFixture[str]


def history(capsys: Captured, *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command that runs in this process."""
    capsys.readouterr()
    code = run_command(["history", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def run_folder(small_folder: Path, folder: Path, number: int, factor: float = 1.0) -> Path:
    """A copy of the run for another commit, its times longer by a factor."""
    folder.mkdir()
    run = json.loads((small_folder / "run.json").read_text(encoding="utf-8"))
    run |= {"id": f"run-{number:02}", "created": f"2026-01-{number + 1:02}T00:00:00Z"}
    run["tool"] |= {"commit": f"{number:040x}", "dirty": False}
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    text = (small_folder / "trials.jsonl").read_text(encoding="utf-8")
    longer = re.sub(r'"wall_ns": (\d+), "cpu_ns"', lambda m: f'"wall_ns": {int(int(m[1]) * factor)}, "cpu_ns"', text)
    (folder / "trials.jsonl").write_text(longer, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folders(small_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Ten runs, slower by a half from the sixth on."""
    within = tmp_path_factory.mktemp("runs")
    factors = [(1.0 + 0.002 * (n % 3)) * (1.5 if n >= 5 else 1.0) for n in range(10)]
    return [run_folder(small_folder, within / f"run{n}", n, factor) for n, factor in enumerate(factors)]


@pytest.fixture(scope="module")
def filled(new_place: Callable[[], Place], folders: list[Path]) -> Place:
    """The ten runs, added; no test adds more."""
    place = new_place()
    assert run_command(["history", "add", *map(str, folders), "--history", place.text]) == 0
    return place


def test_add_says_what_it_did_and_prints_nothing(place: Place, folders: list[Path], capsys: Captured) -> None:
    code, out, err = history(capsys, "add", *folders[:2], "--history", place.text)
    assert (code, out) == (0, "")
    assert err.splitlines() == ["flowreport: run-00: added", "flowreport: run-01: added"]


def test_add_again_is_said_and_changed_content_is_refused(
    filled: Place, folders: list[Path], small_folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    code, _, err = history(capsys, "add", folders[3], "--history", filled.text)
    assert (code, err) == (0, "flowreport: run-03: already there\n")
    new = run_folder(small_folder, tmp_path / "new", 11)
    changed = run_folder(small_folder, tmp_path / "changed", 4, factor=3.0)
    code, _, err = history(capsys, "add", new, changed, "--history", filled.text)
    assert code == 2
    assert "error: run run-04: is in the history with other content" in err
    assert "run-11" not in history(capsys, "list", "--history", filled.text)[1]


def test_list_and_show(filled: Place, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWREPORT_HISTORY", filled.text)
    code, out, _ = history(capsys, "list")
    assert code == 0
    assert re.findall(r"^run-\d\d", out, re.MULTILINE) == [f"run-{n:02}" for n in range(10)]
    assert re.findall(r"^run-\d\d", history(capsys, "list", "--commit", f"{3:040x}"[:39])[1], re.MULTILINE) == [
        f"run-{n:02}" for n in range(10)
    ]
    assert history(capsys, "list", "--commit", "f")[1].count("run-") == 0
    code, out, _ = history(capsys, "show", "run-07")
    assert code == 0
    assert "commit 0000000000000000000000000000000000000007\n" in out
    line = next(x for x in out.splitlines() if re.match(r"alpha/\S+/1000 +cold ", x))
    assert re.search(r" \d+ – \d+ +7 +ns per task$", line)
    assert re.search(r"^hostile/\S+/1000 +crashed +\d+ trials?$", out, re.MULTILINE)


def test_trend_as_json_text_and_page(filled: Place, tmp_path: Path, capsys: Captured) -> None:
    chosen = ("--case", "^alpha/.*/1000$", "--metric", "cold", "--history", filled.text)
    code, out, _ = history(capsys, "trend", "--json", *chosen)
    value = json.loads(out)
    (series,) = value["series"]
    assert (code, value["v"], value["kind"]) == (0, 1, "trend")
    points = [dict(zip(value["point_columns"], row, strict=True)) for row in series["points"]]
    assert [p["run"] for p in points] == [f"run-{n:02}" for n in range(10)]
    assert value["runs"]["run-05"]["commit"] == f"{5:040x}"
    (change,) = series["changes"]
    assert (change["run"], change["last_run_before"], round(change["ratio"], 2)) == ("run-05", "run-04", 1.5)

    code, out, _ = history(capsys, "trend", "--text", *chosen)
    assert out.startswith("1 of 1 series changed\n")
    assert re.search(r"^alpha/\S+/1000 +2 +cold .* 1\.50× ", out, re.MULTILINE)

    page = tmp_path / "trend.html"
    code, out, _ = history(capsys, "trend", "-o", page, *chosen)
    assert (code, out) == (0, f"{page}\n")
    html = page.read_text(encoding="utf-8")
    assert html.count('class="chart trend"') == 1
    assert "▲ 1.50×" in html
    embedded = re.search(r'id="raw-data">(.*?)</script>', html, re.DOTALL)
    assert embedded is not None
    assert json.loads(embedded[1]) == value


def test_the_page_holds_nothing_active_and_is_the_same_again(filled: Place, tmp_path: Path, capsys: Captured) -> None:
    for name in ("a", "b"):
        assert history(capsys, "trend", "-o", tmp_path / name, "--history", filled.text)[0] == 0
    page = (tmp_path / "a").read_text(encoding="utf-8")
    assert page == (tmp_path / "b").read_text(encoding="utf-8")
    assert "default-src 'none'; img-src data:; style-src 'sha256-" in unescape(page)
    assert re.findall("<script[^>]*>", page) == ['<script type="application/json" id="raw-data">']
    assert not re.search(r' (style|on[a-z]+)="', page)
    assert not re.search(r'(src|href)="(?!#)', page)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_hostile_names_are_text_on_the_page_and_in_the_terminal(
    small: Run, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "x</script><img src=y onerror=alert(1)>\x1b[31m\u202e"
    store = Place(str(tmp_path / "h.sqlite"), is_file=True)
    subjects = (replace(small.subjects[0], id=name), *small.subjects[1:])
    trials = tuple(replace(t, case=replace(t.case, subject=name)) for t in small.trials if t.case.subject == "alpha")
    run = replace(small, subjects=subjects, trials=trials, tool=replace(small.tool, commit=name), id=name)
    put(store, *(recorded(replace(variant(run, n), tool=run.tool, id=f"{name}{n}", trials=trials)) for n in range(2)))
    monkeypatch.setenv("FLOWREPORT_HISTORY", store.text)
    assert history(capsys, "trend", "-o", tmp_path / "t.html")[0] == 0
    page = (tmp_path / "t.html").read_text(encoding="utf-8")
    assert page.count("<img") == 0
    assert page.count("</script>") == 1
    assert "x&lt;/script&gt;&lt;img src=y onerror=alert(1)&gt;" in page
    for arguments in (("trend", "--text"), ("list",), ("show", name[:5])):
        code, out, err = history(capsys, *arguments)
        assert code == (2 if arguments[0] == "show" else 0)
        assert not {"\x1b", "\u202e"} & {*out, *err}
    assert history(capsys, "show", f"{name}1")[0] == 0


def test_nothing_that_matches_is_an_error_with_advice(filled: Place, capsys: Captured) -> None:
    code, out, err = history(capsys, "trend", "--case", "absent", "--history", filled.text)
    assert (code, out) == (2, "")
    assert "no number in the history matches; flowreport history list and show tell what is there" in err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["trend", "--case", "(("], "--case: not a regular expression: missing ), unterminated subpattern"),
        (["trend", "--level", "2"], "'2' is not a number between 0 and 1"),
        (["trend", "--text", "--json"], "not allowed with argument"),
        (["add"], "the following arguments are required: RUN"),
        ([], "the following arguments are required: ACTION"),
    ],
)
def test_usage_errors(arguments: list[str], complaint: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(["history", *arguments])
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["list", "postgresql://me:s3cr3t/@x@h/d"],
        ["list", "--histroy=postgresql://me:s3cr3t@h/d"],
        ["add", "postgresql://me:s3cr3t@h/d"],
        ["trend", "-o", "postgresql://me:s3cr3t@h/d", "--history", "FILLED"],
        ["add", "x", "--history", "postgresql://me:s3cr3t@h:1/d"],
    ],
)
def test_a_password_in_the_wrong_place_is_not_printed(
    arguments: list[str], filled: Place, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    command = [filled.text if a == "FILLED" else a for a in arguments]
    code: object
    try:
        code = run_command(["history", *command])
    except SystemExit as ended:
        code = ended.code
    out, err = capsys.readouterr()
    assert code == 2
    assert "s3cr3t" not in out + err
    assert "***@" in err or "x: no run here" in err


def test_a_run_that_is_not_complete_is_added_only_when_asked_for(
    small_folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    folder = Path(shutil.copytree(small_folder, tmp_path / "run"))
    lines = (folder / "trials.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "trials.jsonl").write_bytes(b"".join(lines[:-5]))
    store = tmp_path / "h.sqlite"
    code, _, err = history(capsys, "add", folder, "--history", store)
    assert code == 2
    assert f"{folder}: 5 planned trials have no record; finish the run (flowbench run --resume {folder})" in err
    assert not store.exists()
    assert history(capsys, "add", folder, "--incomplete", "--history", store)[0] == 0


def test_commit_names_what_one_run_measured(small_folder: Path, tmp_path: Path, capsys: Captured) -> None:
    store = tmp_path / "h.sqlite"
    both = [run_folder(small_folder, tmp_path / f"r{n}", n) for n in range(2)]
    code, _, err = history(capsys, "add", *both, "--commit", "abc", "--history", store)
    assert (code, "give one RUN with it" in err) == (2, True)
    assert history(capsys, "add", both[0], "--commit", "abcdef123456789", "--history", store)[0] == 0
    assert "abcdef123456 " in history(capsys, "list", "--history", store)[1]


def test_a_base_arm_needs_its_commit_because_run_json_has_the_candidates(
    small_folder: Path, tmp_path: Path, capsys: Captured
) -> None:
    store = tmp_path / "h.sqlite"
    for number, arm in enumerate(("base", "candidate")):
        path = run_folder(small_folder, tmp_path / arm, number) / "run.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"pair": {"id": "p", "arm": arm, "title": "t"}}))
    code, _, err = history(capsys, "add", tmp_path / "base", "--history", store)
    assert code == 2
    assert "is the base arm of a pair" in err
    assert history(capsys, "add", tmp_path / "base", "--commit", "ba5e000", "--history", store)[0] == 0
    assert history(capsys, "add", tmp_path / "candidate", "--history", store)[0] == 0


def test_a_missing_run_and_a_broken_one_leave_no_history_behind(tmp_path: Path, capsys: Captured) -> None:
    store = tmp_path / "h.sqlite"
    code, _, err = history(capsys, "add", tmp_path / "absent", "--history", store)
    assert (code, "no run here" in err) == (2, True)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{")
    code, _, err = history(capsys, "add", tmp_path / "run", "--history", store)
    assert (code, "run.json:1: not JSON" in err) == (2, True)
    assert not store.exists()


def test_the_default_is_beside_the_runs(
    small_folder: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLOWREPORT_HISTORY", raising=False)
    assert history(capsys, "list")[0] == 2
    assert history(capsys, "add", small_folder)[0] == 0
    assert history(capsys, "trend")[1] == "results/trend.html\n"
    assert sorted(p.name for p in (tmp_path / "results").iterdir()) == ["history.sqlite", "trend.html"]
    page = (tmp_path / "results" / "trend.html").read_text(encoding="utf-8")
    assert "too few to tell a change" in page
    assert HOSTILE_TITLE not in page


def test_as_a_process_it_ends_with_one_line_and_the_code(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-W",
        "error",
        "-m",
        "flowreport",
        "history",
        "list",
        "--history",
        str(tmp_path / "absent"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr
        == f"flowreport: error: {tmp_path / 'absent'}: no history here; flowreport history add RUN makes one\n"
    )
