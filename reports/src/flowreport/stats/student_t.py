"""Tail probabilities of Student's t, without scipy, which is an oracle of the tests only."""

from math import exp, inf, isfinite, lgamma, log

# A continued fraction is done when a further term changes it by less than this; it then has full double precision.
_PRECISION = 1e-15
_MOST_TERMS = 10_000
_TINY = 1e-300


def two_sided_p(t: float, freedom: float) -> float:
    """P(|T| >= |t|) for Student's t with `freedom` > 0 degrees of freedom; t may be infinite.

    It is the regularized incomplete beta function I_x(freedom / 2, 1 / 2) at x = freedom / (freedom + t²).
    Source: Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.1 and 26.5.27.
    Raises ValueError on other arguments.
    """
    if freedom <= 0 or not isfinite(freedom) or t != t:  # noqa: PLR0124 - not a number
        raise ValueError(f"expected a number and degrees of freedom above 0, got {t} and {freedom}")
    if abs(t) == inf:
        return 0.0
    whole = freedom + t * t
    return _incomplete_beta(freedom / whole, t * t / whole, freedom / 2, 0.5)


def _incomplete_beta(x: float, rest: float, a: float, b: float) -> float:
    """I_x(a, b) for 0 < x <= 1; `rest` is 1 - x, which a caller knows better than a subtraction would."""
    if rest <= 0.0:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(rest))
    # The fraction converges fast below the mean of the distribution; above it its mirror image does.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(rest, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of DLMF 8.17.22, from its front by Lentz's method (Applied Optics 15(3), 1976)."""
    value, above, below = 1.0, 1.0, 0.0
    for term in range(1, _MOST_TERMS):
        m = term // 2
        if term % 2:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        below = 1.0 / ((1.0 + numerator * below) or _TINY)
        above = (1.0 + numerator / above) or _TINY
        value *= above * below
        if abs(above * below - 1.0) < _PRECISION:
            return 1.0 / value
    raise ArithmeticError(f"the continued fraction of I_{x}({a}, {b}) does not converge")
