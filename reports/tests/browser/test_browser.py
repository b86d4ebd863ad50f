"""Starts the browser tests (*.test.mjs) on reports; their cases and failures are in the output."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from flowreport.load import load_run
from flowreport.pages.report import render_report
from sample_run import write_sample_run

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# What a report of hundreds of cases may take. The goal is 2 s to open; machines that build at the same time are slower.
LARGEST_BYTES, OPEN_MS, SLACK, RENDER_S = 4_000_000, 2_000, 4, 20


@pytest.mark.browser
def test_report_in_a_browser(page: str, tmp_path: Path) -> None:
    report = tmp_path / "a report with spaces & signs.html"
    report.write_text(page, encoding="utf-8")
    assert "pass 21" in browse("report.test.mjs", report)


@pytest.mark.browser
def test_hundreds_of_cases_make_a_page_that_is_small_and_opens_soon(tmp_path: Path) -> None:
    sizes = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000]
    run = load_run(write_sample_run(tmp_path / "run", rounds=15, places=range(9), sizes=sizes))
    assert len(run.plan.cases) >= 500
    assert len(run.trials) >= 7_500
    before = time.process_time()
    page = render_report(run).encode()
    assert time.process_time() - before < RENDER_S * 2  # of a CPU that is shared
    assert len(page) < LARGEST_BYTES
    report = tmp_path / "report.html"
    report.write_bytes(page)
    browse("large.test.mjs", report, LIMIT_MS=str(OPEN_MS * SLACK))


def browse(test: str, report: Path, **environment: str) -> str:
    """The output of a test of this folder, which must have passed."""
    assert (HERE / "node_modules").is_dir(), f"run `npm ci` in {HERE} once"
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert browser, f"none of {', '.join(BROWSERS)} is on PATH"
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", HERE / test],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
        env=os.environ | environment | {"REPORT": str(report), "CHROMIUM": browser, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"pass [1-9]", done.stdout), done.stdout
    return done.stdout
