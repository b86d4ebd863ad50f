"""The command `trace`: what it reads, and that it draws."""

import json
from pathlib import Path
from typing import Any

import pytest

from flowreport.cli import run_command
from flowreport.errors import ReportError
from flowreport.trace import read_lanes

PNG = b"\x89PNG\r\n\x1a\n"


def event(phase: str, ts: float, name: str = "run", tid: int = 1) -> dict[str, Any]:
    return {"ph": phase, "pid": 1, "tid": tid, "ts": ts, "name": name}


def named(tid: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "pid": 1, "tid": tid, "name": "thread_name", "args": {"name": name}}


EVENTS = [
    {"ph": "M", "pid": 1, "tid": 2, "name": "process_name", "args": {"name": "runtime 0"}},
    named(2, "worker 1"),
    event("B", 0.0, "parked", 2),
    event("E", 4.5, "parked", 2),
    event("i", 5.0, "steal", 2),
    named(1, "worker 0"),
    event("B", 1.0),
    {**event("X", 2.0, "spawn"), "dur": 0.001},
    {**event("s", 2.0, "first run"), "id": 1},
    event("E", 3.25),
    named(3, "outside"),
]


def write(folder: Path, events: object) -> Path:
    path = folder / "trace.json"
    path.write_text(json.dumps({"traceEvents": events}))
    return path


def test_lanes_have_their_slices_and_instants_and_silent_threads_none(tmp_path: Path) -> None:
    first, second = read_lanes(write(tmp_path, EVENTS))
    assert (first.name, first.slices, first.instants) == ("worker 0", {"run": [(1.0, 3.25)]}, {"spawn": [2.0]})
    assert (second.name, second.slices, second.instants) == ("worker 1", {"parked": [(0.0, 4.5)]}, {"steal": [5.0]})


@pytest.mark.parametrize(
    ("events", "what"),
    [
        ([], "nothing in it"),
        ([named(1, "worker 0")], "nothing in it"),
        ({}, "no list 'traceEvents'"),
        ([event("E", 1.0)], "event 0"),
        ([event("B", 1.0), {"ph": "E", "pid": 1, "tid": 1}], "event 1"),
        ([1], "event 0"),
        ([{"pid": 1}], "event 0"),
    ],
)
def test_what_is_no_trace_is_refused_in_one_line(tmp_path: Path, events: object, what: str) -> None:
    with pytest.raises(ReportError, match=what) as caught:
        read_lanes(write(tmp_path, events))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "\udcff"])
def test_what_is_no_json_object_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "trace.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ReportError):
        read_lanes(path)


def test_a_picture_is_drawn_of_all_and_of_a_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = write(tmp_path, EVENTS), tmp_path / "out.png"
    assert run_command(["trace", str(path), str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    whole = out.read_bytes()
    assert whole.startswith(PNG)
    assert run_command(["trace", str(path), str(out), "--between", "0,2"]) == 0
    assert out.read_bytes().startswith(PNG)
    assert out.read_bytes() != whole


def test_a_file_that_is_not_there_and_a_time_without_events_are_one_line_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = write(tmp_path, EVENTS), tmp_path / "out.png"
    for arguments, what in (
        ([str(tmp_path / "none.json"), str(out)], "cannot be read"),
        ([str(path), str(tmp_path / "none" / "out.png")], "cannot be written"),
        ([str(path), str(out), "--between", "100,200"], "nothing happened"),
    ):
        assert run_command(["trace", *arguments]) == 2
        err = capsys.readouterr().err
        assert what in err
        assert err.count("\n") == 1
    assert not out.exists()


@pytest.mark.parametrize("between", ["", "1", "2,1", "1,1", "-1,2", "a,b", "1,2,3", "0,inf", "nan,1"])
def test_a_time_that_is_none_is_a_usage_error(tmp_path: Path, between: str) -> None:
    with pytest.raises(SystemExit) as caught:
        run_command(["trace", str(write(tmp_path, EVENTS)), str(tmp_path / "out.png"), f"--between={between}"])
    assert caught.value.code == 2
