"""One sample run and its report, made once for all tests."""

from pathlib import Path

import pytest

from flowreport.load import load_run
from flowreport.model import Run
from flowreport.pages.report import render_report
from sample_run import write_sample_run

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
