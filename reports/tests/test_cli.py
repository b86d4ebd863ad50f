"""The command line as a user meets it: a process, its streams, its exit code."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sample_run import write_sample_run

COMMAND = [sys.executable, "-W", "error", "-m", "flowreport"]


def flowreport(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=os.environ | environment,
    )


@pytest.fixture(scope="module")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two workloads are enough here, and quicker to draw: one sleeps, one crashes."""
    return write_sample_run(tmp_path_factory.mktemp("small") / "run", places=(4, 6))


@pytest.fixture
def folder(small_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small_folder, tmp_path / "run"))


@pytest.fixture
def good_folder(folder: Path) -> Path:
    """The sample run without its failed trials."""
    path = folder / "trials.jsonl"
    failed = (b'"crashed"', b'"wrong_answer"')
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(x for x in lines if not any(f in x for f in failed)))
    return folder


def test_report_goes_beside_the_run_and_its_path_to_stdout(good_folder: Path) -> None:
    done = flowreport("report", good_folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{good_folder / 'report.html'}\n"
    assert (good_folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_failed_trials_give_exit_1_and_a_whole_report(folder: Path) -> None:
    done = flowreport("report", folder)
    assert done.returncode == 1
    failed = (folder / "trials.jsonl").read_bytes().count(b'"status": "crashed"')
    assert f"{failed} of 294 trials failed" in done.stderr
    assert failed
    assert (folder / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")


def test_same_run_gives_the_same_bytes(folder: Path) -> None:
    one, two = folder / "1.html", folder / "2.html"
    flowreport("report", folder, "-o", one, PYTHONHASHSEED="1")
    flowreport("report", folder, "-o", two, PYTHONHASHSEED="2", TZ="Asia/Tokyo", LC_ALL="C")
    assert one.read_bytes() == two.read_bytes()


def test_latest_may_be_a_link(good_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(good_folder)
    assert flowreport("report", tmp_path / "latest", "-q").stdout == ""
    assert (good_folder / "report.html").is_file()


def test_dash_writes_the_report_to_stdout(good_folder: Path) -> None:
    done = flowreport("report", good_folder, "-o", "-", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout[:15]) == (0, "<!doctype html>")
    assert not (good_folder / "report.html").exists()


def test_summary_is_on_stdout_alone(good_folder: Path) -> None:
    done = flowreport("summary", good_folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert "time per task" in done.stdout


def test_a_terminal_without_the_signs_gets_escapes(good_folder: Path) -> None:
    done = flowreport("summary", good_folder, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\xd7" in done.stdout


def test_a_reader_that_stops_early_is_no_error(good_folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", '"$@" | head -n 1', "bash", *COMMAND, "report", good_folder, "-o", "-"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_stdout_that_takes_nothing_is_one_line_and_exit_2(good_folder: Path, redirection: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f'"$@" {redirection}', "bash", *COMMAND, "summary", good_folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("flowreport: error: cannot write to standard output: ")
    assert done.stderr.count("\n") == 1


def test_closed_stderr_is_no_error(good_folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", '"$@" 2>&-', "bash", *COMMAND, "summary", good_folder / "none"], capture_output=True, check=False
    )
    assert done.returncode == 2


def test_output_that_is_a_pipe_is_written_to_and_stays(good_folder: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        done = flowreport("export", good_folder, "--format", "csv", "-o", pipe)
        is_pipe = pipe.is_fifo()
        if not is_pipe:
            reader.kill()
        text = reader.communicate()[0]
    assert (done.returncode, done.stderr) == (0, "")
    assert is_pipe
    flowreport("export", good_folder, "--format", "csv", "-o", tmp_path / "file.csv")
    assert text == (tmp_path / "file.csv").read_bytes()


def test_output_that_is_a_link_stays_a_link(good_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to("there/real.csv")
    assert flowreport("export", good_folder, "--format", "csv", "-o", link).returncode == 0
    assert link.is_symlink()
    assert (tmp_path / "there" / "real.csv").read_text(encoding="utf-8")


def test_torn_last_line_is_a_warning(good_folder: Path) -> None:
    path = good_folder / "trials.jsonl"
    path.write_bytes(path.read_bytes()[:-25])
    before = path.read_bytes()
    done = flowreport("report", good_folder)
    assert done.returncode == 0
    assert "warning:" in done.stderr
    assert "the last line is torn" in done.stderr
    assert "the last line is torn" in (good_folder / "report.html").read_text(encoding="utf-8")
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", ["report", "summary"])
@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("run.json", b'{"v": 1,', "run.json:1: not JSON"),
        ("run.json", b'{"v": 9, "kind": "run"}', "schema version 9"),
        ("trials.jsonl", b"<html>\n", "trials.jsonl:1: not JSON"),
        ("trials.jsonl", b'{"v": 2}\n', "trials.jsonl:1: schema version 2"),
    ],
)
def test_bad_file_is_one_line_and_exit_2(folder: Path, command: str, name: str, content: bytes, complaint: str) -> None:
    (folder / name).write_bytes(content)
    done = flowreport(command, folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert done.stderr.count("\n") == 1
    assert (folder / name).read_bytes() == content
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize("arguments", [[], ["report"], ["draw", "x"], ["report", "x", "--colour"]])
def test_usage_error_is_exit_2(arguments: list[str]) -> None:
    done = flowreport(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_missing_run_is_exit_2_with_advice(tmp_path: Path) -> None:
    done = flowreport("report", tmp_path)
    assert done.returncode == 2
    assert "no run here (no run.json); name a folder such as results/latest" in done.stderr


@pytest.mark.parametrize("name", ["run.json", "trials.jsonl"])
def test_report_never_overwrites_the_run(folder: Path, name: str) -> None:
    before = (folder / name).read_bytes()
    done = flowreport("report", folder, "-o", folder / "." / name)
    assert done.returncode == 2
    assert "is part of the run" in done.stderr
    assert (folder / name).read_bytes() == before


def test_report_that_cannot_be_written_leaves_nothing_behind(good_folder: Path) -> None:
    done = flowreport("report", good_folder, "-o", good_folder / "absent" / "x.html")
    assert done.returncode == 2
    assert "cannot be written: No such file or directory" in done.stderr
    (good_folder / "taken").mkdir()
    done = flowreport("report", good_folder, "-o", good_folder / "taken")
    assert done.returncode == 2
    assert "cannot be written: Is a directory" in done.stderr
    assert sorted(p.name for p in good_folder.iterdir()) == ["run.json", "taken", "trials.jsonl"]


def test_full_disk_is_a_clear_error(good_folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 64; "$@"', "bash", *COMMAND, "report", good_folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "cannot be written: File too large" in done.stderr
    assert sorted(p.name for p in good_folder.iterdir()) == ["run.json", "trials.jsonl"]


def test_version_and_help() -> None:
    assert flowreport("--version").stdout == "flowreport 0.1.0\n"
    done = flowreport("-h")
    assert done.returncode == 0
    assert "results/latest" in flowreport("report", "-h").stdout
    assert "Exit: 0 good, 1 the run holds a failed trial, 2" in done.stdout


def test_the_report_of_an_arm_shows_the_verdict_of_its_gate(good_folder: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate-1"
    arm = gate / "look-1" / "candidate"
    shutil.copytree(good_folder, arm)
    (gate / "gate.json").write_text("{}", encoding="utf-8")
    verdict = '{"v": 1, "verdict": "inconclusive", "reasons": ["<b>too few</b> pairs"]}'
    (gate / "verdict.json").write_text(verdict, encoding="utf-8")
    assert flowreport("report", arm).returncode == 0
    page = (arm / "report.html").read_text(encoding="utf-8")
    assert "Gate: inconclusive" in page
    assert "&lt;b&gt;too few&lt;/b&gt; pairs" in page
    flowreport("report", good_folder)
    assert "Gate: " not in (good_folder / "report.html").read_text(encoding="utf-8")
