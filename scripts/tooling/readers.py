"""The tools of others that tests of the report read its exports back with, where they come from neither apt nor pip."""

import subprocess

from tooling import stamps, toolchains
from tooling.console import ROOT, UserError, say

TOOLS = ROOT / "build/tools"
BENCHSTAT = TOOLS / "benchstat"
MODULE = ROOT / "reports/tests/readers"
PACKAGE = "golang.org/x/perf/cmd/benchstat"


def obtain() -> None:
    """Builds benchstat in the version that reports/tests/readers/go.sum locks; without Go says what is left out."""
    go = toolchains.find_go()
    if go is None:
        say("no Go, so no benchstat: the tests that read exports back with it are skipped")
        return
    wanted = stamps.digest([MODULE / "go.mod", MODULE / "go.sum"])
    stamp = TOOLS / "benchstat.sha256"
    if stamps.is_current(stamp, wanted) and BENCHSTAT.exists():
        return
    say("building benchstat")
    TOOLS.mkdir(parents=True, exist_ok=True)
    command = [str(go), "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o", str(BENCHSTAT), PACKAGE]
    settings = {"GOFLAGS": "", "GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0"}  # not a developer's own
    done = subprocess.CompletedProcess[str](command, 1)
    for _ in range(2):  # the module proxy has bad moments
        done = subprocess.run(
            command, cwd=MODULE, capture_output=True, text=True, check=False,
            env={**toolchains.environment(), **settings},
        )  # fmt: skip
        if done.returncode == 0:
            stamp.write_text(wanted)
            return
    tail = "\n".join(done.stderr.strip().splitlines()[-8:])
    raise UserError(f"go build {PACKAGE} failed; its last lines:\n{tail}")
