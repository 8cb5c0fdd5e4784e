"""What is approved is what is sent: each letter once, and only to whom one may write at that moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from inbox.posting import Office, Way
from opsbook.inbox.hours import Hours
from opsbook.records.campaigns import Campaigns as CampaignRows
from opsbook.sdk.effects import Lost, Parcel, Refused
from opsbook.sdk.errors import Conflict, InvalidInput, NotFound
from opsbook.sdk.values import Unknown

EVERYBODY = ["o1_u1@example.com", "o2_u1@example.com", "o3_u1@example.com", "o4_u1@example.com"]


@pytest.fixture
def audience(organization):
    return [organization(f"o{number}", state="NY") for number in range(1, 5)]


@pytest.fixture
def office(store, clock, make_campaigns, audience) -> Office:
    return Office(store, clock, make_campaigns(), audience)


@pytest.fixture
def drafted(office, audience, offer, origin) -> Callable[..., Any]:
    async def make(key: str = "key_1") -> str:
        found = await office.campaigns.draft(audience, offer(), "email", **{**origin, "effect_key": key})
        return str(found["campaign_id"])

    return make


@pytest.fixture
def approved(office, drafted) -> Callable[..., Any]:
    async def make(key: str = "key_1") -> str:
        campaign_id: str = await drafted(key)
        office.becomes(campaign_id, "approved")
        return campaign_id

    return make


async def test_every_letter_leaves_once_as_it_was_frozen(office, approved):
    campaign_id, way = await approved(), Way()
    frozen = {one["recipient"]: one for one in office.campaigns.manifest(campaign_id)["messages"]}
    sender = office.sender(way, at_once=3)
    assert await sender.round() == 1
    assert sorted(way.recipients) == EVERYBODY
    for parcel in way.taken:
        letter = frozen[parcel.to]
        assert (parcel.subject, parcel.text, parcel.headers) == (letter["subject"], letter["body"], letter["headers"])
    assert office.status(campaign_id) == "sent"
    assert office.told == ["The campaign is sent: 4 sent."]
    assert await sender.round() == 0
    assert len(way.taken) == 4


async def test_f23_nothing_leaves_before_a_person_has_approved_it(office, drafted):
    campaign_id, way = await drafted(), Way()
    sender = office.sender(way)
    for status in ("pending_approval", "compliance_review", "cancelled", "paused", "failed"):
        office.becomes(campaign_id, status)
        assert await sender.round() == 0
    assert way.taken == []


async def test_f20_two_workers_never_send_one_campaign_together(office, approved):
    await approved()
    way = Way()
    one, other = (office.sender(way, holder=name, alone=False, at_once=2) for name in ("one", "other"))
    await asyncio.gather(one.round(), other.round())
    assert sorted(way.recipients) == EVERYBODY


async def test_f21_a_campaign_whose_sender_died_is_taken_up_where_it_stood(office, approved):
    campaign_id = await approved()
    way = Way(answer=lambda parcel: asyncio.get_running_loop().create_future() if parcel.to == EVERYBODY[1] else None)
    task = asyncio.create_task(office.sender(way).round())
    await until(lambda: any(row["recipient"] == EVERYBODY[1] for row in started(office)))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert office.status(campaign_id) == "sending"
    after = Way()
    await office.sender(after, holder="another").round()
    assert sorted([*way.recipients, *after.recipients]) == [one for one in EVERYBODY if one != EVERYBODY[1]]
    assert office.states(campaign_id)["o2_u1"][0] == "uncertain"
    assert office.status(campaign_id) == "sent"
    assert "1 uncertain" in office.told[-1]


async def test_a_worker_that_is_not_alone_waits_until_the_other_has_let_go(office, approved, clock):
    campaign_id, way = await approved(), Way()
    assert await office.rows.claim(campaign_id, "one", clock.now(), clock.now() + timedelta(minutes=1), alone=False)
    other = office.sender(way, holder="other", alone=False)
    await other.round()
    assert way.taken == []
    clock.forward(timedelta(minutes=2))
    await other.round()
    assert len(way.taken) == 4


async def test_f22_who_opts_out_between_approval_and_sending_gets_nothing(
    office, approved, audience, organization, contact
):
    campaign_id, way = await approved(), Way()
    await CampaignRows(office.store).suppress("email", "O1_u1@example.com", "unsubscribed", office.clock.now())
    gone = contact("o2_u1", email_unsubscribed_at="2026-11-24T14:59:00Z")
    changed = contact("o3_u1", email="another@example.com")
    office.now = [
        audience[0],
        organization("o2", contacts=[gone]),
        organization("o3", contacts=[changed]),
        organization("o4", contacts=[]),
    ]
    await office.sender(way).round()
    assert way.taken == []
    assert office.states(campaign_id) == {
        "o1_u1": ("excluded", "suppressed"),
        "o2_u1": ("excluded", "unsubscribed"),
        "o3_u1": ("excluded", "address_changed"),
        "o4_u1": ("excluded", "no_longer_a_contact"),
    }
    assert office.status(campaign_id) == "failed"


async def test_an_opt_out_while_letters_leave_holds_from_that_moment(office, approved):
    campaign_id, rows = await approved(), CampaignRows(office.store)

    def opted_out(parcel: Parcel) -> Any:
        return rows.suppress("email", EVERYBODY[2], "unsubscribed", office.clock.now())

    way = Way(answer=lambda parcel: opted_out(parcel) if parcel.to == EVERYBODY[1] else None)
    await office.sender(way).round()
    assert way.recipients == [EVERYBODY[0], EVERYBODY[1], EVERYBODY[3]]
    assert office.states(campaign_id)["o3_u1"] == ("excluded", "suppressed")


async def test_a_pause_holds_from_the_moment_in_which_it_is_written_and_the_rest_leaves_later(office, approved):
    campaign_id = await approved()
    way = Way(
        answer=lambda parcel: office.steering.pause(campaign_id, "ops", "a typo") if parcel.to == EVERYBODY[1] else None
    )
    sender = office.sender(way)
    await sender.round()
    assert way.recipients == EVERYBODY[:2]
    assert office.status(campaign_id) == "paused"
    assert await sender.round() == 0
    with pytest.raises(Conflict, match="paused"):
        await office.steering.pause(campaign_id, "ops", "again")
    await office.steering.resume(campaign_id, "ops")
    way.answer = lambda parcel: None
    await sender.round()
    assert way.recipients == EVERYBODY
    assert office.status(campaign_id) == "sent"


async def test_what_was_cancelled_stays_unsent(office, approved):
    campaign_id, way = await approved(), Way()
    await office.steering.cancel(campaign_id, "owner", "not now")
    assert await office.sender(way).round() == 0
    assert (await office.steering.progress(campaign_id))["note"]["message"] == "owner: not now"
    with pytest.raises(Conflict, match="cancelled"):
        await office.steering.resume(campaign_id, "owner")
    with pytest.raises(NotFound):
        await office.steering.cancel("campaign_none", "owner", "")


async def test_nothing_leaves_before_the_moment_that_a_person_named(office, approved, clock):
    campaign_id, way = await approved(), Way()
    later = clock.now() + timedelta(hours=3)
    with pytest.raises(InvalidInput, match="is past"):
        await office.steering.schedule(campaign_id, "ops", clock.now())
    await office.steering.schedule(campaign_id, "ops", later)
    sender = office.sender(way)
    assert (await sender.round(), office.status(campaign_id)) == (0, "scheduled")
    clock.forward(timedelta(hours=3))
    await sender.round()
    assert len(way.taken) == 4


async def test_each_recipient_is_written_to_in_their_own_hours(office, approved, audience, clock):
    campaign_id, way = await approved(), Way()
    office.now = [{**one, "state": state} for one, state in zip(audience, ("NY", "HI", "CA", None), strict=True)]
    sender = office.sender(way, hours=Hours())
    await sender.round()  # 10:00 in New York, 7:00 in California
    assert way.recipients == [EVERYBODY[0]]
    assert office.status(campaign_id) == "scheduled"
    progress = await office.steering.progress(campaign_id)
    assert progress["due_at"] == "2026-11-24T18:00:00+00:00"  # 10:00 in California
    clock.forward(timedelta(hours=3))
    await sender.round()
    assert way.recipients == [EVERYBODY[0], EVERYBODY[2]]
    clock.forward(timedelta(hours=2))  # 10:00 in Honolulu, 15:00 in New York: fitting wherever somebody lives
    await sender.round()
    assert sorted(way.recipients) == EVERYBODY
    assert office.status(campaign_id) == "sent"


async def test_a_second_campaign_writes_to_nobody_whom_the_first_has_reached(office, approved, clock):
    first, way = await approved("key_1"), Way()
    clock.forward(timedelta(seconds=1))
    second = await approved("key_2")
    await office.sender(way).round()
    assert sorted(way.recipients) == EVERYBODY
    assert set(office.states(second).values()) == {("excluded", "contacted_recently")}
    assert (office.status(first), office.status(second)) == ("sent", "failed")


async def test_a_letter_that_did_not_leave_counts_as_no_contact(office, approved):
    first = await approved("key_1")

    def refused(parcel: Parcel) -> Any:
        raise Refused("smtp_550", "No such mailbox.")

    await office.sender(Way(answer=refused)).round()
    assert set(office.states(first).values()) == {("failed", "smtp_550")}
    await approved("key_2")
    way = Way()
    await office.sender(way).round()
    assert sorted(way.recipients) == EVERYBODY


async def test_one_refused_letter_holds_up_no_other_and_a_refusal_that_passes_is_tried_again(office, approved, clock):
    campaign_id, tries = await approved(), [0]

    def answer(parcel: Parcel) -> Any:
        if parcel.to == EVERYBODY[0]:
            raise Refused("smtp_550", "No such mailbox.")
        if parcel.to == EVERYBODY[1] and not tries[0]:
            tries[0] += 1
            raise Refused("smtp_451", "Later.", permanent=False)

    way = Way(answer=answer)
    sender = office.sender(way)
    await sender.round()
    assert way.recipients == EVERYBODY[2:]
    assert office.status(campaign_id) == "scheduled"
    clock.forward(timedelta(minutes=1))
    await sender.round()
    assert sorted(way.recipients) == EVERYBODY[1:]
    assert office.states(campaign_id)["o1_u1"] == ("failed", "smtp_550")
    assert office.status(campaign_id) == "sent"


async def test_a_refusal_that_never_passes_ends(office, approved, clock):
    campaign_id, tries = await approved(), [0]

    def answer(parcel: Parcel) -> Any:
        tries[0] += 1
        raise Refused("network", "No connection.", permanent=False)

    sender = office.sender(Way(answer=answer))
    for _ in range(20):
        await sender.round()
        clock.forward(timedelta(hours=1))
    assert office.status(campaign_id) == "failed"
    assert tries[0] == 4 * 6


async def test_f25_a_way_out_that_takes_nothing_pauses_the_campaign_and_says_why(office, approved):
    campaign_id = await approved()

    def refused(parcel: Parcel) -> Any:
        raise Refused("credentials", "The mail server refused our password.")

    sender = office.sender(Way(answer=refused))
    await sender.round()
    assert office.status(campaign_id) == "paused"
    assert "refused our password" in office.told[-1]
    assert {state for state, _ in office.states(campaign_id).values()} == {"waiting"}
    await office.steering.resume(campaign_id, "ops")
    way = Way()
    await office.sender(way).round()
    assert sorted(way.recipients) == EVERYBODY


async def test_without_a_way_out_it_is_paused_and_not_sent(office, approved):
    campaign_id = await approved()
    await office.sender().round()
    assert office.status(campaign_id) == "paused"
    assert "no way out for email" in office.told[-1]


async def test_the_next_way_out_takes_what_the_first_one_cannot(office, approved):
    campaign_id = await approved()

    def refused(parcel: Parcel) -> Any:
        raise Refused("account", "The account is blocked.")

    broken, way = Way(answer=refused, name="mailjet"), Way(name="smtp")
    await office.sender(broken, way).round()
    assert sorted(way.recipients) == EVERYBODY
    assert office.status(campaign_id) == "sent"


async def test_what_may_have_left_is_uncertain_and_never_sent_again(office, approved, clock):
    campaign_id = await approved()

    def lost(parcel: Parcel) -> Any:
        if parcel.to == EVERYBODY[0]:
            raise Lost("The connection broke.")

    way = Way(answer=lost)
    sender = office.sender(way)
    await sender.round()
    clock.forward(timedelta(days=1))
    await sender.round()
    assert way.recipients == EVERYBODY[1:]
    assert office.states(campaign_id)["o1_u1"][0] == "uncertain"
    key = next(one["effect_key"] for one in office.rows.letters(campaign_id, ["uncertain"]))
    sender.ledger.effects.settle(key, "done", "owner", "it is in the server's log", clock.now())
    assert office.states(campaign_id)["o1_u1"][0] == "sent"


async def test_while_nobody_can_tell_whom_one_may_write_to_nothing_leaves(office, approved, audience, clock):
    campaign_id, way = await approved(), Way()
    office.now = Unknown("users were never loaded")
    sender = office.sender(way)
    await sender.round()
    assert (way.taken, office.status(campaign_id)) == ([], "scheduled")
    assert "users were never loaded" in (await office.steering.progress(campaign_id))["note"]["message"]
    office.now = audience
    clock.forward(timedelta(minutes=15))
    await sender.round()
    assert sorted(way.recipients) == EVERYBODY


async def test_letters_that_are_not_those_that_were_approved_do_not_leave(office, approved):
    campaign_id, way = await approved(), Way()

    def tampered(found: str) -> Any:
        raise Conflict("What is stored is not what was frozen.", code="tampered")

    sender = office.sender(way)
    sender.approved = tampered
    await sender.round()
    assert (way.taken, office.status(campaign_id)) == ([], "failed")
    assert "not what was frozen" in office.told[-1]


def started(office: Office) -> list[dict[str, Any]]:
    return office.sender(Way()).ledger.effects.in_state(["started"])


async def until(ready: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not ready():  # noqa: ASYNC110 what is waited for is a row of the store
            await asyncio.sleep(0)
