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


def build_all(also: Sequence[str] = ()) -> Failure | None:
    """Builds flowbench and the subjects, and of the targets in `also` those that exist.

    Returns the failure of flowbench. One of a subject leaves <id>.not_built; one of the others leaves no executable.
    """
    if not build.configure(PRESET):
        return Failure(f"build/{PRESET}", "cmake could not configure it")
    targets = build.targets(PRESET)
    subjects = [target for target in targets if target.startswith(_PREFIX) or target in also]
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
        if not failed:
            continue
        say(f"subject {identity} is not built: {failed[0].reason}")
        if target.startswith(_PREFIX):
            (SUBJECTS / identity).unlink(missing_ok=True)
            (SUBJECTS / f"{identity}.not_built").write_text(f"its build failed: {failed[0].reason}\n")
        else:
            (FLOWBENCH.parent / target).unlink(missing_ok=True)
