"""Small random companies, whose every time lies on or beside the edge of some window, and their loading."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from opsbook.warehouse import LoadReport, Warehouse
from opsbook.warehouse.contracts import Contract
from opsbook.warehouse.sheets import sheets

AS_OF = datetime(2026, 11, 24, 14, tzinfo=UTC)
GARBAGE = "the day before yesterday"
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
EDGES = (0, 1, 2, 7, 14, 28, 30, 45, 90)  # days before AS_OF where some window begins or ends
Rows = dict[str, list[dict[str, Any]]]

# Every figure may be judged, however little it rests on: companies of a dozen organisations are no sample of anything.
ANYTHING = Contract(minimum_n=0, fresh_within=timedelta(days=366), minimum_completeness=0)
LAX = dict.fromkeys(sheets(), ANYTHING)

ROLES = ("customer", "brand", "brand_admin", "dispensary_staff", "budtender", "super_admin", "intern", "grower", None)
CONTRACTS = ("active", "active", "past_due", "trialing", "canceled", "replaced", "incomplete")
SOURCES = ("vibe_studio", "mobile-vibe-9", "academy", "training_cohort", "age-gate", "referral")


def company(seed: int) -> Rows:
    """Up to a dozen of everything; every table is there, if only with one row."""
    return _Maker(Random(seed)).rows()


def put(warehouse: Warehouse, folder: Path, table: str, rows: Sequence[Mapping[str, Any]]) -> LoadReport:
    """Load rows through a file, as everybody does."""
    path = folder / f"{table}.jsonl"
    path.write_text("".join(json.dumps(row, default=datetime.isoformat) + "\n" for row in rows), "utf-8")
    return warehouse.load(table, path, replace_all=True)


def put_all(warehouse: Warehouse, folder: Path, rows: Rows) -> None:
    for table, found in rows.items():
        put(warehouse, folder, table, found)


class _Maker:
    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.organizations = [f"org-{number}" for number in range(chance.randint(1, 9))]
        self.users = [f"user-{number}" for number in range(chance.randint(1, 14))]

    def rows(self) -> Rows:
        return {
            "organizations": [self._organization(key) for key in self.organizations],
            "users": [self._user(key) for key in self.users],
            "subscriptions": self._some(12, self._subscription),
            "orders": self._some(25, self._order),
            "campaigns": self._some(9, self._campaign),
            "tickets": self._some(6, self._ticket),
            "leads": self._some(14, self._lead),
            "events": self._some(8, self._event),
            "errors": self._some(10, self._error),
            "requests": self._some(6, self._request),
            "usage": self._some(6, self._usage),
        }

    def _some(self, most: int, make: Any) -> list[dict[str, Any]]:
        return [make(number) for number in range(self.chance.randint(1, most))]

    def at(self) -> datetime:
        return AS_OF - self.chance.choice(EDGES) * DAY + self.chance.choice((-1, 0, 1)) * SECOND

    def maybe(self, value: Any, share: float = 0.5) -> Any:
        return value if self.chance.random() < share else None

    def time(self, share: float = 0.5, garbage: float = 0.1) -> Any:
        return GARBAGE if self.chance.random() < garbage else self.maybe(self.at(), share)

    def _organization(self, key: str) -> dict[str, Any]:
        return {
            "id": key,
            "name": f"Name of {key}",
            "type": "brand",
            "status": self.chance.choice(("active", "trial", "Canceled", None)),
            "owner_id": self.chance.choice(self.users),
            "created_at": self.at() - self.chance.choice((0, 60)) * DAY,
            "canceled_at": self.maybe(self.at(), 0.15),
            "is_test": self.chance.choice((True, False, False, False, None)),
            "signup_source": self.maybe(self.chance.choice(SOURCES), 0.3),
            "email_opt_out": self.maybe(True, 0.2),
        }

    def _user(self, key: str) -> dict[str, Any]:
        email = self.chance.choice((f"{key}@Example.com", f" {key}@example.com", "till@shop.local", None))
        return {
            "id": key,
            "email": email,
            "role": self.chance.choice(ROLES),
            "organization_id": self.maybe(self.chance.choice(self.organizations), 0.8),
            "created_at": self.at(),
            "signup_at": self.maybe(self.at(), 0.6),
            "approved_at": self.maybe(self.at()),
            "claimed_at": self.maybe(self.at(), 0.2),
            "last_login_at": self.time(0.6),
            "approval_status": self.chance.choice(("approved", "pending", "rejected", None)),
            "is_test": self.chance.choice((True, False, False, None)),
            "email_unsubscribed_at": self.time(0.2),
        }

    def _subscription(self, number: int) -> dict[str, Any]:
        return {
            "id": f"sub-{number}",
            "organization_id": self.chance.choice([*self.organizations, "org-unlisted"]),
            "status": self.chance.choice(CONTRACTS),
            "amount_cents": self.chance.randint(0, 99_999),
            "interval_months": self.chance.choice((1, 1, 3, 12)),
            "provider_subscription_id": self.maybe(f"provider-{self.chance.randint(0, 3)}"),
            "started_at": self.maybe(self.at(), 0.9),
            "ended_at": self.maybe(self.at(), 0.3),
        }

    def _order(self, number: int) -> dict[str, Any]:
        return {
            "id": f"order-{number}",
            "organization_id": self.chance.choice(self.organizations),
            "consumer_id": self.maybe(f"consumer-{self.chance.randint(0, 6)}", 0.9),
            "ordered_at": self.at(),
            "total_cents": self.chance.randint(-500, 9999),
            "status": self.chance.choice(("completed", "Cancelled", "canceled", None)),
            "mode": self.chance.choice(("live", "live", "demo", None)),
            "product": self.maybe(f"product-{self.chance.randint(0, 4)}", 0.8),
        }

    def _campaign(self, number: int) -> dict[str, Any]:
        sent = self.time(0.7)
        return {"id": f"campaign-{number}", "organization_id": self.chance.choice(self.organizations), "sent_at": sent}

    def _ticket(self, number: int) -> dict[str, Any]:
        return {
            "id": f"ticket-{number}",
            "organization_id": self.maybe(self.chance.choice(self.organizations), 0.9),
            "status": self.chance.choice(("new", "waiting_on_user", "resolved", "closed", None)),
            "created_at": self.at(),
            "resolved_at": self.time(0.3),
        }

    def _lead(self, number: int) -> dict[str, Any]:
        person = self.chance.choice([*self.users, "stranger-1", "stranger-2"])
        email = self.maybe(self.chance.choice((f"{person}@example.com", f"{person.upper()}@EXAMPLE.com ")), 0.8)
        phone = self.maybe(f"phone-{self.chance.randint(0, 2)}", 0.6)
        source = self.chance.choice(SOURCES)
        return {"id": f"lead-{number}", "email": email, "phone_hash": phone, "source": source, "captured_at": self.at()}

    def _event(self, number: int) -> dict[str, Any]:
        return {
            "id": f"event-{number}",
            "type": self.chance.choice(("user.signup.platform", "page.claimed")),
            "at": self.at(),
            "user_id": self.chance.choice(self.users),
            "source": self.maybe(self.chance.choice(SOURCES), 0.8),
        }

    def _error(self, number: int) -> dict[str, Any]:
        level = self.chance.choice(("warning", "error", "critical", "FATAL"))
        return {"id": f"error-{number}", "at": self.at(), "level": level, "service": "api", "message": "no"}

    def _request(self, number: int) -> dict[str, Any]:
        asked = self.chance.choice((0, 100, 317))
        broken = self.chance.randint(0, asked)
        return {"at": self.at(), "service": f"s{number}", "requests": asked, "server_errors": broken}

    def _usage(self, number: int) -> dict[str, Any]:
        return {
            "system": self.chance.choice(("crm", "mail")),
            "at": AS_OF - number * timedelta(minutes=7) + self.chance.choice((0, 1)) * timedelta(hours=1),
            "used": self.chance.randint(0, 900),
            "quota_limit": self.maybe(1000, 0.8),
            "resets_at": self.maybe(self.at(), 0.3),
        }
