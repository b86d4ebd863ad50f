"""Building what a benchmark run needs: flowbench and every subject that can be built."""

from collections.abc import Sequence

from tooling import build
from tooling.build import Failure
from tooling.console import say

PRESET = "release"
TOOL = "flowbench"
FLOWBENCH = build.folder(PRESET) / "bin" / TOOL
SUBJECTS = build.folder(PRESET) / "bin/subjects"
_PREFIX = "subject_"


def build_all() -> Failure | None:
    """Builds flowbench and the subjects. Returns the failure of flowbench; one of a subject leaves <id>.not_built."""
    if not build.configure(PRESET):
        return Failure(f"build/{PRESET}", "cmake could not configure it")
    subjects = [target for target in build.targets(PRESET) if target.startswith(_PREFIX)]
    if build.build(PRESET, TOOL, *subjects):
        tool = build.build(PRESET, TOOL)
        if tool:
            return tool[0]
        _set_aside(subjects)
    return None


def _set_aside(subjects: Sequence[str]) -> None:
    """Finds the subjects that do not build, so that no executable of an earlier build is measured in their name."""
    for target in subjects:
        identity = target.removeprefix(_PREFIX)
        failed = build.build(PRESET, target)
        if failed:
            say(f"subject {identity} is not built: {failed[0].reason}")
            (SUBJECTS / identity).unlink(missing_ok=True)
            (SUBJECTS / f"{identity}.not_built").write_text(f"its build failed: {failed[0].reason}\n")
