"""Campaign drafts: once for each effect, one letter for each person who may be written to, frozen under one digest."""

from __future__ import annotations

import asyncio
import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, update

from inbox.audiences import audience as generated
from opsbook.inbox.letters import Letter
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.records.keys import Keys
from opsbook.records.tables.inbox import campaign_exclusions, campaign_messages
from opsbook.records.tables.inbox import campaigns as campaign_rows
from opsbook.sdk.errors import Conflict, InvalidInput, NotAllowed, NotFound
from opsbook.sdk.values import Unknown, canonical, digest

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
UNKNOWN = Unknown("users were never loaded").as_json()


@pytest.fixture
def audience(organization, contact):
    """Three organisations: five people who may be written to, two who may not."""
    return [
        organization("o1"),
        organization(
            "o2",
            reason="no_login",
            contacts=[contact("o2_u1"), contact("o2_u2", first_name="Bo"), contact("o2_u3", email_opt_out=True)],
        ),
        organization(
            "o3",
            reason="never_started",
            contacts=[contact("o3_u1"), contact("o3_u2", email="17@pos.local"), contact("o3_u3")],
        ),
    ]


async def test_a_draft_has_one_letter_for_each_recipient_and_a_reason_for_each_exclusion(
    make_campaigns, audience, offer, origin
):
    drafted = await make_campaigns().draft(audience, offer(), "email", **origin)
    assert drafted["status"] == "pending_approval"
    assert (drafted["recipients"], drafted["excluded"]) == (
        {"value": 5, "status": "ok"},
        {"value": 2, "status": "ok"},
    )
    assert [one["contact_id"] for one in drafted["messages"]] == ["o1_u1", "o2_u1", "o2_u2", "o3_u1", "o3_u3"]
    assert [(one["contact_id"], one["reason"]) for one in drafted["exclusions"]] == [
        ("o2_u3", "organization_opted_out"),
        ("o3_u2", "placeholder_address"),
    ]
    assert drafted["discount"] == {"percent": 20, "expires_on": "2026-12-24"}
    assert drafted["compliance"] == {"status": "passed", "violations": [], "count": 0}
    assert drafted["personalised"] is True


async def test_each_recipient_has_a_code_of_their_own_that_stands_in_their_letter(
    make_campaigns, audience, offer, origin
):
    drafted = await make_campaigns().draft(audience, offer(), "email", **origin)
    codes = [one["discount_code"] for one in drafted["messages"]]
    assert len(set(codes)) == 5
    assert all(one["discount_code"] in one["body"] for one in drafted["messages"])


async def test_no_letter_holds_braces_or_json(make_campaigns, organization, contact, offer, origin):
    nasty = organization("o1", name='{{ org.name }} {"a": 1}', contacts=[contact(first_name="{{first_name}}")])
    drafted = await make_campaigns().draft([nasty], offer(), "email", **origin)
    (one,) = drafted["messages"]
    assert not set("{}") & set(one["subject"] + one["body"] + one["organization_name"])


async def test_the_same_effect_again_answers_the_first_draft_and_writes_nothing(
    make_campaigns, audience, offer, origin, clock
):
    first = await make_campaigns().draft(audience, offer(), "email", **origin)
    clock.forward(timedelta(minutes=5))
    again = await make_campaigns(chance=random.Random(99)).draft(audience[:1], offer(50), "email", **origin)
    assert again == first
    assert len(make_campaigns().latest()) == 1


async def test_two_at_once_under_one_effect_are_one_draft(make_campaigns, audience, offer, origin):
    campaigns = make_campaigns()
    drafts = await asyncio.gather(*(campaigns.draft(audience, offer(), "email", **origin) for _ in range(4)))
    assert all(one == drafts[0] for one in drafts)
    assert len(campaigns.latest()) == 1


async def test_codes_are_the_same_when_a_draft_is_made_again_and_others_in_another_draft(
    make_campaigns, audience, offer, origin, store
):
    """The process died before the draft was written: the letters that somebody saw in a log are those of the retry."""
    campaigns = make_campaigns()
    first = await campaigns.draft(audience, offer(), "email", **origin)
    with store.transaction() as connection:
        for table in (campaign_messages, campaign_exclusions, campaign_rows):
            connection.execute(delete(table))
    again = await make_campaigns(chance=random.Random(99)).draft(audience, offer(), "email", **origin)
    other = await campaigns.draft(audience, offer(), "email", **{**origin, "effect_key": "key_2"})
    codes = [[one["discount_code"] for one in drafted["messages"]] for drafted in (first, again, other)]
    assert codes[0] == codes[1]
    assert not set(codes[0]) & set(codes[2])


async def test_the_key_that_was_kept_first_is_the_key(store):
    keys = Keys(store)
    assert await keys.keep("campaigns", b"1" * 32, AT) == b"1" * 32
    assert await keys.keep("campaigns", b"2" * 32, AT) == b"1" * 32
    assert (keys.get("campaigns"), keys.get("other")) == (b"1" * 32, None)


async def test_nobody_left_is_no_draft_and_nothing_is_stored(make_campaigns, organization, contact, offer, origin):
    campaigns = make_campaigns()
    nobody = [organization("o1", contacts=[contact(is_test=True)]), organization("o2", contacts=[])]
    drafted = await campaigns.draft(nobody, offer(), "email", **origin)
    assert (drafted["status"], drafted["campaign_id"], drafted["digest"]) == ("no_recipients", None, None)
    assert drafted["recipients"]["value"] == 0
    assert [(one["contact_id"], one["reason"]) for one in drafted["exclusions"]] == [
        ("u1", "test_account"),
        (None, "no_contact"),
    ]
    assert campaigns.latest() == []


async def test_contacts_that_nobody_could_read_are_not_an_organisation_without_contacts(
    make_campaigns, organization, offer, origin
):
    drafted = await make_campaigns().draft([organization("o1", contacts=UNKNOWN)], offer(), "email", **origin)
    assert [one["reason"] for one in drafted["exclusions"]] == ["contacts_unknown"]


async def test_nobody_gets_two_letters_of_one_campaign(make_campaigns, organization, contact, offer, origin):
    twice = [
        organization("o1", contacts=[contact("u1"), contact("u2", email="U1@EXAMPLE.com ")]),
        organization("o2", contacts=[contact("u1")]),
    ]
    drafted = await make_campaigns().draft(twice, offer(), "email", **origin)
    assert [one["recipient"] for one in drafted["messages"]] == ["u1@example.com"]
    assert [one["reason"] for one in drafted["exclusions"]] == ["duplicate_address", "duplicate_address"]


async def test_suppressed_and_lately_written_to_people_are_left_out(
    make_campaigns, audience, offer, origin, store, clock
):
    campaigns = make_campaigns()
    await CampaignRows(store).suppress("email", "o1_u1@example.com", "bounced", clock.now())
    first = await campaigns.draft(audience, offer(), "email", **origin)
    with store.transaction() as connection:
        sent = update(campaign_messages).where(campaign_messages.c.contact_id == "o2_u1")
        connection.execute(sent.values(sent_at=clock.now() - timedelta(days=29)))
    second = await campaigns.draft(audience, offer(), "email", **{**origin, "effect_key": "key_2"})
    assert "o1_u1" not in [one["contact_id"] for one in first["messages"]]
    assert {(one["contact_id"], one["reason"]) for one in second["exclusions"]} >= {
        ("o1_u1", "suppressed"),
        ("o2_u1", "contacted_recently"),
    }


async def test_the_digest_is_that_of_the_frozen_letters_and_a_changed_letter_is_refused(
    make_campaigns, audience, offer, origin, store
):
    campaigns = make_campaigns()
    drafted = await campaigns.draft(audience, offer(), "email", **origin)
    manifest = campaigns.manifest(drafted["campaign_id"])
    assert digest(manifest) == drafted["digest"]
    assert {one["body"] for one in manifest["messages"]} == {one["body"] for one in drafted["messages"]}
    with store.transaction() as connection:
        change = update(campaign_messages).where(campaign_messages.c.contact_id == "o1_u1")
        connection.execute(change.values(body="Something else"))
    with pytest.raises(Conflict, match="digest"):
        campaigns.manifest(drafted["campaign_id"])


async def test_an_unsubscribe_link_works_for_its_holder_at_once_and_for_nobody_else(
    make_campaigns, audience, offer, origin
):
    campaigns = make_campaigns()
    drafted = await campaigns.draft(audience, offer(), "email", **origin)
    letter = next(one for one in drafted["messages"] if one["contact_id"] == "o2_u2")
    token = re.search(r"https://ops\.example\.com/unsubscribe/(\S+)", letter["body"]).group(1)
    assert not await campaigns.unsubscribe(token[:-2] + "AA")
    assert not await campaigns.unsubscribe("nonsense")
    assert await campaigns.unsubscribe(token)
    assert await campaigns.unsubscribe(token)
    later = await campaigns.draft(audience, offer(), "email", **{**origin, "effect_key": "key_2"})
    assert ("o2_u2", "suppressed") in {(one["contact_id"], one["reason"]) for one in later["exclusions"]}


async def test_every_letter_carries_the_headers_for_one_click_under_the_digest(make_campaigns, audience, offer, origin):
    campaigns = make_campaigns()
    drafted = await campaigns.draft(audience, offer(), "email", **origin)
    for one in campaigns.manifest(drafted["campaign_id"])["messages"]:
        assert one["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert one["headers"]["List-Unsubscribe"].strip("<>") in one["body"]


async def test_without_postal_address_or_public_url_the_draft_warns(make_campaigns, audience, offer, origin):
    drafted = await make_campaigns(postal_address="", public_url=None).draft(audience, offer(), "email", **origin)
    assert (drafted["status"], drafted["compliance"]["status"]) == ("pending_approval", "warning")
    assert [one["rule"] for one in drafted["compliance"]["violations"]] == ["no_postal_address", "no_unsubscribe"]
    assert all("nsubscribe:" not in one["body"] for one in drafted["messages"])


async def test_a_product_that_may_not_be_named_warns_and_is_not_named(make_campaigns, organization, offer, origin):
    item = organization("o1", orders={"count": 3, "top_products": ["Kids Candy", "Mint Tin"]})
    drafted = await make_campaigns().draft([item], offer(), "email", **origin)
    (one,) = drafted["compliance"]["violations"]
    assert (one["rule"], one["severity"], one["contact_id"]) == ("appeal_to_minors", "warning", "o1_u1")
    assert "Kids" not in drafted["messages"][0]["body"]
    assert drafted["messages"][0]["evidence"]["left_out_products"] == ["Kids Candy"]


async def test_words_that_break_a_rule_keep_the_draft_from_approval(make_campaigns, audience, offer, origin):
    def claims(organization, contact, terms, footer):
        return Letter("For you", f"It cures anxiety. {terms.code} {organization.name}")

    drafted = await make_campaigns(write=claims).draft(audience, offer(), "email", **origin)
    assert (drafted["status"], drafted["compliance"]["status"]) == ("compliance_review", "failed")
    assert {one["rule"] for one in drafted["compliance"]["violations"]} == {"medical_claim"}


async def test_two_organisations_with_the_same_words_are_not_personalised_whatever_their_codes(
    make_campaigns, audience, offer, origin
):
    def same(organization, contact, terms, footer):
        return Letter("For you", f"Dear customer, {terms.code} {footer.unsubscribe_url}")

    drafted = await make_campaigns(write=same).draft(audience, offer(), "email", **origin)
    assert drafted["personalised"] is False


async def test_a_letter_that_claims_what_no_fact_carries_is_not_drafted_and_said_to_be_left_out(
    make_campaigns, organization, offer, origin
):
    def check(text, facts):
        return [] if any(fact.source == "orders.count" and fact.value == 42 for fact in facts) else ["No fact says 7."]

    items = [organization("o1"), organization("o2", orders={"count": 7})]
    drafted = await make_campaigns(check=check).draft(items, offer(), "email", **origin)
    assert [one["organization_id"] for one in drafted["messages"]] == ["o1"]
    assert drafted["exclusions"] == [{"contact_id": "o2_u1", "organization_id": "o2", "reason": "unbacked_claim"}]
    (said,) = drafted["compliance"]["violations"]
    assert (said["rule"], said["severity"], said["found"]) == ("unbacked_claim", "warning", "No fact says 7.")
    assert (drafted["status"], drafted["excluded"]["value"]) == ("pending_approval", 1)


async def test_when_no_letter_is_backed_nothing_is_drafted(make_campaigns, audience, offer, origin):
    campaigns = make_campaigns(check=lambda text, facts: ["No fact says it."])
    drafted = await campaigns.draft(audience, offer(), "email", **origin)
    assert (drafted["status"], drafted["messages"]) == ("no_recipients", [])
    assert campaigns.latest() == []


async def test_the_facts_of_a_letter_are_kept_with_it_under_the_digest(make_campaigns, organization, offer, origin):
    campaigns = make_campaigns()
    drafted = await campaigns.draft([organization("o1")], offer(), "email", **origin)
    (one,) = campaigns.manifest(drafted["campaign_id"])["messages"]
    kept = {fact["source"]: fact["value"] for fact in one["evidence"]["facts"]}
    assert (kept["orders.count"], kept["days_silent.orders"], kept["discount.percent"]) == (42, 31, 0.2)
    assert all(fact["text"] in one["subject"] + one["body"] for fact in one["evidence"]["facts"])


async def test_no_two_of_five_hundred_recipients_share_subject_and_body_even_without_codes_and_links(
    make_campaigns, offer, origin
):
    drafted = await make_campaigns(public_url=None).draft(generated(1, 500), offer(), "email", **origin)
    words = {(one["subject"], one["body"].replace(one["discount_code"], "")) for one in drafted["messages"]}
    assert (drafted["recipients"]["value"], len(words), drafted["personalised"]) == (500, 500, True)


async def test_a_discount_by_text_message_is_refused_and_nothing_is_written(make_campaigns, audience, offer, origin):
    campaigns = make_campaigns()
    with pytest.raises(NotAllowed):
        await campaigns.draft(audience, offer(), "sms", **origin)
    assert campaigns.latest() == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"organization_id": None}, "audience/1/organization_id"),
        ({"contacts": [{"email": "a@example.com"}]}, "audience/1/contacts/0/contact_id"),
        ({"contacts": "everybody"}, "audience/1/contacts"),
        ({"orders": {"count": "many"}}, "audience/1/orders/count"),
    ],
)
async def test_an_audience_that_is_none_is_refused_with_its_place_and_without_its_values(
    make_campaigns, organization, offer, origin, change, place
):
    campaigns = make_campaigns()
    with pytest.raises(InvalidInput) as refused:
        await campaigns.draft([organization("o1"), {**organization("o2"), **change}], offer(), "email", **origin)
    assert refused.value.field == place
    assert "a@example.com" not in str(refused.value)
    assert "many" not in str(refused.value)
    assert campaigns.latest() == []


async def test_a_preview_shows_the_letters_and_writes_nothing_not_even_a_key(
    make_campaigns, audience, offer, origin, store
):
    campaigns = make_campaigns()
    seen = await campaigns.preview(audience, offer(), "email", **origin)
    assert (seen["status"], seen["campaign_id"], seen["recipients"]["value"]) == ("would_draft", None, 5)
    assert campaigns.latest() == []
    assert Keys(store).get("campaigns") is None
    drafted = await campaigns.draft(audience, offer(), "email", **origin)
    assert drafted["recipients"] == seen["recipients"]
    assert not {one["discount_code"] for one in seen["messages"]} & {
        one["discount_code"] for one in drafted["messages"]
    }


async def test_unknown_evidence_stays_unknown_in_the_draft(make_campaigns, organization, offer, origin):
    item = organization("o1", days_silent={"login": 9, "orders": UNKNOWN, "campaigns": None})
    drafted = await make_campaigns().draft([item], offer(), "email", **origin)
    assert drafted["messages"][0]["evidence"]["days_silent"] == {"login": 9, "orders": UNKNOWN, "campaigns": None}


@pytest.mark.parametrize(
    ("alive", "kept"),
    [
        ({"value": 0.31, "status": "ok", "unit": "ratio", "n": 400, "order_days": 9}, 0.31),
        (UNKNOWN, UNKNOWN),
        (None, None),
    ],
)
async def test_the_chance_that_a_shop_still_trades_stands_with_its_letter(
    make_campaigns, organization, offer, origin, alive, kept
):
    drafted = await make_campaigns().draft([organization("o1", alive=alive)], offer(), "email", **origin)
    assert drafted["messages"][0]["evidence"]["alive"] == kept


async def test_the_last_day_is_counted_in_the_runs_own_zone(make_campaigns, audience, offer, origin):
    late = datetime(2026, 11, 25, 3, tzinfo=UTC)  # still the 24th in New York
    drafted = await make_campaigns().draft(audience, offer(10, 7), "email", **{**origin, "as_of": late})
    assert drafted["discount"] == {"percent": 10, "expires_on": "2026-12-01"}
    assert drafted["name"] == "Re-engagement 2026-11-24"


async def test_a_draft_is_plain_json_and_reads_back_the_same(make_campaigns, audience, offer, origin):
    campaigns = make_campaigns()
    drafted = await campaigns.draft(audience, offer(), "email", **origin)
    assert canonical(campaigns.get(drafted["campaign_id"])) == canonical(drafted)
    with pytest.raises(NotFound):
        campaigns.get("campaign_none")
