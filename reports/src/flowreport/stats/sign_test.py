"""Whether one of two alike things comes up more often than the other: the exact sign test."""

from math import comb


def sign_test_p(more: int, fewer: int) -> float:
    """One-sided p-value of "each is as likely as the other" against "the first is likelier"; counts, 0 or more.

    The chance of at least `more` heads among more + fewer tosses of a fair coin; 1.0 without a toss. Exact, O(n).
    With pairs of which exactly one member has a property it is McNemar's test: pairs that agree tell nothing.
    Source: Conover, Practical Nonparametric Statistics, 3rd edition, 1999, sections 3.4 and 3.5.
    """
    if more < 0 or fewer < 0:
        raise ValueError(f"expected counts, got {more} and {fewer}")
    n = more + fewer
    return float(sum(comb(n, i) for i in range(more, n + 1)) / 2**n)
