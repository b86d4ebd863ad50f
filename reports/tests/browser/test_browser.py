"""Starts the browser test (report.test.mjs) on the sample report; its cases and failures are in the output."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.mark.browser
def test_report_in_a_browser(page: str, tmp_path: Path) -> None:
    assert (HERE / "node_modules").is_dir(), f"run `npm ci` in {HERE} once"
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert browser, f"none of {', '.join(BROWSERS)} is on PATH"
    report = tmp_path / "a report with spaces & signs.html"
    report.write_text(page, encoding="utf-8")
    done = subprocess.run(
        ["node", "--test", "--test-reporter=spec", HERE / "report.test.mjs"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
        env=os.environ | {"REPORT": str(report), "CHROMIUM": browser, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 13" in done.stdout, done.stdout
