import os
import time
from pathlib import Path

from tooling import processes


def run(tmp_path: Path, script: str, limit_s: float = 30.0) -> processes.Finished:
    return processes.run(
        ["bash", "-c", script], log=tmp_path / "a/log", folder=tmp_path, environment=os.environ, limit_s=limit_s
    )


def is_gone(pid: str) -> bool:
    """SIGKILL has been sent; the process ends when the kernel next schedules it, and then waits for its parent."""
    stat = Path("/proc", pid, "stat")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            if stat.read_text().split()[2] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


def test_output_is_kept_in_order_and_in_the_log(tmp_path: Path) -> None:
    done = run(tmp_path, "echo one; echo two >&2; exit 3")
    assert done.lines == ["one", "two"]
    assert (tmp_path / "a/log").read_text() == "one\ntwo\n"
    assert done.why_failed() == "exited with 3: two"


def test_a_command_over_its_limit_is_killed_with_everything_it_started(tmp_path: Path) -> None:
    start = time.monotonic()
    done = run(tmp_path, "sleep 300 & echo $!; sleep 300", limit_s=0.5)
    assert time.monotonic() - start < 60
    assert done.timed_out
    assert done.why_failed() == "ran into its time limit and was killed"
    assert is_gone(done.lines[0])


def test_what_a_command_left_running_is_killed_when_it_ends(tmp_path: Path) -> None:
    done = run(tmp_path, "sleep 300 >/dev/null 2>&1 & echo $!")
    assert done.code == 0
    assert is_gone(done.lines[0])
