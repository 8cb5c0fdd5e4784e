"""BG/NBD: how likely somebody who ordered before still does, told from how often and how lately they ordered.

The model of Fader, Hardie and Lee, "Counting Your Customers the Easy Way" (Marketing Science 24, 2005). While alive,
each orders at random at a rate of its own (gamma with shape r and rate alpha, a week), and after each order but the
first leaves for good with a chance of its own (beta with a and b). Time is in weeks. Needs NumPy and SciPy: only
`alive` imports this, and only when it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import digamma, expit, gammaln, hyp2f1

from opsbook.sdk.values import Unknown

Floats = NDArray[np.float64]

WEEK = 7.0  # days
LOWEST, HIGHEST = 1e-5, 1e5  # of each parameter; one that ends there could not be told from the data
STEEPEST = 1e-5  # of the mean log-likelihood, by the logarithm of a parameter, where a maximum counts as reached
APART = 0.01  # log-likelihood by which two starts may differ and still have found the same maximum
MOST_STEPS = 60  # of a search; those that settled took up to 21
_NEAR_ONE = 1e-6  # the formula of expected orders divides by a - 1


@dataclass(frozen=True)
class Histories:
    """Groups of equal histories. `units` have ordered on `repeats` days after their first one.

    The last of these days came `last` weeks after the first, and the first was `age` weeks ago.
    """

    repeats: Floats
    last: Floats
    age: Floats
    units: Floats

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, Any]]) -> Histories:
        """Of rows with `repeats`, `last_day` and `age` in days; a row without `units` is one unit's."""
        columns = [np.array([row[name] for row in rows], dtype=np.float64) for name in ("repeats", "last_day", "age")]
        repeats, last, age = columns
        return cls(repeats, last / WEEK, age / WEEK, np.array([row.get("units", 1) for row in rows], dtype=np.float64))

    @property
    def n(self) -> int:
        return int(self.units.sum())


@dataclass(frozen=True)
class Parameters:
    """What was fitted, its log-likelihood, and on how many units."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    n: int

    @property
    def four(self) -> Floats:
        return np.array([self.r, self.alpha, self.a, self.b])


def fit(histories: Histories) -> Parameters | Unknown:
    """The parameters that make the histories likeliest, looked for from several starts.

    Unknown when the search does not settle, when starts disagree, or when a parameter runs off: then the histories do
    not say what it is. The same histories, in any order and grouping, give the same parameters to four digits.
    """
    size, typical = histories.units.sum(), float(np.average(histories.age, weights=histories.units)) + 1.0
    starts = ((1.0, typical, 1.0, 1.0), (0.3, typical / 4, 0.8, 2.5), (2.0, typical / 16, 0.2, 5.0))
    ends: list[tuple[float, Floats, float]] = []
    for start in starts:
        found = minimize(
            lambda logs: tuple(-part / size for part in _likelihood_and_slope(np.exp(logs), histories)),
            np.log(np.clip(start, LOWEST, HIGHEST)),
            jac=True,
            method="L-BFGS-B",
            bounds=[(np.log(LOWEST), np.log(HIGHEST))] * 4,
            options={"ftol": 1e-13, "gtol": STEEPEST / 10, "maxiter": MOST_STEPS, "maxfun": 2 * MOST_STEPS},
        )
        ends.append((-float(found.fun) * float(size), np.exp(found.x), float(np.abs(found.jac).max())))
        if len(ends) > 1 and abs(ends[0][0] - ends[1][0]) <= APART:
            break  # two that agree need no third
    best, four, slope = max(ends, key=lambda end: end[0])
    if ran_off := [name for name, one in zip(("r", "alpha", "a", "b"), four, strict=True) if _is_outermost(one)]:
        return Unknown(f"the orders do not tell the model's parameters apart: {', '.join(ran_off)} ran off")
    if not slope <= STEEPEST:
        return Unknown("the search for the model's parameters did not settle")
    if sum(best - end[0] <= APART for end in ends) < 2:
        return Unknown("searches for the model's parameters from different starts end apart")
    r, alpha, a, b = (float(one) for one in four)
    return Parameters(r, alpha, a, b, best, histories.n)


def log_likelihood(four: Floats, histories: Histories) -> float:
    """Of (r, alpha, a, b), summed over all units, with the constants in: comparable with published ones in weeks."""
    return _likelihood_and_slope(four, histories)[0]


def alive(parameters: Parameters, histories: Histories) -> Floats:
    """The probability that each still orders. Whoever ordered on one day only has had no occasion to leave: 1."""
    return np.asarray(expit(-_odds_of_gone(parameters.four, histories)))


def within(parameters: Parameters, histories: Histories, weeks: float) -> Floats:
    """The probability of an order in the coming weeks: alive, and one comes in that time."""
    rate, waited = parameters.r + histories.repeats, parameters.alpha + histories.age
    return alive(parameters, histories) * -np.expm1(rate * np.log(waited / (waited + weeks)))


def expected(parameters: Parameters, histories: Histories, weeks: float) -> Floats:
    """How many days with orders are to be expected in the coming weeks.

    The published formula after Euler's transformation, in which nothing overflows for long histories.
    """
    r, alpha, a, b = parameters.four
    a = a if abs(a - 1) > _NEAR_ONE else 1 + _NEAR_ONE
    waited = alpha + histories.age
    share = weeks / (waited + weeks)
    tail = (1 - share) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + histories.repeats - 1, share)
    mean = (a + b + histories.repeats - 1) / (a - 1) * (1 - tail)
    return np.asarray(mean * alive(parameters, histories))


def _likelihood_and_slope(four: Floats, histories: Histories) -> tuple[float, Floats]:
    """The log-likelihood, and its slope by the logarithms of the parameters."""
    r, alpha, a, b = four
    x, units = histories.repeats, histories.units
    log_age, log_last = np.log(alpha + histories.age), np.log(alpha + histories.last)
    odds = _odds_of_gone(four, histories)
    gone = expit(odds)
    each = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * log_age
        + gammaln(b + x) - gammaln(b) + gammaln(a + b) - gammaln(a + b + x)
        + np.logaddexp(0.0, odds)
    )  # fmt: skip
    together = digamma(a + b) - digamma(a + b + x)
    slopes = (
        digamma(r + x) - digamma(r) + np.log(alpha) - log_age + gone * (log_age - log_last),
        r / alpha - (r + x) * ((1 - gone) / (alpha + histories.age) + gone / (alpha + histories.last)),
        together + gone / a,
        together + digamma(b + x) - digamma(b) - gone / np.maximum(b + x - 1, LOWEST),
    )
    return float(units @ each), np.array([one * (units @ slope) for one, slope in zip(four, slopes, strict=True)])


def _odds_of_gone(four: Floats, histories: Histories) -> Floats:
    """The logarithm of the odds that each has left; minus infinity for those who ordered on one day only."""
    r, alpha, a, b = four
    x = histories.repeats
    silence = (r + x) * (np.log(alpha + histories.age) - np.log(alpha + histories.last))
    leaving = np.log(a) - np.log(np.where(x > 0, b + x - 1, 1.0))
    return np.where(x > 0, leaving + silence, -np.inf)


def _is_outermost(one: float) -> bool:
    return not LOWEST * 1.01 < one < HIGHEST / 1.01
