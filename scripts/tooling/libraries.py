"""Getting the C++ libraries that are measured: by a subject of their own, or beside a component of the runtime.

They are optional, as Go and Rust are: without one it is not measured, with the reason, and everything else goes on.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tooling import apt
from tooling.apt import Version, parse_version
from tooling.console import ROOT, UserError, say
from tooling.needs import find_header


@dataclass(frozen=True)
class Library:
    """A library: its name in CMake, the version that is installed, and the Debian package that brings a wanted one."""

    name: str
    installed: Callable[[], Version]
    package: Callable[[Version], str | None]
    asked_for_in: str = "cpp_bench/subjects/CMakeLists.txt"
    without_it: str = "its subject will be shown as not built"

    @property
    def wanted(self) -> Version:
        """The oldest version that the build takes."""
        rows = (ROOT / self.asked_for_in).read_text(encoding="utf-8")
        match = re.search(rf"(?:PACKAGE |find_package\(){self.name} ([0-9.]+)", rows)
        return parse_version(match.group(1)) if match else ()

    def present(self) -> bool:
        """Whether one that is new enough is installed."""
        return self.installed() >= self.wanted


def obtain() -> None:
    """Installs the libraries that are missing; says aloud which cannot be had."""
    for library in LIBRARIES:
        if library.present():
            continue
        problem = _install(library)
        if problem is not None:
            say(f"no {library.name} ({_shown(library.wanted)} or newer): {problem}")
            say(f"going on without {library.name}: {library.without_it}")


def packages() -> list[str]:
    """The Debian packages that bring what is missing, as far as apt's lists on this machine tell."""
    missing = (library for library in LIBRARIES if not library.present())
    return [package for library in missing if (package := library.package(library.wanted))]


def _install(library: Library) -> str | None:
    """Installs one. Returns the problem, None when it worked. What is in its way stays: others may need it."""
    if not apt.usable():
        package = library.package(library.wanted) if apt.exists() else None
        return f"as root, {apt.command([package])}" if package else "install it with this machine's package manager"
    apt.update()
    package = library.package(library.wanted)
    if package is None:
        return "apt offers none that is new enough"
    try:
        apt.install([package], removing=False)
    except UserError as error:
        return str(error)
    return None if library.present() else f"{package} brought {_shown(library.installed())}"


def _shown(version: Version) -> str:
    return ".".join(map(str, version)) or "no version"


def _macros(header: str, *names: str) -> Version:
    """The version that the macros `names` of `header` make up, () without the header or one of them."""
    path = find_header(header)
    text = path.read_text(encoding="utf-8", errors="replace") if path else ""
    values = [re.search(rf'^#\s*define\s+{name}\s+"?([0-9_]+)', text, re.MULTILINE) for name in names]
    return tuple(int(part) for value in values if value for part in value.group(1).split("_")) if all(values) else ()


def _tbb() -> Version:
    return _macros("oneapi/tbb/version.h", "TBB_VERSION_MAJOR", "TBB_VERSION_MINOR")


def _tbb_package(wanted: Version) -> str | None:
    return "libtbb-dev" if apt.candidate("libtbb-dev") >= wanted else None


def _boost() -> Version:
    return _macros("boost/version.hpp", "BOOST_LIB_VERSION")


def _boost_package(wanted: Version) -> str | None:
    """Distributions keep a newer one beside their first one, under a name with the version: libboost1.81-dev."""
    if apt.candidate("libboost-dev") >= wanted:
        return "libboost-dev"
    newest = max(apt.names(r"^libboost1\.[0-9]+-dev$"), key=parse_version, default="")
    return newest if parse_version(newest) >= wanted else None


def _mimalloc() -> Version:
    """Its one number holds three of one digit each: 209 is 2.0.9."""
    number = _macros("mimalloc.h", "MI_MALLOC_VERSION")
    return tuple(int(digit) for digit in str(number[0])) if number else ()


def _mimalloc_package(wanted: Version) -> str | None:
    return "libmimalloc-dev" if apt.candidate("libmimalloc-dev") >= wanted else None


LIBRARIES = (
    Library("TBB", _tbb, _tbb_package),
    Library("Boost", _boost, _boost_package),
    Library(
        "mimalloc",
        _mimalloc,
        _mimalloc_package,
        asked_for_in="cpp_bench/micro/CMakeLists.txt",
        without_it="make micro will not compare with it",
    ),
)
