"""Remembering which inputs something was made from, so that it is made again only when they change."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest(files: Iterable[Path]) -> str:
    """sha256 over the names and contents of `files`, in their order."""
    whole = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        whole.update(f"{file.name} {len(content)}\n".encode())
        whole.update(content)
    return whole.hexdigest()


def is_current(stamp: Path, value: str) -> bool:
    """Whether `stamp` says that its product was made from `value`."""
    try:
        return stamp.read_text() == value
    except OSError:
        return False
