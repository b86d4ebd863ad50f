"""Looks for folders of this machine in executables: builds of equal sources must be equal wherever they were made.

Exit code 0: none of the folders stands in a file. 1: one does. 2: there was nothing to look at, or it is unreadable.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main() -> int:
    """See the head."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", action="append", required=True, help="an absolute path that must not be there")
    parser.add_argument("--subjects-dir", type=Path, required=True, help="every executable in it is looked at")
    parser.add_argument("files", nargs="*", type=Path, help="these too")
    options = parser.parse_args()
    found = [file for file in sorted(options.subjects_dir.iterdir()) if not file.suffix]
    if not found:
        print(f"no executable in {options.subjects_dir}; build the project first", file=sys.stderr)
        return 2
    wrong = 0
    for file in [*found, *options.files]:
        try:
            content = file.read_bytes()
        except OSError as error:
            print(f"{file} cannot be read: {error.strerror}", file=sys.stderr)
            return 2
        for folder in options.folder:
            at = content.find(folder.encode())
            if at < 0:
                continue
            wrong = 1
            shown = content[at : at + 200].split(b"\0")[0].decode("utf-8", "backslashreplace")
            print(f"{file.name} holds the folder {folder}: {shown}")
    print(f"{len(found) + len(options.files)} executables")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
