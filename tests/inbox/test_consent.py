"""Who may be written to: one table of refusals, and what is unknown excludes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from opsbook.effects.ledger import Effect, Ledger
from opsbook.inbox.audience import Organization
from opsbook.inbox.consent import Exclusion, Standing, basis, exclusion, standing
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.records.effects import Effects
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.effects import ConnectorClass, Parcel, Receipt
from opsbook.sdk.values import Unknown

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
NOTHING = Standing()
UNKNOWN = Unknown("the column was not loaded").as_json()


class Mail:
    name, channel, effect_class, search_after = "mail", "email", ConnectorClass.D, timedelta(0)

    async def send(self, parcel: Parcel) -> Receipt:
        return Receipt("1")

    async def find(self, key: str) -> Receipt | None:
        return None


async def no_sleep(seconds: float) -> None:
    raise AssertionError("nothing waits here")


def decided(organization, contact, known=NOTHING, at=AT, org=None, **more):
    """What the function says of one contact with these differences."""
    read = Organization.model_validate(organization(contacts=[contact(**more)], **(org or {})))
    return exclusion(read.contacts[0], read, known, at)


def test_a_business_contact_needs_no_opt_in(organization, contact):
    assert decided(organization, contact) is None


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"email": None}, Exclusion.NO_ADDRESS),
        ({"email": "  "}, Exclusion.NO_ADDRESS),
        ({"email": UNKNOWN}, Exclusion.NO_ADDRESS),
        ({"email": "ada"}, Exclusion.INVALID_ADDRESS),
        ({"email": "ada@example"}, Exclusion.INVALID_ADDRESS),
        ({"email": "ada@example.com, bob@example.com"}, Exclusion.INVALID_ADDRESS),
        ({"email": "ada@example.com\nBcc: bob@example.com"}, Exclusion.INVALID_ADDRESS),
        ({"email": "a..b@example.com"}, Exclusion.INVALID_ADDRESS),
        ({"email": f"ada@{'x' * 60}.{'y' * 60}.{'z' * 60}.{'w' * 70}.example.com"}, Exclusion.INVALID_ADDRESS),
        ({"email": "customer-17@pos-import.local"}, Exclusion.PLACEHOLDER_ADDRESS),
        ({"email": "Customer-17@POS.LOCAL"}, Exclusion.PLACEHOLDER_ADDRESS),
        ({"is_test": True}, Exclusion.TEST_ACCOUNT),
        ({"email_unsubscribed_at": "2024-01-01T00:00:00Z"}, Exclusion.UNSUBSCRIBED),
        ({"email_opt_out": True}, Exclusion.ORGANIZATION_OPTED_OUT),
        ({"email_unsubscribed_at": UNKNOWN}, Exclusion.CONSENT_UNKNOWN),
        ({"email_opt_out": UNKNOWN}, Exclusion.CONSENT_UNKNOWN),
        ({"is_test": UNKNOWN}, Exclusion.CONSENT_UNKNOWN),
        ({"role": UNKNOWN}, Exclusion.CONSENT_UNKNOWN),
        ({"role": "customer"}, Exclusion.NO_CONSENT),
        ({"role": "customer", "email_consent": False}, Exclusion.NO_CONSENT),
        ({"role": "customer", "email_consent": UNKNOWN}, Exclusion.NO_CONSENT),
        ({"role": "customer", "email_consent": True}, None),
        ({"email": "  Ada.Moss+ops@Mail.Example.COM "}, None),
    ],
)
def test_each_reason_excludes(organization, contact, more, reason):
    assert decided(organization, contact, **more) == reason


def test_an_organisations_opt_out_stands_for_all_its_people(organization, contact):
    assert decided(organization, contact, org={"email_opt_out": True}) == Exclusion.ORGANIZATION_OPTED_OUT
    assert decided(organization, contact, org={"email_opt_out": UNKNOWN}) == Exclusion.CONSENT_UNKNOWN


@pytest.mark.parametrize("more", [{}, {"role": "customer", "email_consent": True}])
def test_suppression_stands_above_every_consent(organization, contact, more):
    known = Standing({"u1@example.com": "bounced"})
    assert decided(organization, contact, known, email="U1@Example.com", **more) == Exclusion.SUPPRESSED


@pytest.mark.parametrize(("days", "reason"), [(29, Exclusion.CONTACTED_RECENTLY), (30, None), (31, None)])
def test_thirty_days_lie_between_two_campaigns(organization, contact, days, reason):
    known = Standing(contacted={"u1@example.com": AT - timedelta(days=days)})
    assert decided(organization, contact, known) == reason


def test_the_ground_for_writing_is_named(organization, contact):
    made = Organization.model_validate(
        organization(contacts=[contact(), contact("u2", role="customer", email_consent=True)])
    )
    assert [basis(one) for one in made.contacts] == ["business_contact", "recorded_consent"]


async def test_the_records_word_is_asked_for_by_channel_and_in_lower_case(store):
    rows = CampaignRows(store)
    assert await rows.suppress("email", " Ada@Example.com ", "bounced", AT)
    assert not await rows.suppress("email", "ada@example.com", "complained", AT)
    assert standing(rows, "email", ["ada@example.com", "", "bob@example.com"], AT).suppressed == {
        "ada@example.com": "bounced"
    }
    assert standing(rows, "sms", ["ada@example.com"], AT).suppressed == {}


async def test_only_campaign_mail_of_the_last_thirty_days_counts_as_contact(store):
    rows = CampaignRows(store)
    log = [
        ("ada@example.com", "campaign:campaign_1", AT - timedelta(days=3)),
        ("bob@example.com", "campaign:campaign_1", AT - timedelta(days=31)),
        ("eve@example.com", "incident:mailjet", AT - timedelta(days=1)),
    ]
    for address, key, at in log:
        ledger = Ledger(Effects(store), SteppedClock(at), no_sleep)
        await ledger.carry_out(Effect("run_1", "1", address, Parcel(address, address, "S", "T"), key), Mail(), None)
    known = standing(rows, "email", [address for address, _, _ in log], AT)
    assert known.contacted == {"ada@example.com": AT - timedelta(days=3)}


async def test_more_addresses_than_one_query_takes_are_all_looked_up(store):
    rows = CampaignRows(store)
    addresses = [f"u{i:05d}@example.com" for i in range(1201)]
    for address in (addresses[0], addresses[700], addresses[1200]):
        await rows.suppress("email", address, "bounced", AT)
    assert len(standing(rows, "email", addresses, AT).suppressed) == 3
