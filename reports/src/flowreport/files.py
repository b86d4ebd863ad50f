"""Writing files so that a reader finds the old one or all of the new one, never a part."""

import os
import tempfile
from pathlib import Path

from flowreport.errors import ReportError


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole. Raises ReportError when that cannot be done; nothing is left behind then."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8", newline="\n"
        ) as out:
            temporary = Path(out.name)
            try:
                out.write(text)
                out.flush()
                # mkstemp makes a private file; a report is for sharing, as far as the umask allows.
                os.fchmod(out.fileno(), 0o666 & ~_umask())
                temporary.replace(path)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
