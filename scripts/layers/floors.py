"""The floors of the runtime, and whether one file may include another."""

from dataclasses import dataclass
from pathlib import PurePosixPath

# A file includes its own folder and folders of lower floors. Two folders on one floor do not see each other.
FLOORS = {
    "base": 0,
    "mem": 1,
    "queue": 1,
    "park": 1,
    "coro": 2,
    "sched": 3,
    "async": 4,
    "pool": 5,
    "io": 5,
    "net": 6,
    "db": 6,
    "observe": 6,
    "rpc": 7,
}
# Side towers, each with the highest floor that it stands on. Nothing of the runtime stands on them.
TOWERS = {"log": 1, "test": 3}
TEST = "test"  # left out of the umbrella header: tests include it by itself
# Other names for the parts of all floors: includes anything, is included by nothing.
COMPAT = "compat"
FOLDERS = (*FLOORS, *TOWERS, COMPAT)

NAMESPACE = "flowcoro"
UMBRELLA = "flowcoro.hpp"  # beside the folders of the floors; one of its name beside `flowcoro/` forwards to it


@dataclass(frozen=True)
class Place:
    """A file of the runtime: its folder in the table, and whether users are meant to include it."""

    folder: str
    is_detail: bool = False
    is_umbrella: bool = False


def place_of(path: PurePosixPath) -> Place | None:
    """The place of a path below include/flowcoro or src, such as `coro/detail/frame.hpp`; None outside the table."""
    if path.parts == (UMBRELLA,):
        return Place(folder="", is_umbrella=True)
    folder, *rest = path.parts
    if folder not in FOLDERS or not rest:
        return None
    if len(rest) == 1:
        return Place(folder)
    if len(rest) == 2 and rest[0] == "detail":
        return Place(folder, is_detail=True)
    return None


def objection(includer: Place, included: Place) -> str:
    """Why `includer` may not include `included`; empty when it may.

    A `detail` header is for the library: its own folder and higher floors may include it, users may not.
    """
    if includer.is_umbrella:
        if included.folder == TEST:
            return f"'{TEST}' is for tests, which include it by itself"
        return "the umbrella header includes no detail header" if included.is_detail else ""
    if included.is_umbrella:
        return "" if includer.folder == COMPAT else "the umbrella header is for users, not for the library"
    if includer.folder in (included.folder, COMPAT):
        return ""
    if included.folder in (*TOWERS, COMPAT):
        return f"nothing includes '{included.folder}'"
    if includer.folder in TOWERS:
        highest = TOWERS[includer.folder]
        if FLOORS[included.folder] <= highest:
            return ""
        return (
            f"'{includer.folder}' stands on floors 0 to {highest}, "
            f"'{included.folder}' is on floor {FLOORS[included.folder]}"
        )
    if FLOORS[included.folder] < FLOORS[includer.folder]:
        return ""
    return (
        f"'{includer.folder}' is on floor {FLOORS[includer.folder]} and sees lower floors only, "
        f"'{included.folder}' is on floor {FLOORS[included.folder]}"
    )
