"""What somebody may try against an approval, by name: refused, with the reason, and kept in the audit."""

from __future__ import annotations

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, update

from inbox.approving import RUN, approvals_on, approve, question, reject
from opsbook.inbox.amending import Amendments
from opsbook.inbox.deciding import MOST_REFUSALS
from opsbook.inbox.people import People, Person
from opsbook.inbox.rules import Rules
from opsbook.records.approvals import Approvals as ApprovalRows
from opsbook.records.audit import broken_at
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.records.tables.approvals import approvals as approval_rows
from opsbook.records.tables.approvals import manifest_parts
from opsbook.records.tables.inbox import campaign_messages
from opsbook.sdk.errors import Conflict, InvalidInput, NotAllowed, NotFound
from peers.postgres import postgres, postgres_peer  # noqa: F401 fixtures

TRIES = 100


@pytest.fixture
def people():
    return People(
        {
            "owner": Person("owner", "owner@example.com", "U1", ("owner", "approver")),
            "ops": Person("ops", "ops@example.com", roles=("approver",)),
            "guest": Person("guest", "guest@example.com"),
        }
    )


@pytest.fixture
async def campaign(make_campaigns, organization, offer, origin):
    return await make_campaigns().draft([organization("o1"), organization("o2")], offer(), "email", **origin)


@pytest.fixture
def amendments(store, approvals, clock):
    return Amendments(store, approvals, clock)


def about(approvals, campaign):
    return approvals.rows.about(campaign["campaign_id"])


def last(approvals, row):
    found = approvals.get(row["id"])["audit"][-1]
    return found["event"], found["code"], found["person"]


def links(post):
    """Person's address to the token of the link that they were sent last."""
    found = {parcel.to: re.search(r"/approvals/([^>\s]+)>", parcel.text) for parcel in post.taken}
    return {address: match.group(1) for address, match in found.items() if match}


async def test_an_edit_voids_the_approval_that_waits_and_asks_for_another(approvals, campaign, amendments):
    before = about(approvals, campaign)
    letter = campaign["messages"][0]
    edited = await amendments.amend(
        campaign["campaign_id"], letter["contact_id"], "ops", body=letter["body"] + "\nSee you soon!"
    )
    assert edited["digest"] != campaign["digest"]
    with pytest.raises(Conflict, match="voided: ops edited the letter"):
        await approvals.decide(before["id"], "owner", approve())
    after = about(approvals, campaign)
    assert (after["state"], after["digest"]) == ("pending", edited["digest"])
    assert last(approvals, before) == ("refused", "voided", "owner")


async def test_an_edit_after_the_approval_takes_it_back(approvals, campaign, amendments, make_campaigns):
    row = about(approvals, campaign)
    await approvals.decide(row["id"], "owner", approve())
    letter = campaign["messages"][0]
    await amendments.amend(campaign["campaign_id"], letter["contact_id"], "ops", subject="Another subject")
    assert approvals.get(row["id"])["state"] == "voided"
    assert make_campaigns().get(campaign["campaign_id"])["status"] == "pending_approval"
    with pytest.raises(Conflict, match="not approved: pending"):
        approvals.approved(campaign["campaign_id"])


async def test_editing_back_to_what_was_approved_before_needs_a_new_decision_all_the_same(
    approvals, campaign, amendments
):
    await approvals.decide(about(approvals, campaign)["id"], "owner", approve())
    letter = campaign["messages"][0]
    for subject in ("Another subject", letter["subject"]):
        await amendments.amend(campaign["campaign_id"], letter["contact_id"], "ops", subject=subject)
    assert about(approvals, campaign)["digest"] == campaign["digest"]
    assert about(approvals, campaign)["state"] == "pending"


async def test_a_letter_that_is_changed_in_the_store_cannot_be_approved(approvals, campaign, store, make_campaigns):
    row = about(approvals, campaign)
    with store.transaction() as connection:
        change = update(campaign_messages).where(campaign_messages.c.contact_id == "o1_u1")
        connection.execute(change.values(recipient="somebody@example.com"))
    with pytest.raises(Conflict, match="not what was frozen"):
        await approvals.decide(row["id"], "owner", approve())
    assert last(approvals, row) == ("voided", "tampered", "owner")
    assert make_campaigns().get(campaign["campaign_id"])["status"] == "failed"


async def test_a_frozen_manifest_that_is_changed_after_the_approval_is_handed_out_to_nobody(approvals, campaign, store):
    row = about(approvals, campaign)
    await approvals.decide(row["id"], "owner", approve())
    with store.transaction() as connection:
        connection.execute(delete(manifest_parts).where(manifest_parts.c.number == 1))
    with pytest.raises(Conflict, match="not what was frozen"):
        approvals.approved(campaign["campaign_id"])


async def test_a_digest_that_is_changed_in_the_store_approves_nothing(approvals, campaign, store):
    row = about(approvals, campaign)
    with store.transaction() as connection:
        connection.execute(update(approval_rows).values(digest="0" * 64))
    with pytest.raises(Conflict, match="not what was frozen"):
        await approvals.decide(row["id"], "owner", approve())


async def test_a_decision_about_something_else_than_what_was_seen_does_not_count(approvals, campaign):
    row = about(approvals, campaign)
    for _ in range(TRIES):
        with pytest.raises(Conflict, match="digests differ"):
            await approvals.decide(row["id"], "owner", approve(digest="0" * 64))
    assert approvals.get(row["id"])["state"] == "pending"
    assert last(approvals, row) == ("refused", "other_digest", "owner")


async def test_a_replayed_link_decides_nothing_a_second_time(approvals, post):
    row = await approvals.ask(question(quorum=2), RUN, "steps/1", "leo")
    token = links(post)["ops@example.com"]
    await approvals.decide_by_link(token, approve("link"))
    for _ in range(TRIES):
        with pytest.raises(Conflict, match="ops approved this already"):
            await approvals.decide_by_link(token, approve("link"))
    found = approvals.get(row["id"])
    assert (found["state"], len(found["decisions"])) == ("pending", 1)
    assert last(approvals, row) == ("refused", "already_decided", "ops")


async def test_a_forged_link_is_refused_wherever_it_was_changed(approvals, post):
    row = await approvals.ask(question(), RUN, "steps/1", "leo")
    mine, other = links(post)["ops@example.com"], links(post)["owner@example.com"]
    who, _, proof = mine.partition(".")
    forged = [f"{who}.{other.partition('.')[2]}", f"{other.partition('.')[0]}.{proof}", f"{who}.", f"{who}.AAAA"]
    forged += [f"{who}.{proof[:at]}{'A' if proof[at] != 'A' else 'B'}{proof[at + 1 :]}" for at in range(len(proof) - 1)]
    for token in forged:
        with pytest.raises((NotAllowed, NotFound)):
            await approvals.decide_by_link(token, approve("link"))
    assert approvals.get(row["id"])["decisions"] == []
    assert last(approvals, row) == ("refused", "bad_link", None)


@pytest.mark.parametrize("token", ["", ".", "nonsense", "YQ.YQ", "approval_1", "%00", "é.é"])
async def test_what_is_no_link_at_all_is_not_found(approvals, token):
    with pytest.raises(NotFound):
        await approvals.decide_by_link(token, approve("link"))


async def test_the_link_of_an_edited_campaign_is_worth_nothing_for_the_new_one(approvals, campaign, amendments, post):
    await approvals.tell_about(campaign["campaign_id"])
    token = links(post)["owner@example.com"]
    await amendments.amend(campaign["campaign_id"], "o1_u1", "ops", subject="Another subject")
    with pytest.raises(Conflict, match="voided"):
        await approvals.decide_by_link(token, approve("link"))
    assert about(approvals, campaign)["state"] == "pending"


async def test_an_approver_without_the_right_is_refused_with_the_reason(approvals, campaign):
    row = about(approvals, campaign)
    for _ in range(TRIES):
        with pytest.raises(NotAllowed, match="guest may not decide about this") as refused:
            await approvals.decide(row["id"], "guest", approve())
    assert "These may: owner, ops" in refused.value.cure
    assert last(approvals, row) == ("refused", "no_right", "guest")
    assert approvals.get(row["id"])["state"] == "pending"


async def test_somebody_whom_nobody_knows_is_refused(approvals, campaign):
    row = about(approvals, campaign)
    for name in ("mallory", None, "", "agent:craig", "role:approver"):
        with pytest.raises(NotAllowed, match="Nobody in the settings"):
            await approvals.decide(row["id"], name, approve())
    assert last(approvals, row) == ("refused", "unknown_person", None)


async def test_whoever_asked_may_not_decide(approvals):
    row = await approvals.ask(question(), {**RUN, "actor": "person:ops"}, "steps/1", "leo")
    with pytest.raises(NotAllowed, match="nobody decides about their own"):
        await approvals.decide(row["id"], "ops", approve())
    assert last(approvals, row) == ("refused", "self_approval", "ops")
    assert (await approvals.decide(row["id"], "owner", approve()))["state"] == "approved"


async def test_whoever_edited_last_may_not_approve_and_is_not_asked(approvals, campaign, amendments, post):
    await amendments.amend(campaign["campaign_id"], "o1_u1", "ops", subject="Another subject")
    row = about(approvals, campaign)
    assert row["asked_by"] == "person:ops"
    assert [parcel.to for parcel in post.taken] == ["owner@example.com"]
    with pytest.raises(NotAllowed, match="edited it last"):
        await approvals.decide(row["id"], "ops", approve())


async def test_the_only_person_may_approve_their_own_when_the_settings_say_so_and_not_otherwise(store, clock, ids):
    alone = People({"owner": Person("owner", "owner@example.com")})
    mine = {**RUN, "actor": "person:owner"}
    strict = approvals_on(store, clock, ids, alone)
    with pytest.raises(InvalidInput, match="only 0 may"):
        await strict.ask(question(to=("owner",)), mine, "steps/1", "leo")
    allowed = approvals_on(store, clock, ids, alone, rules=Rules(self_approval=True))
    row = await allowed.ask(question(to=("owner",)), mine, "steps/1", "leo")
    with pytest.raises(NotAllowed, match="their own"):
        await strict.decide(row["id"], "owner", approve())
    assert (await allowed.decide(row["id"], "owner", approve()))["state"] == "approved"


async def test_refusals_without_end_do_not_fill_the_store(approvals, campaign):
    row = about(approvals, campaign)
    for _ in range(MOST_REFUSALS + 5):
        with pytest.raises(NotAllowed):
            await approvals.decide(row["id"], "guest", approve())
    assert sum(one["event"] == "refused" for one in approvals.get(row["id"])["audit"]) == MOST_REFUSALS


@pytest.mark.parametrize("text", ["Your letter without its link", "Buy {{ now }}"])
async def test_an_edit_that_loses_the_unsubscribe_link_is_refused(amendments, campaign, text):
    with pytest.raises(InvalidInput, match="unsubscribe link"):
        await amendments.amend(campaign["campaign_id"], "o1_u1", "ops", body=text)


async def test_an_edit_that_breaks_a_rule_can_be_approved_by_nobody(approvals, amendments, campaign, make_campaigns):
    letter = campaign["messages"][0]
    edited = await amendments.amend(
        campaign["campaign_id"], letter["contact_id"], "ops", body=f"This cures cancer.\n{letter['body']}"
    )
    assert (edited["status"], edited["compliance"]["status"]) == ("compliance_review", "failed")
    with pytest.raises(Conflict, match="voided"):
        await approvals.decide(about(approvals, campaign)["id"], "owner", approve())
    mended = await amendments.amend(campaign["campaign_id"], letter["contact_id"], "ops", body=letter["body"])
    assert (mended["status"], mended["digest"]) == ("pending_approval", campaign["digest"])


async def test_two_approvers_at_once_are_one_outcome_in_a_hundred_tries(store, clock, ids, people, tmp_path):
    """Two processes' stores, one of which approves and the other rejects at the same moment."""
    await one_outcome_each(store, Store(f"sqlite:///{tmp_path}/a.db"), clock, ids, people)


@pytest.mark.peer("postgres")
async def test_two_approvers_at_once_are_one_outcome_on_postgres_too(clock, ids, people, postgres):  # noqa: F811
    here = Store(postgres.url)
    metadata.create_all(here.engine)
    try:
        await one_outcome_each(here, Store(postgres.url), clock, ids, people)
    finally:
        here.close()


async def one_outcome_each(store, second, clock, ids, people):
    here, there = (approvals_on(one, clock, ids, people, url=None) for one in (store, second))
    rows = [await here.ask(question(), RUN, f"steps/{number}", "leo") for number in range(TRIES)]
    try:
        outcomes = [at_once((here, "owner", approve()), (there, "ops", reject()), row) for row in rows]
    finally:
        second.close()
    for row, (first, other) in zip(rows, outcomes, strict=True):
        found = ApprovalRows(store).get(row["id"])
        assert [type(one) for one in (first, other) if one is not None] == [Conflict], (first, other)
        assert found["state"] == ("rejected" if first is not None else "approved")
        assert len(found["decisions"]) == 1
        assert [one["code"] for one in found["audit"] if one["event"] == "refused"] == ["already_decided"]
        assert broken_at(found["audit"]) is None


def at_once(first, other, row):
    """What each of two decisions in two threads raised, None for the one that counted."""
    barrier = threading.Barrier(2)

    def decide(which, who, decision):
        barrier.wait()
        return asyncio.run(which.decide(row["id"], who, decision))

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(decide, *one) for one in (first, other)]
    return [one.exception() for one in both]
