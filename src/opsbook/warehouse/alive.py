"""Who still orders: the probability by the BG/NBD model of `bg_nbd`, fitted on the warehouse's own histories.

Beside the rules, never in their place: a rule says who is silent, this says how likely silence is an end. Needs the
extra `opsbook[statistics]`; without it every answer is unknown and says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from opsbook.sdk.values import JsonObject, Unknown, measured
from opsbook.warehouse.store import Warehouse

if TYPE_CHECKING:
    from opsbook.warehouse.bg_nbd import Histories, Parameters

MOST_UNITS = 30_000  # the parameters of more are fitted on a share of them: docs/explain/alive.md has what that costs
LEAST_UNITS = 100  # fewer do not say enough: docs/explain/alive.md has how far fits on so few miss
LEAST_REPEATERS = 30


class Whose(StrEnum):
    """Whose orders count as one history."""

    ORGANIZATION = "organization"
    CONSUMER = "consumer"


@dataclass(frozen=True)
class Fitted:
    """A model at a moment. `units` ordered before it, `repeaters` of them on more than one day."""

    whose: Whose
    as_of: datetime
    parameters: Parameters
    histories: Histories
    units: int
    repeaters: int

    def as_json(self) -> JsonObject:
        """The parameters in weeks, to six digits, with what they were fitted on."""
        found = self.parameters
        four = {name: float(f"{getattr(found, name):.6g}") for name in ("r", "alpha", "a", "b")}
        return {
            **measured({**four, "log_likelihood": round(found.log_likelihood, 1)}, unit="weeks"),
            "n": self.units,
            "repeaters": self.repeaters,
            "as_of": self.as_of.isoformat(),
        }


def fitted(warehouse: Warehouse, as_of: datetime, whose: Whose = Whose.ORGANIZATION) -> Fitted | Unknown:
    """The model of the orders before a moment; unknown when they are too few, or do not say what its parameters are."""
    if missing := warehouse.lacks("orders", *(["orders.consumer_id"] if whose is Whose.CONSUMER else [])):
        return missing
    return fitted_on(histories(warehouse, as_of, as_of, whose), as_of, whose)


def histories(
    warehouse: Warehouse,
    as_of: datetime,
    until: datetime,
    whose: Whose = Whose.ORGANIZATION,
    ids: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """The rows of `metrics/order_frequency.sql`."""
    asked = None if ids is None else sorted(set(ids))
    return warehouse.rows("order_frequency", whose=whose, ids=asked, as_of=as_of, until=until, most=MOST_UNITS)


def fitted_on(rows: Sequence[Mapping[str, Any]], as_of: datetime, whose: Whose) -> Fitted | Unknown:
    """The model of what `histories` answers."""
    units = sum(row["units"] for row in rows)
    repeaters = sum(row["units"] for row in rows if row["repeats"])
    if units < LEAST_UNITS or repeaters < LEAST_REPEATERS:
        return Unknown(
            f"too few orders to tell: {units} ordered, {repeaters} of them on more than one day;"
            f" it takes {LEAST_UNITS} and {LEAST_REPEATERS}"
        )
    model = _model()
    if isinstance(model, Unknown):
        return model
    groups = model.Histories.of(rows)
    parameters = model.fit(groups)
    if isinstance(parameters, Unknown):
        return parameters
    return Fitted(whose, as_of, parameters, groups, units, repeaters)


def chances(warehouse: Warehouse, organizations: Sequence[str], as_of: datetime) -> dict[str, JsonObject]:
    """For each organisation the probability that orders still come in there, `{value, status, n, order_days}`.

    `n` is how many organisations' histories the model is fitted on. Unknown for one that never had an order, for one
    with orders on a single day, of whom the model says nothing, and for all when the model cannot be fitted.
    """
    if not organizations:
        return {}
    found = fitted(warehouse, as_of)
    if isinstance(found, Unknown):
        return {key: found.as_json() for key in organizations}
    rows = histories(warehouse, as_of, as_of, ids=organizations)
    model: Any = _model()
    alive = model.alive(found.parameters, model.Histories.of(rows))
    told = {row["unit"]: _chance(row, float(one), found) for row, one in zip(rows, alive, strict=True)}
    never = Unknown("it never had an order").as_json()
    return {key: told.get(key, never) for key in organizations}


def predictions(found: Fitted, weeks: float) -> list[dict[str, float]]:
    """For each group of histories that a model was fitted on, in their order, `{alive, within, expected}`.

    The probability of still ordering, that of an order in the coming weeks, and the days with orders expected in them.
    """
    model: Any = _model()
    columns = {
        "alive": model.alive(found.parameters, found.histories),
        "within": model.within(found.parameters, found.histories, weeks),
        "expected": model.expected(found.parameters, found.histories, weeks),
    }
    return [dict(zip(columns, map(float, row), strict=True)) for row in zip(*columns.values(), strict=True)]


def _chance(row: Mapping[str, Any], alive: float, found: Fitted) -> JsonObject:
    if not row["repeats"]:
        return Unknown("it had orders on a single day, which does not tell whether more will come").as_json()
    return measured(round(alive, 4), unit="ratio", n=found.units, order_days=row["repeats"] + 1)


def _model() -> Any:
    """The module `bg_nbd`, or why it cannot be used."""
    try:
        from opsbook.warehouse import bg_nbd  # noqa: PLC0415 NumPy and SciPy, an extra that takes a second to load
    except ModuleNotFoundError as error:
        return Unknown(f"{str(error.name).partition('.')[0]} is not installed: pip install 'opsbook[statistics]'")
    return bg_nbd
