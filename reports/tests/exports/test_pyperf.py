"""pyperf's JSON, read by pyperf."""

from pathlib import Path

import pyperf
import pytest

from flowreport.exports.pyperf import export
from flowreport.model import Run
from slower import slower


def load(folder: Path, text: str, name: str = "run.json") -> pyperf.BenchmarkSuite:
    (folder / name).write_text(text, encoding="utf-8")
    return pyperf.BenchmarkSuite.load(str(folder / name))


def test_each_trial_is_a_run_with_its_samples(measured: Run, tmp_path: Path) -> None:
    suite = load(tmp_path, export(measured))
    trials = [t for t in measured.trials if t.counts and t.case.subject == "alpha"]
    trials = [t for t in trials if (t.case.workload, t.case.tasks) == ("sleep", 1_000)]
    warm = suite.get_benchmark("alpha/sleep/1000/workers:2/warm")
    assert warm.get_unit() == "second"
    for run, trial in zip(warm.get_runs(), trials, strict=True):
        first, *later = trial.samples
        assert run.values == pytest.approx([s.wall_ns / 1_000 / 1e9 for s in later])
        assert run.warmups == ((1, pytest.approx(first.wall_ns / 1_000 / 1e9)),)
        assert run.get_total_loops() == 1_000
    cold = suite.get_benchmark("alpha/sleep/1000/workers:2/cold")
    assert cold.get_values() == pytest.approx([t.samples[0].wall_ns / 1_000 / 1e9 for t in trials])
    memory = suite.get_benchmark("alpha/sleep/1000/workers:2/peak_rss")
    assert memory.get_unit() == "byte"
    assert list(memory.get_values()) == [t.samples[0].peak_rss_bytes for t in trials]
    assert suite.get_metadata()["cpu_model_name"] == "Example CPU <2.4 GHz> & more"


def test_components_are_there_by_the_time_of_an_operation(mixed: Run, tmp_path: Path) -> None:
    old, new = (load(tmp_path, export(run)) for run in (mixed, slower(mixed, 2.0)))
    names = [suite.get_benchmark("micro/push/items:8").median() for suite in (old, new)]
    assert names[0] == pytest.approx(5e-9, rel=0.1)
    assert names[1] / names[0] == pytest.approx(2.0)


def test_what_is_not_ok_is_not_there(mixed: Run, tmp_path: Path) -> None:
    names = load(tmp_path, export(mixed)).get_benchmark_names()
    assert not [name for name in names if name.startswith(("micro/wrong", "micro/twice"))]
    assert len(load(tmp_path, export(mixed)).get_benchmark("micro/lossy").get_runs()) == 6
