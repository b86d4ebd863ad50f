"""Building what a benchmark run needs: flowbench and every subject that can be built."""

from collections.abc import Sequence
from pathlib import Path

from tooling import build
from tooling.build import Failure
from tooling.console import ROOT, say

PRESET = "release"
TOOL = "flowbench"
FLOWBENCH = build.folder(PRESET) / "bin" / TOOL
SUBJECTS = build.folder(PRESET) / "bin/subjects"
BUILD_FAILED = "its build failed"  # how <id>.not_built begins when the sources are to blame, and not a missing tool
_PREFIX = "subject_"


def build_all(also: Sequence[str] = ()) -> Failure | None:
    """Builds flowbench and the subjects, and of the targets in `also` those that exist.

    Returns the failure of flowbench. One of a subject leaves <id>.not_built; one of the others leaves no executable.
    """
    if not build.configure(PRESET):
        return Failure(f"build/{PRESET}", "cmake could not configure it")
    return build_configured(TOOL, also=also)


def build_configured(tool: str | None, *, also: Sequence[str] = (), root: Path = ROOT) -> Failure | None:
    """As build_all, in the checkout `root`, where the build is configured; without a tool only the subjects."""
    subjects = [name for name in build.targets(PRESET, root) if name.startswith(_PREFIX) or name in also]
    wanted = [tool, *subjects] if tool else subjects
    if wanted and build.build(PRESET, *wanted, root=root):
        failed = build.build(PRESET, tool, root=root) if tool else []
        if failed:
            return failed[0]
        _set_aside(subjects, root)
    return None


def _set_aside(subjects: Sequence[str], root: Path) -> None:
    """Finds the subjects that do not build, so that no executable of an earlier build is measured in their name."""
    programs = build.folder(PRESET, root) / "bin"
    for target in subjects:
        identity = target.removeprefix(_PREFIX)
        failed = build.build(PRESET, target, root=root)
        if not failed:
            continue
        say(f"subject {identity} is not built: {failed[0].reason}")
        if target.startswith(_PREFIX):
            (programs / "subjects" / identity).unlink(missing_ok=True)
            reason = f"{BUILD_FAILED}: {failed[0].reason}\n"
            (programs / "subjects" / f"{identity}.not_built").write_text(reason, encoding="utf-8")
        else:
            (programs / target).unlink(missing_ok=True)
