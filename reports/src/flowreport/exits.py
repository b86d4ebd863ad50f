"""What the exit code of every command says."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes. A command returns one; only cli exits."""

    GOOD = 0
    # A trial failed, an answer was wrong, a regression was found. The output is complete all the same.
    FAILED = 1
    # Wrong usage, or a file that cannot be read or written.
    USAGE = 2
    # The result is inconclusive, or the environment is not fit for measuring.
    INCONCLUSIVE = 3
    # A gate must measure more before it can say anything; next.json says what.
    UNDECIDED = 4
    INTERRUPTED = 130
