"""A deployment with organisations to write to, a campaign about them, and the decision that lets it leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from opsbook.app import App, open_app, the_world
from opsbook.inbox.deciding import Decision
from opsbook.settings import Settings, read_settings
from opsbook.warehouse.contacts import audience_now

ALWAYS = ["00:00", "24:00"]
SETTINGS = """\
home = "home"
postal_address = "1 Harbor Street, Albany NY"
public_url = "https://ops.example.com"
allow_loopback = true
[people.owner]
email = "owner@example.com"
roles = ["owner", "approver"]
[people.second]
email = "second@example.com"
roles = ["approver"]
[campaigns]
at_once = {at_once}
weekdays = ["00:00", "24:00"]
saturday = ["00:00", "24:00"]
sunday = ["00:00", "24:00"]
[integrations.smtp]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "ops@example.com"
"""


class Offer:
    percent = 20.0
    expires_days = 30


def settle_down(folder: Path, port: int, at_once: int = 8) -> None:
    """The file of a deployment in a folder whose mail goes to a port of this machine."""
    (folder / "opsbook.toml").write_text(SETTINGS.format(port=port, at_once=at_once), "utf-8")


def settings_of(folder: Path) -> Settings:
    found = read_settings({"OPSBOOK_CONFIG": str(folder / "opsbook.toml")})
    return found.model_copy(update={"home": folder / "home"})


def settle(app: App, folder: Path, number: int) -> list[str]:
    """Load so many organisations, each with one person to write to; their ids."""
    ids = [f"o{place:05}" for place in range(number)]
    long_ago = "2026-01-01T00:00:00Z"
    rows: dict[str, list[dict[str, Any]]] = {
        "organizations": [
            {"id": one, "name": f"Harbor {one}", "created_at": long_ago, "state": "NY", "email_opt_out": False}
            for one in ids
        ],
        "users": [
            {
                "id": f"u-{one}",
                "organization_id": one,
                "first_name": "Ada",
                "email": f"{one}@example.com",
                "role": "brand",
                "created_at": long_ago,
                "is_test": False,
                "email_unsubscribed_at": None,
            }
            for one in ids
        ],
    }
    for table, found in rows.items():
        path = folder / f"{table}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in found), "utf-8")
        app.warehouse.load(table, path)
    return ids


async def draft(app: App, ids: Sequence[str], key: str = "key_1") -> str:
    """A campaign that waits for approval."""
    organizations: Any = audience_now(app.warehouse, ids)
    audience = [{**one, "reason": "no_login"} for one in organizations]
    origin: Any = {"effect_key": key, "run_id": "run_none", "agent": "craig", "as_of": datetime.now(UTC)}
    found = await app.campaigns.draft(audience, Offer(), "email", **origin, timezone=ZoneInfo("America/New_York"))
    assert found["status"] == "pending_approval", found["compliance"]
    return str(found["campaign_id"])


async def approve(app: App, campaign_id: str) -> None:
    """Everybody who is needed says yes to exactly what was drafted."""
    row = app.approvals.rows.about(campaign_id)
    assert row is not None
    for person in ("owner", "second"):
        if app.approvals.get(row["id"])["state"] == "pending":
            await app.approvals.decide(row["id"], person, Decision("approved", "cli", digest=row["digest"]))


def approved(folder: Path, number: int) -> str:
    """A store with an approved campaign to so many recipients; nothing works on it."""

    async def made() -> str:
        settings = settings_of(folder)
        world = replace(the_world(settings), environment={})
        async with open_app(settings, world) as app:
            campaign_id = await draft(app, settle(app, folder, number))
            await approve(app, campaign_id)
            return campaign_id

    return asyncio.run(made())
