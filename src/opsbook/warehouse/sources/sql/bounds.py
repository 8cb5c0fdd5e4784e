"""From where on a sync reads: a while behind what was read last, for what is committed late. Pure.

A row gets the time of its change before it is committed. One that commits after a row with a later time would never
be seen by somebody who asks for later times alone. So each sync begins an overlap before the last row that was read,
and never later than an overlap before that reading began: a row that is dated into the future must not hide others.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Json
from opsbook.warehouse.sources.sql.declared import A_THOUSAND, FIVE_MINUTES, Query

TIME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:([T ])(\d{2}:\d{2}:\d{2})(\.\d+)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?")
ENDLESS = ("infinity", "-infinity")
NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
TIMES = ("timestamp with time zone", "timestamp without time zone", "date")
CHANGE_OF_CLOCK = timedelta(hours=1)  # local times repeat an hour in autumn


def lower(high: Json, kind: str, query: Query, until: datetime, zone: str) -> Json:
    """The first value of the cursor to ask for, given the last one that was read; `kind` is its type's name or empty.

    `until` is when that reading began.
    A text that is no time, and whatever else has no distance, is asked for again from the last value on. Raises
    `InvalidInput` when the declared overlap is of the other kind than the cursor.
    """
    if isinstance(high, dict):
        held = str(high["value"])
        if high["kind"] == "Decimal":
            return {"kind": "Decimal", "value": str(_number_back(held, query))}
        return {**high, "value": _time_back(held, query, until, zone)} if high["kind"] != "bytes" else high
    if isinstance(high, int | float) or kind in NUMBERS:
        back = _number_back(str(high), query)
        return str(back) if isinstance(high, str) else float(back) if isinstance(high, float) else int(back)
    text = str(high)
    if kind in TIMES or (not kind and TIME.fullmatch(text)):
        return _time_back(text, query, until, zone)
    return high


def _number_back(high: str, query: Query) -> Decimal:
    overlap = A_THOUSAND if query.settings.overlap is None else query.settings.overlap
    if isinstance(overlap, timedelta):
        raise _other_kind(query, "counts", "a number, such as 1000")
    try:
        return Decimal(high) - overlap
    except InvalidOperation:
        return Decimal(high)


def _time_back(high: str, query: Query, until: datetime, zone: str) -> str:
    overlap = FIVE_MINUTES if query.settings.overlap is None else query.settings.overlap
    if not isinstance(overlap, timedelta):
        raise _other_kind(query, "is a time", 'a duration, such as "5m"')
    found = TIME.fullmatch(high)
    date, mark, clock, _, offset = found.groups() if found else (None, " ", "00:00:00", None, None)
    local = ZoneInfo(zone)
    if offset is None and zone != "UTC":
        overlap += CHANGE_OF_CLOCK
    latest = until.astimezone(local).replace(tzinfo=None)
    if date is not None:
        last = datetime.fromisoformat(f"{date} {clock or '00:00:00'}")
        if offset is not None:
            aware = datetime.fromisoformat(f"{date} {clock}{offset}")
            latest = until.astimezone(aware.tzinfo).replace(tzinfo=None)
        latest = min(last, latest)
    moment = latest - overlap
    return f"{moment:%Y-%m-%d}" if date and not clock else f"{moment:%Y-%m-%d}{mark or ' '}{moment:%H:%M:%S}"


def _other_kind(query: Query, what: str, other: str) -> InvalidInput:
    place = f"{query.place}.overlap"
    return InvalidInput(f"The cursor of {query.place} {what}.", field=place, cure=f"Write overlap as {other}.")
