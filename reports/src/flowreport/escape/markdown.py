"""Other people's text in Markdown: as code, where nothing is markup, a link, HTML or a mention of somebody.

Backslashes would not be enough: sites look for @names, #numbers and addresses in what was rendered, but not in code.
"""

import re

from flowreport.text import log_line
from flowreport.units import DASH

_TICKS = re.compile("`+")


def code(text: str) -> str:
    """Text as a code span, anywhere but in a table."""
    shown = log_line(text).strip()
    if not shown:
        return DASH
    fence = "`" * (1 + max((len(ticks) for ticks in _TICKS.findall(shown)), default=0))
    # One space beside a tick is taken away again by the reader.
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def code_cell(text: str) -> str:
    """Text as a code span in a cell of a table, where a pipe would end the cell even within code.

    A pipe behind a backslash becomes a broken bar: readers do not agree on how to write it.
    """
    return code(text).replace("\\|", "\\¦").replace("|", "\\|")


def row(cells: list[str]) -> str:
    """A line of a table. The cells are Markdown already."""
    return f"| {' | '.join(cells)} |"


def table(head: list[str], rows: list[list[str]], *, words: int = 1) -> list[str]:
    """The lines of a table: the first `words` columns to the left, the others, numbers, to the right."""
    rule = [":--" if i < words else "--:" for i in range(len(head))]
    return [row(head), row(rule), *(row(cells) for cells in rows)]
