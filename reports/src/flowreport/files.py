"""Writing files so that a reader finds the old one or all of the new one, never a part."""

import os
import tempfile
from pathlib import Path

from flowreport.errors import ReportError


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole. Raises ReportError when that cannot be done; nothing is left behind then.

    A link stays a link to the new text. What is no file (/dev/null, a pipe) is written to, never replaced.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="\n") as out:
                out.write(text)
            return
        target = Path(os.path.realpath(path))
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=".flowreport-", delete=False, encoding="utf-8", newline="\n"
        ) as made:
            temporary = Path(made.name)
            try:
                made.write(text)
                made.flush()
                # mkstemp makes a private file; a report is for sharing, as far as the umask allows.
                os.fchmod(made.fileno(), 0o666 & ~_umask())
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ReportError(f"{path}: cannot be written: {error.strerror}") from None


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
