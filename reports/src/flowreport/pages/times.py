"""Times that the tasks of a workload measured themselves, by name: every histogram but that of lateness."""

from collections.abc import Sequence

from markupsafe import Markup

from flowreport import units
from flowreport.cases import Analysis, Result
from flowreport.charts.panels import Quantity, Reading, panels
from flowreport.pages.names import Names
from flowreport.pages.strips import case_row
from flowreport.pages.table import Cell, Column, Row, Table
from flowreport.stats.buckets import Buckets, percentile_bound

# The tail of what a user feels: median, and one in ten, a hundred, a thousand.
SHARES = (0.5, 0.9, 0.99, 0.999, 1.0)
LATENESS = "lateness_ns"
_UNIT = "_ns"
_NS_PER_US = 1_000.0


def times_of(result: Result) -> dict[str, Buckets]:
    """The histograms of times, under the words that their names are made of, in the order of the trial."""
    return {
        of.removesuffix(_UNIT).replace("_", " "): buckets
        for of, buckets in result.histograms.items()
        if of.endswith(_UNIT) and of != LATENESS and buckets
    }


def times_table(names: Names, results: Sequence[Result], key: str) -> Table | None:
    """A row for each case and each of its histograms."""
    rows = []
    for r in results:
        for words, buckets in times_of(r).items():
            bounds = [percentile_bound(buckets, share) for share in SHARES]
            total = sum(n for _, n in buckets)
            cells = (
                Cell(units.size(r.case.tasks), r.case.tasks),
                names.case_cell(r.case),
                Cell(words),
                *(Cell(f"≤ {units.duration(b)}", b) for b in bounds),
                Cell(units.count(total), total),
            )
            rows.append(Row(cells, names.place(r.case.subject)))
    heads = ("median", "90 %", "99 %", "99.9 %", "longest")
    columns = (
        *(Column("Tasks"), Column("Subject", words=True), Column("What", words=True)),
        *(Column(h, "at most") for h in heads),
        Column("Counted", "all trials"),
    )
    return Table(f"{key}-times", "What the tasks timed themselves", columns, tuple(rows)) if rows else None


def times_plot(analysis: Analysis, names: Names, results: Sequence[Result], title: str, key: str) -> Markup | None:
    """The same as a picture: from the median to the 99th percentile."""
    words = list(dict.fromkeys(w for r in results for w in times_of(r)))
    if not words:
        return None
    rows = [
        case_row(analysis, names, r, tuple(_reading(times_of(r).get(w)) for w in words)) for r in results if times_of(r)
    ]
    return panels(
        [Quantity(w, "µs, median to 99 %", units.number) for w in words],
        rows,
        key=f"{key}-times-plot",
        title=f"{title}: what the tasks timed themselves",
        description="The stroke across is the median, the line goes from it to the 99th percentile.",
    )


def _reading(buckets: Buckets | None) -> Reading | None:
    if buckets is None:
        return None
    median, late = (percentile_bound(buckets, share) / _NS_PER_US for share in (0.5, 0.99))
    return Reading(median, median, late)
