"""The tables of a history. A change of them takes a new VERSION and a step in flowreport.history.store leading there.

Times are text in UTC, as the contract writes them. A benchmark of a component has 0 tasks and 0 workers.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

VERSION = 1

metadata = MetaData()

version = Table("history_version", metadata, Column("version", Integer, nullable=False))

machines = Table(
    "history_machines",
    metadata,
    Column("key", Text, primary_key=True),
    Column("facts", JSON, nullable=False),
)

runs = Table(
    "history_runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("content_sha256", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("commit", Text, nullable=False),
    # When the commit was made; null where the repository at hand did not know it.
    Column("committed", Text),
    Column("dirty", Boolean, nullable=False),
    Column("machine", ForeignKey(machines.c.key), nullable=False, index=True),
    Column("tool", Text, nullable=False),
    Column("planned", Integer, nullable=False),
    Column("counted", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("added", Text, nullable=False),
)


def _case_columns() -> list[Column[object]]:
    """`name` is that of the workload, or of the benchmark where `tasks` is 0."""
    return [
        Column("subject", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("tasks", BigInteger, nullable=False),
        Column("workers", Integer, nullable=False),
    ]


results = Table(
    "history_results",
    metadata,
    Column("run", ForeignKey(runs.c.id), nullable=False),
    *_case_columns(),
    Column("metric", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("median", Float(53), nullable=False),
    Column("low", Float(53)),
    Column("high", Float(53)),
    Column("level", Float(53)),
    # One value per trial that counts.
    Column("trial_values", JSON, nullable=False),
    UniqueConstraint("run", "subject", "name", "tasks", "workers", "metric"),
)

# Trials that did not end well, or not at all: how many of each state.
failures = Table(
    "history_failures",
    metadata,
    Column("run", ForeignKey(runs.c.id), nullable=False),
    *_case_columns(),
    Column("status", Text, nullable=False),
    Column("trials", Integer, nullable=False),
    UniqueConstraint("run", "subject", "name", "tasks", "workers", "status"),
)
