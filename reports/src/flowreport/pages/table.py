"""A table as the templates show it: text for the reader, a sort key for the script, a subject for the filter."""

from dataclasses import dataclass

from flowreport.units import DASH


@dataclass(frozen=True)
class Column:
    """`label` is the head, `unit` its small second line, `words` marks a column of text, `subject` one of a subject."""

    label: str
    unit: str = ""
    words: bool = False
    subject: int | None = None


@dataclass(frozen=True)
class Cell:
    """`sort` orders the column where the text would not; `tone` is one of the CSS classes below `td.`.

    `unlike` is the element that says how the work is not quite the same; a mark leads to it.
    """

    text: str
    sort: float | None = None
    tone: str = ""
    note: str = ""
    subject: int | None = None
    head: bool = False
    unlike: str = ""


@dataclass(frozen=True)
class Row:
    """Cells in the order of the columns; `subject` is the place that the filter knows the row by."""

    cells: tuple[Cell, ...]
    subject: int | None = None


@dataclass(frozen=True)
class Table:
    """`key` is unique in the page. With `sortable` the script adds buttons to the heads."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    sortable: bool = True


NOTHING = Cell(DASH)
