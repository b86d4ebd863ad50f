"""Building both arms of a gate: the same compiler and flags, each by its own CMake files."""

from collections.abc import Sequence
from pathlib import Path

from tooling import build, subjects
from tooling.console import ROOT
from tooling.gate_problems import RefusedError, one_line

# What the candidate's build was configured with, and the base's must be too.
SHARED = (
    "CMAKE_CXX_FLAGS",
    "CMAKE_CXX_FLAGS_RELEASE",
    "CMAKE_EXE_LINKER_FLAGS",
    "CMAKE_PREFIX_PATH",
    "FLOWCORO_go",
    "FLOWCORO_cargo",
)


def candidate(also: Sequence[str], root: Path = ROOT) -> None:
    """Builds flowbench and the subjects of the working tree. Raises RefusedError."""
    if not build.configure(subjects.PRESET, root=root):
        raise RefusedError("not_built", "cmake cannot configure the candidate; its output is above")
    failure = subjects.build_configured(subjects.TOOL, also=also, root=root)
    if failure is not None:
        raise RefusedError("not_built", f"{failure.target} of the candidate: {one_line(failure.reason)}")


def base(root: Path, also: Sequence[str], like: Path = ROOT) -> None:
    """Builds the subjects of the checkout `root` as those of `like` were built. Raises RefusedError."""
    wanted, there = _configured(like), _configured(root)
    settings = [f"-D{name}={value}" for name, value in wanted.items()]
    if there and there != wanted:
        settings.insert(0, "--fresh")
    if not build.configure(subjects.PRESET, *settings, root=root):
        raise RefusedError("base_does_not_build", "cmake cannot configure the base; its output is above")
    if not any(name.startswith("subject_") for name in build.targets(subjects.PRESET, root)):
        raise RefusedError("predates_contract", "the build of the base has no subjects; name a newer commit")
    subjects.build_configured(None, also=also, root=root)


def _configured(root: Path) -> dict[str, str]:
    """What decides how the checkout `root` is compiled; empty when it is not configured."""
    cache = build.cache(subjects.PRESET, root)
    if not cache:
        return {}
    shared = {name: cache[name] for name in SHARED if name in cache}
    return {"CMAKE_CXX_COMPILER": build.compiler(subjects.PRESET, root), **shared}
