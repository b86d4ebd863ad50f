"""One sample run and its report, made once for all tests."""

from pathlib import Path

import pytest
from hypothesis import settings

from benchmark_run import write_benchmark_run
from flowreport.load import load_run
from flowreport.model import Run
from flowreport.pages.report import render_report
from sample_run import write_sample_run

# No folder of examples beside the tests, and a line to repeat a failure with.
settings.register_profile("flowreport", database=None, deadline=None, print_blob=True)
settings.load_profile("flowreport")

CONTRACT = Path(__file__).parents[2] / "harness" / "contract"


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample_run(tmp_path_factory.mktemp("sample") / "run")


@pytest.fixture(scope="session")
def sample(sample_folder: Path) -> Run:
    return load_run(sample_folder)


@pytest.fixture(scope="session")
def page(sample: Run) -> str:
    return render_report(sample)


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A workload that sleeps and one that crashes at times: fewer cases, quicker than the sample."""
    return load_run(write_sample_run(tmp_path_factory.mktemp("measured"), places=(4, 6)))


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Few rounds of a workload, and components with hostile names."""
    return load_run(write_benchmark_run(tmp_path_factory.mktemp("mixed")))
