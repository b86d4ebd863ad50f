"""A table as the templates show it: text for the reader, a sort key for the script, a subject for the filter."""

from dataclasses import dataclass

from flowreport.units import DASH


@dataclass(frozen=True)
class Column:
    """`label` is the head, `unit` its small second line, `words` marks a column of text, `subject` one of a subject.

    `base` marks a column of ratios whose `unit` ends in the title of what they are taken against.
    """

    label: str
    unit: str = ""
    words: bool = False
    subject: int | None = None
    base: str = ""


@dataclass(frozen=True)
class Cell:
    """`sort` orders the column where the text would not; `tone` is one of the CSS classes below `td.`.

    `unlike` is the element that says how the work is not quite the same; a mark leads to it. `key` names a case among
    the so that the script can show its ratio to another base.
    """

    text: str
    sort: float | None = None
    tone: str = ""
    note: str = ""
    subject: int | None = None
    head: bool = False
    unlike: str = ""
    key: str = ""


@dataclass(frozen=True)
class Row:
    """Cells in the order of the columns; the filter knows the row by `subject`, and by the workload's `place`."""

    cells: tuple[Cell, ...]
    subject: int | None = None
    workload: int | None = None


@dataclass(frozen=True)
class Table:
    """`key` is unique in the page. With `sortable` the script adds buttons to the heads.

    `base` is what the caption's ratios are taken against: the script may put another title into its place.
    """

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    sortable: bool = True
    base: str = ""


NOTHING = Cell(DASH)
