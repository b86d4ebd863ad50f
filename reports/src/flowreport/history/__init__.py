"""Runs kept over time: in one SQLite file, or in PostgreSQL. Both go through flowreport.history.store."""

from flowreport.sources import RESULTS

# Where the history is when the command line does not say it: what this variable says, else this file.
VARIABLE = "FLOWREPORT_HISTORY"
DEFAULT = RESULTS / "history.sqlite"
