"""How a figure leaves the warehouse: with what it rests on, and judged by the contract of its metric.

A figure is `{value, status, unit, n, as_of, window: {start, end}, completeness, reaches_end, metric, terms}`, where
`terms` is the digest of the words that it was counted by. Outside its contract it is unknown: `value` is null, `reason`
says why in plain words, and `observed` keeps what was seen. What is unknown stays so, and a ratio of nothing is no
number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from opsbook.sdk.values import Json, JsonObject, Unknown, measured, unknown_in
from opsbook.warehouse.contracts import Contract
from opsbook.warehouse.sheets import Sheet, sheet_named

if TYPE_CHECKING:
    from opsbook.warehouse.manifest import Held
    from opsbook.warehouse.store import Warehouse


@dataclass(frozen=True)
class Seen:
    """What a query found: a value, resting on `n`. Of `candidates` rows `unread` have a needed cell nobody could read.

    `why` says why the value is none, although it was looked for (`observed` then keeps it).
    """

    value: int | float | None
    n: int
    candidates: int = 0
    unread: int = 0
    why: str = ""

    @classmethod
    def share(cls, part: int, whole: int, why_not: str, *, candidates: int = 0, unread: int = 0) -> Seen:
        """`part / whole`, to six places; none, for the reason given, when the whole is 0."""
        value = round(part / whole, 6) if whole else None
        return cls(value, whole, candidates, unread, "" if whole else why_not)


def measure(
    warehouse: Warehouse, metric: str, start: datetime | None, end: datetime, seen: Seen | Unknown, *, cut: str = ""
) -> JsonObject:
    """The figure of a metric over `[start, end)`; without a start, as it is at `end`. `cut` names a part of it."""
    sheet = sheet_named(metric)
    known = not isinstance(seen, Unknown)
    completeness, darkest = _completeness(warehouse, sheet, seen) if known else (None, "")
    about: JsonObject = {
        "unit": sheet.unit,
        "n": seen.n if isinstance(seen, Seen) else None,
        "as_of": end.isoformat(),
        "window": {"start": start.isoformat() if start else None, "end": end.isoformat()},
        "completeness": completeness,
        "reaches_end": not any(_lags(warehouse, sheet, end)),
        "metric": metric,
        "terms": warehouse.terms_of(metric),
    }
    if cut:
        about["cut"] = cut
    if isinstance(seen, Unknown):
        return {**seen.as_json(), **about}
    contract = warehouse.contract(metric)
    reason = (
        seen.why or _stale(warehouse, sheet, contract, end) or _outside(sheet, contract, seen, completeness, darkest)
    )
    if not reason:
        return measured(seen.value, **about)
    observed = {} if seen.value is None else {"observed": seen.value}
    return {**Unknown(reason).as_json(), **observed, **about}


def _stale(warehouse: Warehouse, sheet: Sheet, contract: Contract, end: datetime) -> str:
    """`orders were last loaded 3 days before the end of this period, at most 26 h are allowed`."""
    for table, read, late in _lags(warehouse, sheet, end):
        if late > contract.fresh_within:
            verb = "were" if table.endswith("s") else "was"
            before = f"{_spell(late)} before the end of this period"
            return f"{table} {verb} last {read} {before}, at most {_spell(contract.fresh_within)} are allowed"
    return ""


def _lags(warehouse: Warehouse, sheet: Sheet, end: datetime) -> Iterator[tuple[str, str, timedelta]]:
    """The tables whose data do not reach the end, how they came, and by how much."""
    for table in dict.fromkeys(need.partition(".")[0] for need in sheet.needs):
        held = warehouse.held(table)
        if held is not None and held.known_to < end:
            yield table, held.read, end - held.known_to


def _outside(sheet: Sheet, contract: Contract, seen: Seen, completeness: float | None, darkest: str) -> str:
    if completeness is not None and completeness < contract.minimum_completeness:
        needed = _percent(contract.minimum_completeness)
        return f"only {_percent(completeness)} could be read ({darkest}), at least {needed} are needed"
    if seen.n < contract.minimum_n:
        return f"measured on {seen.n} {_counted(sheet, seen.n)}, at least {contract.minimum_n} are needed"
    return ""


def _completeness(warehouse: Warehouse, sheet: Sheet, seen: Seen | Unknown) -> tuple[float, str]:
    """The smallest share of rows that could be read, to six places, and in words what was worst."""
    shares = [(1.0, "")]
    if isinstance(seen, Seen) and seen.candidates:
        said = f"{seen.unread:,} of {seen.candidates:,} have a cell that nobody can read"
        shares.append((1 - seen.unread / seen.candidates, said))
    for column in sheet.reads:
        table, _, name = column.partition(".")
        held = warehouse.held(table)
        if held is not None and held.rows and (bad := held.unread.get(name, 0)):
            shares.append((1 - bad / held.rows, f"{name} of {bad:,} of {held.rows:,} {table} cannot be read"))
    for table in dict.fromkeys(need.partition(".")[0] for need in sheet.needs):
        held = warehouse.held(table)
        refused = _refused(held)
        if held is not None and refused:
            came = held.rows + refused
            shares.append((1 - refused / came, f"{refused:,} of {came:,} rows of {table} were refused when loaded"))
    share, darkest = min(shares, key=lambda one: one[0])
    return round(share, 6), darkest


def _refused(held: Held | None) -> int:
    """How many rows the last load left out."""
    report = held.last.get("report") if held is not None else None
    return int(report["rejected"]) if report else 0


def _counted(sheet: Sheet, n: int) -> str:
    """What `n` counts, of one or of several."""
    singular = {"people": "person", "organisations": "organisation", "requests": "request"}
    word, _, rest = sheet.counts.partition(" ")
    return f"{singular.get(word, word) if n == 1 else word} {rest}".strip()


def _percent(share: float) -> str:
    return f"{share * 100:.1f}".removesuffix(".0") + " %"


def _spell(length: timedelta) -> str:
    """`26 h`, `3 days`, `40 min`: the two larger units only where a whole number says it well enough."""
    minutes = length.total_seconds() / 60
    if minutes >= 48 * 60:
        return f"{minutes / 1440:.0f} days"
    return f"{minutes / 60:.0f} h" if minutes >= 60 else f"{max(1, minutes):.0f} min"


def against(now: JsonObject, before: JsonObject) -> JsonObject:
    """A measurement with the one before it and the relative change between them."""
    return {**now, "previous": before, "change": _change(now, before)}


def _change(now: JsonObject, before: JsonObject) -> JsonObject:
    for one in (now, before):
        if unknown := unknown_in({"value": one.get("value"), "status": one.get("status"), "reason": one.get("reason")}):
            return unknown.as_json()
    value, base = now["value"], before["value"]
    if not isinstance(value, int | float) or not isinstance(base, int | float) or base == 0:
        return Unknown("it was 0 before").as_json()
    return measured(round((value - base) / base, 6), unit="ratio")


def figure(value: Json | Unknown, unit: str = "") -> JsonObject:
    """A plain measurement of a value that is no metric of its own, or the unknown that stands for it."""
    if isinstance(value, Unknown):
        return value.as_json()
    return measured(value, unit=unit) if unit else measured(value)
