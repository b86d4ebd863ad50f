"""The CRC at the end of a line of trials.jsonl: whether its bytes are those that were written.

docs/contract.md defines it. The harness writes it; a line from before there was one has none.
"""

import re
import zlib

_KEY = b',"crc32":"'
_END = re.compile(rb',"crc32":"([0-9a-f]{8})"\}', re.ASCII)
_LENGTH = len(_KEY) + 8 + 2
_FIX = "restore the file from a copy, or measure again"


class CrcCheck:
    """Holds the lines of one file, from the first, against their CRCs."""

    def __init__(self) -> None:
        self._expected = False

    def __call__(self, line: bytes) -> str | None:
        """What is wrong with a line, which has no line break; None when nothing is."""
        if _KEY not in line:
            return f"damaged: it has no CRC, and lines before it have one; {_FIX}" if self._expected else None
        self._expected = True
        record, said = line[:-_LENGTH], _END.fullmatch(line[-_LENGTH:])
        if said and int(said[1], 16) == zlib.crc32(record):
            return None
        return f"damaged: its CRC-32 does not fit its text; {_FIX}"
