"""What was asked of models and what it cost: a reservation before each request, the bill after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, insert, select, update

from opsbook.records.rows import Row, fetch
from opsbook.records.store import Store
from opsbook.records.tables.models import model_requests as requests
from opsbook.records.tables.playbooks import playbooks


class RequestState(StrEnum):
    """How a request stands. All but `released` count against the limits."""

    RESERVED = "reserved"  # it is under way, or its process died: it may have cost what was reserved
    ANSWERED = "answered"  # it has cost what its answer says
    UNANSWERED = "unanswered"  # it left and no answer came: it may have cost what was reserved
    RELEASED = "released"  # the vendor refused it: it cost nothing


class Scope(StrEnum):
    """What a limit is counted over."""

    TASK = "task"  # one piece of work of one agent: the requests at one place of a run
    RUN = "run"
    MONTH = "month"  # all runs of a playbook whose scheduled time is in one month


class Measure(StrEnum):
    """What a limit counts."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    MICROS = "micros"  # millionths of a US dollar
    TOOL_CALLS = "tool_calls"  # that models ask for by themselves; counted by `ModelToolCalls`


@dataclass(frozen=True)
class Limit:
    """At most `most` of a measure in a scope."""

    scope: Scope
    measure: Measure
    most: int


@dataclass(frozen=True)
class Exceeded:
    """The limit that a request would break: what counts against it already, and what the request may add."""

    limit: Limit
    used: int
    wanted: int


class ModelRequests:
    def __init__(self, store: Store) -> None:
        self.store = store

    async def reserve(self, row: Row, limits: Sequence[Limit]) -> Exceeded | None:
        """Keep a request's most before it is made, unless a limit would be broken; then nothing is kept.

        `row` holds the columns up to `reserved_micros`, `asked_at` and `asked`. Requests of any number of runs and
        processes are counted one after the other: no two of them share the last of a budget.
        """

        def write(connection: Connection) -> Exceeded | None:
            if not self.store.embedded:  # where nobody else writes meanwhile anyway
                connection.execute(_PLAYBOOK, row)
            for scope in dict.fromkeys(limit.scope for limit in limits):
                found = connection.execute(_USED[scope], row).mappings().one()
                used = {measure: int(found[measure]) for measure in Measure if measure in found}
                for limit in limits:
                    wanted = _wanted(limit.measure, row)
                    if limit.scope is scope and used[limit.measure] + wanted > limit.most:
                        return Exceeded(limit, used[limit.measure], wanted)
            connection.execute(_KEEP, {**row, "state": RequestState.RESERVED})
            return None

        return await self.store.shared(write)

    async def end(self, request_id: str, state: RequestState, at: datetime, **columns: Any) -> None:
        """Write the bill, or why there is none. Safe to repeat."""
        values = {"of_request": request_id, "state": state, "answered_at": at, **columns}
        await self.store.shared(lambda connection: connection.execute(_END, values) and None)

    def of_run(self, run_id: str, path: str | None = None) -> list[Row]:
        """The requests of a run, or of one place in it, in their order, with what was asked and answered."""
        query = select(requests).where(requests.c.run_id == run_id).order_by(requests.c.asked_at)
        if path is not None:
            query = query.where(requests.c.path == path)
        with self.store.reading() as connection:
            return fetch(connection, query)

    def bills(self, run_id: str, path: str) -> list[Row]:
        """The requests at one place of a run in their order: what they may have cost and did, without what was said."""
        with self.store.reading() as connection:
            return [dict(row) for row in connection.execute(_BILLS, {"of_run": run_id, "at": path}).mappings()]

    def costs(self, month: str | None = None, playbook_id: str | None = None) -> list[Row]:
        """By playbook, month and model: `{playbook_id, month, model, runs, requests, input_tokens, output_tokens,
        micros, pending_micros, unknown}`, the newest month first.

        `micros` is what answers cost, `pending_micros` what requests without an answer may have cost, `unknown` how
        many requests cost what nobody knows. Released requests are left out.
        """
        billed = requests.c.state == RequestState.ANSWERED
        counted = (requests.c.state != RequestState.RELEASED,)
        where: list[ColumnElement[bool]] = [*counted]
        where += [requests.c.month == month] if month else []
        where += [requests.c.playbook_id == playbook_id] if playbook_id else []
        unpriced = func.coalesce(requests.c.micros, case((billed, None), else_=requests.c.reserved_micros)).is_(None)
        query = (
            select(
                requests.c.playbook_id,
                requests.c.month,
                requests.c.model,
                func.count(requests.c.run_id.distinct()).label("runs"),
                func.count().label("requests"),
                func.coalesce(func.sum(requests.c.input_tokens), 0).label("input_tokens"),
                func.coalesce(func.sum(requests.c.output_tokens), 0).label("output_tokens"),
                func.coalesce(func.sum(requests.c.micros), 0).label("micros"),
                func.coalesce(func.sum(case((billed, 0), else_=requests.c.reserved_micros)), 0).label("pending_micros"),
                func.sum(case((unpriced, 1), else_=0)).label("unknown"),
            )
            .where(*where)
            .group_by(requests.c.playbook_id, requests.c.month, requests.c.model)
            .order_by(requests.c.month.desc(), requests.c.playbook_id, requests.c.model)
        )
        with self.store.reading() as connection:
            return fetch(connection, query)


SAME = {  # what the rows share that are counted together
    Scope.TASK: ("run_id", "path", "agent"),
    Scope.RUN: ("run_id",),
    Scope.MONTH: ("playbook_id", "month"),
}
_TOKENS = func.coalesce(requests.c.input_tokens + requests.c.output_tokens, requests.c.reserved_tokens)
_COUNTED: list[ColumnElement[Any]] = [
    func.count().label(Measure.REQUESTS),
    func.coalesce(func.sum(_TOKENS), 0).label(Measure.TOKENS),
    func.coalesce(func.sum(func.coalesce(requests.c.micros, requests.c.reserved_micros)), 0).label(Measure.MICROS),
]
# Built once: building a statement costs more than running it. Parameters are named as the columns of a request.
_USED = {
    scope: select(*_COUNTED).where(
        requests.c.state != RequestState.RELEASED, *(requests.c[name] == bindparam(name) for name in names)
    )
    for scope, names in SAME.items()
}
_PLAYBOOK = select(playbooks.c.id).where(playbooks.c.id == bindparam("playbook_id")).with_for_update()
_KEEP = insert(requests)
_END = update(requests).where(requests.c.id == bindparam("of_request"))
_BILLS = (
    select(*(column for column in requests.c if column.name not in ("asked", "answered")))
    .where(requests.c.run_id == bindparam("of_run"), requests.c.path == bindparam("at"))
    .order_by(requests.c.asked_at)
)


def _wanted(measure: Measure, row: Mapping[str, Any]) -> int:
    if measure is Measure.REQUESTS:
        return 1
    return int(row["reserved_tokens"] if measure is Measure.TOKENS else row["reserved_micros"])
