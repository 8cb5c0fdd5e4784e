"""The sample company: hundreds of organisations and a year of their history out of one seed, with planted facts.

`make_company` writes every table and answers what is true of it, from the books that the generator kept while it wrote.
The same seed and moment make the same company, to the byte. May lean on the warehouse's declaration of tables. To plant
a fact, write it into the rows in the room it belongs to, note it in `Books`, and answer it in `Planted`.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from opsbook.cli.demo.company.activity import write_campaigns, write_orders, write_tickets
from opsbook.cli.demo.company.contracts import Ledger, write_contracts
from opsbook.cli.demo.company.organizations import found_organizations, write_organizations
from opsbook.cli.demo.company.people import write_members
from opsbook.cli.demo.company.platform import write_errors, write_requests, write_usage
from opsbook.cli.demo.company.plot import (
    DAY,
    WEEK,
    AtRisk,
    Draft,
    Organization,
    Planted,
    Plot,
    Row,
    Signups,
    Silent,
)
from opsbook.cli.demo.company.signups import SOURCES, write_signups
from opsbook.warehouse.tables import TABLES

OFFLINE, SLOW = "aeropay", "alleaves"
AS_JSON = frozenset({"leads", "events", "errors", "campaigns"})  # the rest is written as CSV
COHORTS = ("customer", "dispensary", "brand")


@dataclass(frozen=True)
class Company:
    """Rows by table, in the canonical columns, and the answers."""

    seed: int
    rows: Mapping[str, list[Row]]
    planted: Planted

    def write(self, folder: Path) -> dict[str, Path]:
        """One file a table, CSV or JSONL; answers where each is."""
        folder.mkdir(parents=True, exist_ok=True)
        return {table: _write(folder, table, rows) for table, rows in self.rows.items()}


def make_company(seed: int, as_of: datetime, *, organizations: int = 340, orders: int = 24_000) -> Company:
    """The company as it is at `as_of` (aware, UTC). Needs at least 120 organisations for everything that is planted."""
    draft = Draft(as_of, Random(seed))  # noqa: S311 sample data, not secrets
    founded = found_organizations(draft, organizations)
    ledger = write_contracts(draft, founded)
    fresh = write_members(draft, founded)
    write_signups(draft, founded, fresh)
    write_organizations(draft, founded)
    write_orders(draft, founded, orders)
    write_campaigns(draft, founded)
    write_tickets(draft, founded)
    write_errors(draft)
    write_requests(draft)
    write_usage(draft)
    return Company(seed, draft.rows, _answers(draft, founded, ledger))


def _answers(draft: Draft, founded: list[Organization], ledger: Ledger) -> Planted:
    books, counted = draft.books, [one for one in founded if one.plot is not Plot.TEST]
    errors = dict(books.errors)
    return Planted(
        as_of=draft.as_of,
        offline=OFFLINE,
        slow=SLOW,
        quotas=books.quotas,
        mrr_now=sum(one.mrr_cents for one in counted),
        mrr_week_ago=sum(one.mrr_week_ago_cents for one in counted),
        past_due_mrr=ledger.past_due_cents,
        trialing=ledger.trialing,
        paying_week_ago=sum(1 for one in counted if one.mrr_week_ago_cents),
        movements=tuple(ledger.movements),
        eligible=sum(1 for one in founded if one.counted and one.created_at <= draft.as_of - WEEK),
        inactive=tuple(_silent(draft, one) for one in founded if one.plot is Plot.INACTIVE),
        writable=books.writable,
        left_out=tuple(books.left_out),
        at_risk=tuple(risk for one in founded if one.counted and (risk := _risk(draft, one))),
        signups_week=_signups(draft, WEEK),
        signups_day=_signups(draft, DAY),
        funnel_week=dict(books.funnel),
        active_users_day=sum(1 for row in draft.rows["users"] if _active(draft, row)),
        gmv_day=books.gmv,
        errors_day=errors,
        requests_day=books.requests,
        server_errors_day=books.server_errors,
    )


def _silent(draft: Draft, one: Organization) -> Silent:
    seen = {"login": one.last_login, "orders": one.last_order, "campaigns": one.last_campaign}
    days = {name: None if at is None else (draft.as_of - at) / timedelta(days=1) for name, at in seen.items()}
    return Silent(one.id, one.name, one.reason, days)


def _risk(draft: Draft, one: Organization) -> AtRisk | None:
    """The signals by the suite's own limits; an organisation younger than a limit has not been silent that long."""
    signals = set()
    if max(one.last_login or one.created_at, one.created_at) < draft.ago(14):
        signals.add("no_login")
    if max(one.last_campaign or one.created_at, one.created_at) < draft.ago(30):
        signals.add("no_campaign")
    if one.open_tickets:
        signals.add("tickets_open")
    return AtRisk(one.id, one.name, frozenset(signals), one.mrr_cents) if signals else None


def _signups(draft: Draft, length: timedelta) -> Signups:
    found = [(cohort, source) for at, cohort, source in draft.books.signups if draft.in_window(at, length)]
    cohorts, sources = Counter(cohort for cohort, _ in found), Counter(source for _, source in found)
    return Signups(
        len(found),
        {name: cohorts[name] for name in COHORTS},
        {name: sources[name] for name in (*SOURCES, "other", "unattributed")},
    )


def _active(draft: Draft, row: Row) -> bool:
    return not row["is_test"] and draft.in_window(row["last_login_at"], DAY)


def _write(folder: Path, table: str, rows: list[Row]) -> Path:
    columns = TABLES[table].names
    path = folder / f"{table}.{'jsonl' if table in AS_JSON else 'csv'}"
    with path.open("w", encoding="utf-8", newline="") as file:
        if table in AS_JSON:
            for row in rows:
                file.write(json.dumps({name: _cell(row[name]) for name in columns}) + "\n")
            return path
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_text(row[name]) for name in columns] for row in rows)
    return path


def _cell(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _text(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else _cell(value)
