"""Whether the model of `alive` is to be believed: fitted on what was before a moment, held against what came after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from opsbook.sdk.values import JsonObject, Unknown
from opsbook.warehouse.alive import Fitted, Whose, fitted_on, histories, predictions
from opsbook.warehouse.store import Warehouse

WEEK = timedelta(days=7)
TENTHS = 10
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Tenth:
    """Units of about equal prediction: what was foretold of them on the mean, and what they did.

    `alive`: the probability that they still order; `foretold`: that they order in the time after; `came_back`: the
    share that did. `expected` and `ordered` are order days of one.
    """

    units: int
    alive: float
    foretold: float
    came_back: float
    expected: float
    ordered: float


@dataclass(frozen=True)
class Scores:
    """How well some `units` were foretold, of which `came_back` ordered in the time after.

    Brier scores are mean squared errors of a probability, lower is better: of the model, of each rule "silent for more
    than so many days, so gone" (by days), and of telling everybody the share that came back. The area is the chance
    that of two units, one that came back and one that did not, the first was ranked higher: by the model, and by how
    lately it ordered.
    """

    units: int
    came_back: int
    brier: float
    brier_of_rules: Mapping[int, float]
    brier_of_share: float
    area: float
    area_of_silence: float


@dataclass(frozen=True)
class Calibration:
    """Predictions at a moment against the `weeks` that followed: of everyone, and of those with several order days.

    `expected_days` and `ordered_days` are the order days of all together.
    """

    fitted: Fitted
    weeks: float
    everyone: Scores
    repeaters: Scores
    tenths: tuple[Tenth, ...]
    expected_days: float
    ordered_days: int

    @property
    def widest_gap(self) -> float:
        """Between foretold and came back, in the tenth where it is widest."""
        return max(abs(one.foretold - one.came_back) for one in self.tenths)

    def as_json(self) -> JsonObject:
        """All of it, to four digits."""
        return {
            "status": "ok",
            "model": self.fitted.as_json(),
            "weeks": round(self.weeks, 4),
            "everyone": _short(self.everyone),
            "repeaters": _short(self.repeaters),
            "expected_days": round(self.expected_days, 1),
            "ordered_days": self.ordered_days,
            "widest_gap": round(self.widest_gap, 4),
            "tenths": [_short(one) for one in self.tenths],
        }


def calibration(
    warehouse: Warehouse, split: datetime, end: datetime, whose: Whose = Whose.ORGANIZATION, rules: Sequence[int] = (7,)
) -> Calibration | Unknown:
    """Fit on the orders before `split`, predict those in `[split, end)`, compare.

    Each of `rules` is a number of days. Unknown when the model is, or when all or none came back.
    """
    if missing := warehouse.lacks("orders", *(["orders.consumer_id"] if whose is Whose.CONSUMER else []), since=split):
        return missing
    rows = histories(warehouse, split, end, whose)
    found = fitted_on(rows, split, whose)
    if isinstance(found, Unknown):
        return found
    weeks = (end - split) / WEEK
    told = [{**row, **more} for row, more in zip(rows, predictions(found, weeks), strict=True)]
    scores = [_scores(group, rules) for group in (told, [one for one in told if one["repeats"]])]
    if unknown := next((one for one in scores if isinstance(one, Unknown)), None):
        return unknown
    everyone, repeaters = (one for one in scores if isinstance(one, Scores))
    expected, ordered = _sum(told, lambda one: one["expected"]), _sum(told, lambda one: one["later"])
    return Calibration(found, weeks, everyone, repeaters, _tenths(told, found.units), expected, int(ordered))


def _scores(told: Rows, rules: Sequence[int]) -> Scores | Unknown:
    units, back = int(_sum(told, lambda _: 1)), int(_sum(told, _came_back))
    if back in (0, units):
        return Unknown("all came back, or none: there is nothing to tell apart")
    return Scores(
        units,
        back,
        _brier(told, units, lambda one: one["within"]),
        {days: _brier(told, units, lambda one, most=days: _silent_days(one) <= most) for days in rules},  # type: ignore[misc]
        _brier(told, units, lambda _: back / units),
        _area(told, lambda one: one["within"]),
        _area(told, lambda one: -_silent_days(one)),
    )


def _sum(told: Iterable[Mapping[str, Any]], what: Callable[[Any], float]) -> float:
    return float(sum(one["units"] * what(one) for one in told))


def _came_back(one: Mapping[str, Any]) -> bool:
    came: bool = one["later"] > 0
    return came


def _silent_days(one: Mapping[str, Any]) -> int:
    days: int = one["age"] - one["last_day"]
    return days


def _brier(told: Rows, units: int, chance: Callable[[Any], float]) -> float:
    return _sum(told, lambda one: (chance(one) - _came_back(one)) ** 2) / units


def _area(told: Rows, score: Callable[[Any], float]) -> float:
    """The area under the curve of a ranking; of two with equal scores each is half before the other."""
    better, won, back = 0.0, 0.0, _sum(told, _came_back)
    stayed = _sum(told, lambda one: 1) - back
    for _, equal in groupby(sorted(told, key=score, reverse=True), key=score):
        group = list(equal)
        came = _sum(group, _came_back)
        won += (_sum(group, lambda one: 1) - came) * (better + came / 2)
        better += came
    return float(won / (back * stayed))


def _tenths(told: Rows, units: int) -> tuple[Tenth, ...]:
    """By rising prediction; a group of equal histories stays together, in the tenth where its middle falls."""
    found: list[list[Mapping[str, Any]]] = [[] for _ in range(TENTHS)]
    before = 0
    for one in sorted(told, key=lambda one: one["within"]):
        found[int((before + one["units"] / 2) / units * TENTHS)].append(one)
        before += one["units"]
    return tuple(_tenth(group) for group in found if group)


def _tenth(group: Rows) -> Tenth:
    units = int(_sum(group, lambda one: 1))
    means = [_sum(group, lambda one, name=name: one[name]) / units for name in ("alive", "within", "expected", "later")]  # type: ignore[misc]
    alive, within, expected, later = means
    return Tenth(units, alive, within, _sum(group, _came_back) / units, expected, later)


def _short(one: Scores | Tenth) -> JsonObject:
    found = asdict(one)
    if "brier_of_rules" in found:
        found["brier_of_rules"] = {str(days): round(score, 4) for days, score in found["brier_of_rules"].items()}
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}
