"""One click takes a recipient off every further campaign; opening the link changes nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from opsbook.records.campaigns import Campaigns as CampaignRows
from web.serving import Served

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)


class Offer:
    percent = 20.0
    expires_days = 30


@pytest.fixture
async def link(served: Served) -> str:
    """The path of the link in a letter to u1@example.com."""
    campaigns = served.app.campaigns
    campaigns.public_url = "https://ops.example.com"
    contact = {
        "contact_id": "u1",
        "first_name": "Ada",
        "email": "u1@example.com",
        "role": "brand",
        "is_test": False,
        "email_unsubscribed_at": None,
        "email_opt_out": False,
    }
    audience: list[Any] = [{"organization_id": "o1", "name": "Harbor", "reason": "no_login", "contacts": [contact]}]
    origin: dict[str, Any] = {"effect_key": "key_1", "run_id": "run_1", "agent": "craig", "as_of": AT}
    zone = ZoneInfo("America/New_York")
    found: Any = await campaigns.draft(audience, Offer(), "email", **origin, timezone=zone)
    (letter,) = found["messages"]
    url = re.search(r"https://ops\.example\.com(/unsubscribe/\S+)", letter["body"])
    assert url is not None
    return url[1]


def suppressed(served: Served) -> dict[str, str]:
    return CampaignRows(served.app.store).suppressed("email", ["u1@example.com"])


async def test_opening_the_link_shows_a_button_and_changes_nothing(served, link):
    for _ in range(2):
        shown = await served.client.get(link)
        assert (shown.status_code, suppressed(served)) == (200, {})
        assert '<form method="post">' in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "set-cookie" not in shown.headers
    assert "u1@example.com" not in shown.text


async def test_one_click_of_a_mail_program_is_enough(served, link):
    said = await served.client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert (said.status_code, suppressed(served)) == (200, {"u1@example.com": "unsubscribed"})
    again = await served.client.post(link)
    assert again.status_code == 200


@pytest.mark.parametrize("broken", ["", "x", "abc.def", "%00", "a" * 5000])
async def test_a_link_that_is_not_ours_does_nothing_and_says_what_to_do(served, link, broken):
    said = await served.client.post(f"/unsubscribe/x{broken}")
    assert (said.status_code, suppressed(served)) == (404, {})
    assert "Open it again from the letter" in said.text


async def test_a_link_with_one_letter_changed_is_not_ours(served, link):
    head, tail = link[:-1], link[-1]
    forged = head + ("A" if tail != "A" else "B")
    last = (await served.client.post(forged)).status_code
    other = (await served.client.post(link.replace("/unsubscribe/", "/unsubscribe/Z", 1))).status_code
    assert (last, other, suppressed(served)) == (404, 404, {})
