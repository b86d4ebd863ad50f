"""Reading runs: the contract's fixtures, and what a user may hand in by mistake or malice."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from conftest import CONTRACT
from flowreport.errors import ReportError, ResultsError
from flowreport.load import load_run, read_run_file, read_trials_file
from flowreport.model import Case, Pair, Run, Status
from flowreport.outcomes import count, outcomes
from sample_run import HOSTILE_REASON, HOSTILE_TITLE

FIXTURES = CONTRACT / "fixtures"
INDEX = json.loads((FIXTURES / "index.json").read_text(encoding="utf-8"))


def fixtures(what: str, *, valid: bool) -> list[str]:
    """The names of the contract's examples of one kind; an empty list would make a test that cannot fail."""
    key = next(k for k in INDEX if isinstance(INDEX[k], list))
    names = [e["file"] for e in INDEX[key] if e["what"] == what and e["valid"] is valid]
    assert names
    return names


@pytest.mark.parametrize("name", fixtures("run", valid=True))
def test_good_run_fixture_is_read(name: str) -> None:
    run = read_run_file(FIXTURES / name)
    assert run.id == json.loads((FIXTURES / name).read_text(encoding="utf-8"))["id"]


def test_an_arm_of_a_pair_says_which_and_an_ordinary_run_says_nothing() -> None:
    arm = read_run_file(FIXTURES / "runs" / "ok_pair.json")
    assert arm.pair == Pair("pair-20260131-235959-0a1b2c3d", "candidate", "my branch")
    assert [s.control for s in arm.subjects][:1] == [True]
    alone = read_run_file(FIXTURES / "runs" / "ok_least.json")
    assert alone.pair is None
    assert not any(s.control for s in alone.subjects)


@pytest.mark.parametrize("name", fixtures("trials", valid=True))
def test_good_trials_fixture_is_read_with_its_run(name: str, tmp_path: Path) -> None:
    shutil.copy(FIXTURES / "runs" / "ok.json", tmp_path / "run.json")
    shutil.copy(FIXTURES / name, tmp_path / "trials.jsonl")
    run = load_run(tmp_path)
    assert (run.torn is not None) == ("torn" in name)
    lines = (FIXTURES / name).read_bytes().splitlines()
    assert len(run.processes) == len(lines) - ("torn" in name)


@pytest.mark.parametrize("name", fixtures("run", valid=False))
def test_bad_run_fixture_is_refused_and_left_alone(name: str, tmp_path: Path) -> None:
    path = Path(shutil.copy(FIXTURES / name, tmp_path / "run.json"))
    before = path.read_bytes()
    with pytest.raises(ResultsError, match=r"run\.json"):
        load_run(tmp_path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", fixtures("trials", valid=False))
def test_bad_trials_fixture_is_refused_with_its_line(name: str, tmp_path: Path) -> None:
    shutil.copy(FIXTURES / "runs" / "ok.json", tmp_path / "run.json")
    path = Path(shutil.copy(FIXTURES / name, tmp_path / "trials.jsonl"))
    before = path.read_bytes()
    with pytest.raises(ResultsError, match=r"trials\.jsonl:\d+: .") as refusal:
        load_run(tmp_path)
    assert refusal.value.line is not None
    assert path.read_bytes() == before


def test_every_state_of_the_contract_is_known() -> None:
    schema = json.loads((CONTRACT / "schemas" / "trial.schema.json").read_text(encoding="utf-8"))
    assert set(schema["properties"]["status"]["enum"]) == {s.value for s in Status}


def test_sample_is_read_with_hostile_text_as_it_is(sample: Run) -> None:
    assert HOSTILE_TITLE in {s.title for s in sample.subjects}
    assert HOSTILE_REASON in {t.reason for t in sample.trials}
    assert sample.torn is None
    assert sample.answer_seed == 2**64 - 1


def copy_of(sample_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_folder, tmp_path / "run"))


def edit_run(folder: Path, **changes: object) -> None:
    data = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps(data | changes), encoding="utf-8")


def edit_trial(folder: Path, number: int, **changes: object) -> None:
    lines = (folder / "trials.jsonl").read_text(encoding="utf-8").splitlines()
    lines[number] = json.dumps(json.loads(lines[number]) | changes)
    (folder / "trials.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_torn_last_line_is_dropped_and_told(sample_folder: Path, tmp_path: Path) -> None:
    folder = copy_of(sample_folder, tmp_path)
    path = folder / "trials.jsonl"
    data = path.read_bytes()
    path.write_bytes(data[:-40])
    run = load_run(folder)
    lines = data.count(b"\n")
    assert len(run.trials) == lines - 1
    assert run.torn is not None
    assert f"trials.jsonl:{lines}: the last line is torn" in run.torn


def test_last_line_that_only_lacks_its_newline_counts(sample_folder: Path, tmp_path: Path) -> None:
    folder = copy_of(sample_folder, tmp_path)
    path = folder / "trials.jsonl"
    path.write_bytes(path.read_bytes().removesuffix(b"\n"))
    assert load_run(folder) == load_run(sample_folder)


def test_run_without_a_finished_trial_is_told(sample_folder: Path, tmp_path: Path) -> None:
    folder = copy_of(sample_folder, tmp_path)
    (folder / "trials.jsonl").unlink()
    run = load_run(folder)
    assert run.trials == ()
    assert run.torn is not None
    assert "no trial has finished" in run.torn


def test_folder_without_a_run_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"no run here.*results/latest"):
        load_run(tmp_path / "absent")


def test_run_json_itself_may_be_named(sample_folder: Path) -> None:
    assert load_run(sample_folder / "run.json") == load_run(sample_folder)


def test_trial_that_is_there_twice_is_refused(sample_folder: Path, tmp_path: Path) -> None:
    folder = copy_of(sample_folder, tmp_path)
    path = folder / "trials.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[4]]))
    with pytest.raises(
        ResultsError, match=rf"trials.jsonl:{len(lines) + 1}: trial 4 .* a second time; first in line 5"
    ):
        load_run(folder)


@pytest.mark.parametrize("status", ["contaminated", "mistimed", "cancelled"])
def test_trial_that_was_disturbed_may_be_there_again(sample_folder: Path, tmp_path: Path, status: str) -> None:
    folder = copy_of(sample_folder, tmp_path)
    path = folder / "trials.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    disturbed = {**json.loads(lines[4]), "status": status, "reason": "disturbed"}
    again = [*lines[:4], json.dumps(disturbed).encode() + b"\n", *lines[4:]]
    path.write_bytes(b"".join(again))
    assert len(load_run(folder).trials) == len(lines) + 1
    path.write_bytes(b"".join([*again, lines[4]]))
    with pytest.raises(ResultsError, match="a second time; first in line 6"):
        load_run(folder)


def test_a_trial_that_was_run_again_and_never_ended_well_is_not_missed_twice(
    sample_folder: Path, tmp_path: Path
) -> None:
    folder = copy_of(sample_folder, tmp_path)
    path = folder / "trials.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    disturbed = json.dumps({**json.loads(lines[0]), "status": "contaminated", "reason": "why"}).encode() + b"\n"
    path.write_bytes(b"".join([disturbed, disturbed, disturbed, *lines[3:]]))  # trials 1 and 2 have no line
    assert count(load_run(folder)).missing == 2


def test_what_only_some_trials_have_is_read(sample_folder: Path, tmp_path: Path) -> None:
    folder = copy_of(sample_folder, tmp_path)
    path = folder / "trials.jsonl"
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    told = json.dumps(json.loads(first) | {"unknown_keys": 3, "unaccounted_ns": 5_000_000})
    path.write_text("".join(f"{line}\n" for line in [told, *rest]), encoding="utf-8")
    one, other, *_ = load_run(folder).trials
    assert (one.unknown_keys, one.unaccounted_ns) == (3, 5_000_000)
    assert (other.unknown_keys, other.unaccounted_ns) == (0, None)


@pytest.mark.parametrize(("last", "failed"), [("ok", 0), ("mistimed", 1)])
def test_a_mistimed_trial_has_failed_when_its_last_attempt_has(
    sample_folder: Path, tmp_path: Path, last: str, failed: int
) -> None:
    folder = copy_of(sample_folder, tmp_path)
    path = folder / "trials.jsonl"
    good = next(t for t in map(json.loads, path.read_bytes().splitlines()) if t["status"] == "ok")
    late = good | {"status": "mistimed", "reason": "not all tasks were in flight at once"}
    lines = [late, late, good if last == "ok" else late]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    run = load_run(folder)
    counts = count(run)
    assert (counts.failed, counts.by_status[Status.MISTIMED]) == (failed, 3 - (last == "ok"))
    (outcome,) = (o for o in outcomes(run) if o.status is Status.MISTIMED)
    assert outcome.failed == bool(failed)
    assert [t.superseded for t in run.trials] == [True, True, False]


@pytest.mark.parametrize("name", fixtures("calibration", valid=True))
def test_good_calibrations_are_read_with_their_run(sample_folder: Path, tmp_path: Path, name: str) -> None:
    folder = copy_of(sample_folder, tmp_path)
    assert load_run(folder).calibration == ()
    shutil.copy(FIXTURES / name, folder / "calibration.jsonl")
    run = load_run(folder)
    assert [c.at for c in run.calibration] == ["start", "middle", "end"]
    assert (run.calibration[0].best_ns, run.calibration[0].median_ns) == (16_010_000, 16_100_000)
    with (folder / "calibration.jsonl").open("a", encoding="utf-8") as out:
        out.write('{"v":1,"at":')
    torn = load_run(folder)
    assert torn.calibration == run.calibration
    assert torn.torn is not None
    assert "calibration.jsonl:4" in torn.torn


@pytest.mark.parametrize("name", fixtures("calibration", valid=False))
def test_bad_calibrations_are_refused_with_their_line(sample_folder: Path, tmp_path: Path, name: str) -> None:
    folder = copy_of(sample_folder, tmp_path)
    shutil.copy(FIXTURES / name, folder / "calibration.jsonl")
    with pytest.raises(ResultsError, match=r"calibration\.jsonl:1: ."):
        load_run(folder)


def test_checks_of_the_machine_and_noise_of_a_trial_are_read(tmp_path: Path) -> None:
    shutil.copy(FIXTURES / "runs" / "ok_checks.json", tmp_path / "run.json")
    shutil.copy(FIXTURES / "trials" / "ok_noise.jsonl", tmp_path / "trials.jsonl")
    run = load_run(tmp_path)
    assert [(c.id, c.verdict) for c in run.environment.checks] == [("governor", "unknown"), ("load", "good")]
    trial = run.trials[0]
    assert (trial.cpu_throttled_ns, trial.others_cpu_ns, trial.clock_error_ns) == (0, 20_000_000, 310)
    assert (trial.swap_in_bytes, trial.swap_out_bytes) == (0, 4096)


@pytest.mark.parametrize(("key", "value"), [("subject", "nobody"), ("workload", "nothing")])
def test_trial_of_another_run_is_refused(sample_folder: Path, tmp_path: Path, key: str, value: str) -> None:
    folder = copy_of(sample_folder, tmp_path)
    edit_trial(folder, 3, **{key: value})
    with pytest.raises(ResultsError, match=f"trials.jsonl:4: {key} '{value}' is not in run.json"):
        load_run(folder)


OK_SAMPLE = {"i": 0, "wall_ns": 5, "cpu_ns": 5, "rss_before_bytes": 1, "peak_rss_bytes": 2}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"samples": []}, "samples must be numbered 0 to 2"),
        ({"samples": [OK_SAMPLE | {"i": i} for i in (0, 2, 1)]}, "samples must be numbered 0 to 2"),
        ({"samples": [OK_SAMPLE | {"i": i, "wall_ns": 0} for i in (0, 1, 2)]}, r"samples\[0\].wall_ns is 0"),
        ({"completed": 999}, "completed must be"),
        ({"wall_ns": True}, "wall_ns must be a whole number, found a boolean"),
        ({"wall_ns": 2**64}, "wall_ns must be from 0 to"),
        ({"tasks": 0}, "tasks must be from 1 to"),
        ({"histograms": [{"of": "x", "buckets": [[1, 0]]}]}, r"histograms\[0\].buckets\[0\]\[1\] must be above 0"),
        ({"histograms": [{"of": "x", "buckets": [[1, 2, 3]]}]}, r"histograms\[0\].buckets\[0\] must be a pair"),
    ],
)
def test_ok_trial_that_could_not_be_counted_is_refused(
    sample_folder: Path, tmp_path: Path, changes: dict[str, object], complaint: str
) -> None:
    folder = copy_of(sample_folder, tmp_path)
    edit_trial(folder, 0, status="ok", **changes)
    with pytest.raises(ResultsError, match=f"trials.jsonl:1: {complaint}"):
        load_run(folder)


def test_two_subjects_of_one_id_or_role_are_refused(sample_folder: Path, tmp_path: Path) -> None:
    folder = copy_of(sample_folder, tmp_path)
    subjects: list[dict[str, Any]] = json.loads((folder / "run.json").read_text(encoding="utf-8"))["subjects"]
    edit_run(folder, subjects=[*subjects, subjects[0]])
    with pytest.raises(ResultsError, match=r"subjects\[8\].id 'alpha' is there a second time"):
        load_run(folder)
    edit_run(folder, subjects=[s | {"reference": True} for s in subjects])
    with pytest.raises(ResultsError, match="more than one is the reference"):
        load_run(folder)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b'{"v": 1,\n "kind": "run",\n', r"run.json:3: not JSON: .*truncated"),
        (b'{"v": 1,\n "kind": run}', "run.json:2: not JSON"),
        (b'{"v": NaN}', "NaN is not a JSON number"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"v": ' + b"9" * 5_000 + b"}", "run.json"),
        (b'{"v": 1,\n "kind": "\xff"}', "run.json:2: not UTF-8"),
        (b"", "run.json:1: empty"),
        (b"[]", "the record must be an object, found a list"),
        (b'{"v": 2}', "schema version 2; this flowreport reads version 1"),
        (b"\x00" * 64, "run.json:1: not JSON"),
    ],
)
def test_run_file_that_is_no_run_is_refused_with_the_place(tmp_path: Path, content: bytes, complaint: str) -> None:
    (tmp_path / "run.json").write_bytes(content)
    with pytest.raises(ResultsError, match=complaint):
        load_run(tmp_path)


def test_every_prefix_of_a_trials_file_is_read_or_refused_and_never_crashes(
    sample_folder: Path, tmp_path: Path
) -> None:
    lines = (sample_folder / "trials.jsonl").read_bytes().splitlines(keepends=True)
    data = b"".join(lines[:2])
    path = tmp_path / "trials.jsonl"
    only_lacks_its_newline = len(lines[0]) - 1
    for end in (*range(0, len(data), 7), only_lacks_its_newline):
        path.write_bytes(data[:end])
        trials, torn = read_trials_file(path)
        rest = data[:end].rpartition(b"\n")[2]
        whole = rest + b"\n" in lines[:2]
        assert len(trials) == data[:end].count(b"\n") + whole
        assert (torn is not None) == (rest != b"" and not whole)


def test_case_of_a_trial_is_subject_workload_and_tasks(sample: Run) -> None:
    assert {t.case for t in sample.trials} == {c.case for c in sample.plan.cases}
    assert Case("alpha", "spawn_join", 1_000, 2) in {t.case for t in sample.trials}
