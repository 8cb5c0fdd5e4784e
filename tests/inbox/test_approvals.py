"""Approvals: asked once, told once, decided once, by those who may, about exactly what was frozen, in time."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from inbox.approving import RUN, Post, approvals_on, approve, question, reject
from opsbook.inbox.people import People, Person
from opsbook.inbox.rules import Rules
from opsbook.inbox.steering import Steering
from opsbook.inbox.threads import Threads
from opsbook.records.audit import broken_at
from opsbook.records.sendings import Sendings
from opsbook.sdk.effects import Refused
from opsbook.sdk.errors import Conflict, InvalidInput, NotAllowed, NotFound
from opsbook.sdk.values import digest
from opsbook.sdk.work import Attachment, ThreadDraft

DAY = timedelta(days=1)


@pytest.fixture
def people():
    return People(
        {
            "owner": Person("owner", "owner@example.com", "U1", ("owner",)),
            "ops": Person("ops", "ops@example.com", roles=("approver",)),
            "boss": Person("boss", "boss@example.com", roles=("approver", "lead")),
            "guest": Person("guest", "guest@example.com"),
        }
    )


async def asked(approvals, run=RUN, path="steps/1", **more):
    return await approvals.ask(question(**more), run, path, "leo")


def events(approvals, row):
    return [one["event"] for one in approvals.get(row["id"])["audit"]]


async def test_the_same_step_of_the_same_attempt_asks_once_and_tells_each_person_once(approvals, post):
    first = await asked(approvals)
    again = await asked(approvals, message="Other words")
    assert again["id"] == first["id"]
    assert sorted(parcel.to for parcel in post.taken) == ["ops@example.com", "owner@example.com"]
    other = await asked(approvals, {**RUN, "attempt": 2})
    assert other["id"] != first["id"]


async def test_what_is_asked_says_what_happens_to_whom_until_when_and_how_to_decide(approvals, post):
    row = await asked(approvals)
    text = next(parcel.text for parcel in post.taken if parcel.to == "ops@example.com")
    for part in (
        "May the limit be raised to 12?",
        '"limit": 12',
        "2026-11-26 15:00 UTC, then it expires",
        row["digest"],
        f"opsbook approve {row['id']}",
        "https://ops.example.com/approvals/",
    ):
        assert part in text, part


async def test_an_approval_is_worth_who_when_by_which_way_and_with_which_note(approvals, clock):
    row = await asked(approvals)
    clock.forward(timedelta(hours=3))
    done = await approvals.decide(row["id"], "ops", approve(note="Fine."))
    assert done["state"] == "approved"
    assert {name: done["answer"][name] for name in ("decision", "by", "via", "note", "form", "at")} == {
        "decision": "approved",
        "by": "ops",
        "via": "cli",
        "note": "Fine.",
        "form": {},
        "at": clock.now().isoformat(),
    }
    assert events(approvals, row) == ["asked", "told", "approved"]


async def test_a_quorum_counts_persons_and_not_decisions(approvals):
    row = await asked(approvals, quorum=2)
    first = await approvals.decide(row["id"], "ops", approve())
    assert first["state"] == "pending"
    with pytest.raises(Conflict, match="ops approved this already"):
        await approvals.decide(row["id"], "ops", approve())
    done = await approvals.decide(row["id"], "owner", approve(via="api"))
    assert (done["state"], [one["by"] for one in done["answer"]["decisions"]]) == ("approved", ["ops", "owner"])


async def test_one_rejection_ends_it_whatever_the_quorum_and_needs_its_reason(approvals):
    row = await asked(approvals, quorum=2)
    await approvals.decide(row["id"], "ops", approve())
    with pytest.raises(InvalidInput, match="reason"):
        await approvals.decide(row["id"], "owner", reject("  "))
    done = await approvals.decide(row["id"], "owner", reject("Too high."))
    assert (done["state"], done["answer"]["decision"], done["answer"]["note"]) == ("rejected", "rejected", "Too high.")


async def test_a_quorum_that_cannot_come_together_is_refused_when_it_is_asked_for(approvals):
    with pytest.raises(InvalidInput, match="2 must approve this, and only 1 may"):
        await asked(approvals, to=("ops",), quorum=2)
    with pytest.raises(InvalidInput, match="Nobody has the role"):
        await asked(approvals, to=("role:captain",))


async def test_a_role_means_whoever_has_it_when_the_decision_is_made(approvals, people):
    row = await asked(approvals, to=("lead",))
    people.people["boss"] = replace(people.people["boss"], roles=())
    with pytest.raises(NotAllowed, match="boss may not decide"):
        await approvals.decide(row["id"], "boss", approve())
    people.people["guest"] = replace(people.people["guest"], roles=("lead",))
    assert (await approvals.decide(row["id"], "guest", approve()))["state"] == "approved"


FORM = {
    "limit": {"type": "number", "required": True},
    "why": {"type": "string", "default": "not said"},
}


async def test_a_form_is_checked_by_its_types_and_its_answers_come_with_the_decision(approvals):
    row = await asked(approvals, form=FORM)
    for bad in ({}, {"limit": "12"}, {"limit": 12, "other": 1}):
        with pytest.raises(InvalidInput):
            await approvals.decide(row["id"], "ops", approve(form=bad))
    done = await approvals.decide(row["id"], "ops", approve(form={"limit": 12}))
    assert done["answer"]["form"] == {"limit": 12, "why": "not said"}
    assert events(approvals, row).count("refused") == 3


async def test_the_same_key_again_is_answered_as_the_first_time_and_decides_nothing(approvals):
    row = await asked(approvals, quorum=2)
    first = await approvals.decide(row["id"], "ops", approve(key="k"))
    again = await approvals.decide(row["id"], "ops", approve(key="k"))
    assert (again["state"], len(again["decisions"])) == (first["state"], 1)
    with pytest.raises(Conflict):
        await approvals.decide(row["id"], "ops", reject(key="k"))


async def test_at_its_deadline_it_expires_and_nobody_can_decide_any_more(approvals, clock, post):
    row = await asked(approvals)
    clock.forward(timedelta(days=2))
    with pytest.raises(Conflict, match="time was up"):
        await approvals.decide(row["id"], "ops", approve())
    await approvals.round(clock.now())
    await approvals.round(clock.now())
    done = approvals.get(row["id"])
    assert (done["state"], done["answer"]["decision"], done["reason"]) == (
        "expired",
        "expired",
        "Nobody decided in time.",
    )
    with pytest.raises(Conflict, match="expired"):
        await approvals.decide(row["id"], "ops", approve())


async def test_people_are_reminded_once_before_the_deadline_and_whoever_decided_is_not(approvals, clock, post):
    row = await asked(approvals, quorum=2)
    await approvals.decide(row["id"], "ops", approve())
    clock.forward(timedelta(hours=37))
    for _ in range(3):
        await approvals.round(clock.now())
    assert [parcel.subject for parcel in post.taken[2:]] == ["Still to be decided: Raise the limit"]
    assert post.taken[2].to == "owner@example.com"


async def test_remind_asks_three_times_anew_and_expires_then(approvals, clock, post):
    row = await asked(approvals, on_deadline="remind", to=("ops",), length=DAY)
    for _ in range(4):
        assert approvals.get(row["id"])["state"] == "pending"
        clock.forward(DAY)
        await approvals.round(clock.now())
    assert approvals.get(row["id"])["state"] == "expired"
    assert [parcel.subject.partition(":")[0] for parcel in post.taken] == [
        "Your decision is needed",
        *["Still to be decided"] * 3,
    ]


async def test_escalate_brings_others_in_once_and_expires_then(approvals, clock, post):
    row = await asked(approvals, on_deadline="escalate", escalate_to=("boss",), to=("ops",), length=DAY)
    with pytest.raises(NotAllowed):
        await approvals.decide(row["id"], "boss", approve())
    clock.forward(DAY)
    await approvals.round(clock.now())
    await approvals.round(clock.now())
    assert [(parcel.to, parcel.subject.partition(":")[0]) for parcel in post.taken] == [
        ("ops@example.com", "Your decision is needed"),
        ("boss@example.com", "Now up to you"),
    ]
    clock.forward(DAY)
    await approvals.round(clock.now())
    assert approvals.get(row["id"])["state"] == "expired"


async def test_those_who_were_brought_in_may_decide(approvals, clock):
    row = await asked(approvals, on_deadline="escalate", escalate_to=("boss",), to=("ops",), length=DAY)
    clock.forward(DAY)
    await approvals.round(clock.now())
    assert (await approvals.decide(row["id"], "boss", approve()))["answer"]["by"] == "boss"


async def test_a_message_that_cannot_be_delivered_is_in_the_audit_and_holds_nothing_up(store, clock, ids, people):
    approvals = approvals_on(store, clock, ids, people, {"email": [_Refusing()]})
    row = await asked(approvals)
    (told,) = [one for one in approvals.get(row["id"])["audit"] if one["event"] == "told"]
    assert [one["state"] for one in told["details"]["deliveries"]] == ["failed", "failed"]
    assert told["words"] == "Told: 0 of 2 messages went out."
    assert (await approvals.decide(row["id"], "ops", approve()))["state"] == "approved"


async def test_what_nobody_was_told_because_the_process_died_is_told_by_the_next_round(
    approvals, clock, post, store, ids
):
    deaf = approvals_on(store, clock, ids, approvals.people, {"email": [_Dying()]})
    with pytest.raises(KeyboardInterrupt):
        await asked(deaf)
    (row,) = approvals.rows.latest()
    assert row["tell"] == "asked"
    clock.forward(timedelta(minutes=2))
    await approvals.round(clock.now())
    await approvals.round(clock.now())
    assert sorted(parcel.to for parcel in post.taken) == ["ops@example.com", "owner@example.com"]


class _Refusing(Post):
    async def send(self, parcel):
        raise Refused("550", "No such mailbox.")


class _Dying(Post):
    async def send(self, parcel):
        raise KeyboardInterrupt


# campaigns


@pytest.fixture
async def campaign(make_campaigns, organization, offer, origin):
    return await make_campaigns().draft([organization("o1"), organization("o2")], offer(), "email", **origin)


async def test_a_campaign_that_waits_has_an_approval_of_its_digest_made_with_it(approvals, campaign):
    row = approvals.rows.about(campaign["campaign_id"])
    assert (row["state"], row["kind"], row["digest"]) == ("pending", "artifact", campaign["digest"])
    assert (row["facts"]["recipients"], row["facts"]["organisations"]) == (2, 2)
    assert digest(approvals.frozen(row)) == campaign["digest"]


async def test_an_approved_campaign_hands_out_its_frozen_letters_to_the_byte(approvals, make_campaigns, campaign):
    campaign_id = campaign["campaign_id"]
    with pytest.raises(Conflict, match="not approved: pending"):
        approvals.approved(campaign_id)
    row = approvals.rows.about(campaign_id)
    await approvals.decide(row["id"], "ops", approve())
    assert make_campaigns().get(campaign_id)["status"] == "approved"
    manifest = approvals.approved(campaign_id)
    assert manifest == make_campaigns().manifest(campaign_id)
    assert [one["body"] for one in manifest["messages"]] == [one["body"] for one in campaign["messages"]]


@pytest.mark.parametrize("end", ["rejected", "expired"])
async def test_a_campaign_that_is_rejected_or_forgotten_is_cancelled(approvals, make_campaigns, campaign, clock, end):
    row = approvals.rows.about(campaign["campaign_id"])
    if end == "rejected":
        await approvals.decide(row["id"], "ops", reject())
    else:
        clock.forward(timedelta(hours=24))
        await approvals.round(clock.now())
    assert approvals.get(row["id"])["state"] == end
    assert make_campaigns().get(campaign["campaign_id"])["status"] == "cancelled"
    with pytest.raises(Conflict, match=f"not approved: {end}"):
        approvals.approved(campaign["campaign_id"])


async def test_whoever_the_thread_is_assigned_to_is_asked_and_may_decide(
    approvals, campaign, store, people, clock, ids, post
):
    threads = Threads(store, people, clock, ids)
    kept = (Attachment("outreach_draft", "Draft", campaign),)
    draft = ThreadDraft(
        "campaign",
        "Win back",
        "Look.",
        "craig",
        assign_to=("guest",),
        attachments=kept,
        campaign_id=campaign["campaign_id"],
    )
    opened = await threads.open(draft, effect_key="key_t", run_id="run_1", playbook_id="p")
    await approvals.tell_about(campaign["campaign_id"])
    row = approvals.rows.about(campaign["campaign_id"])
    assert sorted(parcel.to for parcel in post.taken) == ["boss@example.com", "guest@example.com", "ops@example.com"]
    assert "To: o1_u1@example.com" in post.taken[0].text
    await approvals.decide(row["id"], "guest", approve())
    thread = threads.get(opened["thread_id"])
    assert [one["status"] for one in thread["artifacts"]] == ["approved"]
    assert row["thread_id"] == opened["thread_id"]


async def test_a_campaign_that_somebody_gave_up_is_asked_about_no_more(approvals, campaign, store, clock, post):
    await Steering(Sendings(store), clock).cancel(campaign["campaign_id"], "ops", "Not now.")
    clock.forward(timedelta(minutes=1))
    await approvals.round(clock.now())
    row = approvals.rows.about(campaign["campaign_id"])
    assert (row["state"], row["reason"]) == ("voided", "The campaign does not wait for this any more.")
    clock.forward(timedelta(hours=23))
    told = len(post.taken)
    await approvals.round(clock.now())
    assert len(post.taken) == told


async def test_a_campaign_without_a_thread_is_told_by_the_round(approvals, campaign, clock, post):
    await approvals.round(clock.now())
    assert post.taken == []
    clock.forward(timedelta(minutes=1))
    await approvals.round(clock.now())
    assert len(post.taken) == 2


async def test_a_large_campaign_needs_a_second_person(
    store, clock, ids, people, make_campaigns, organization, offer, origin
):
    approvals = approvals_on(store, clock, ids, people, rules=Rules(large_send=2))
    audience = [organization(f"o{number}") for number in range(3)]
    campaign = await make_campaigns(approvals=approvals).draft(audience, offer(), "email", **origin)
    row = approvals.rows.about(campaign["campaign_id"])
    assert row["quorum"] == 2
    await approvals.decide(row["id"], "ops", approve())
    assert make_campaigns().get(campaign["campaign_id"])["status"] == "pending_approval"
    await approvals.decide(row["id"], "boss", approve())
    assert make_campaigns().get(campaign["campaign_id"])["status"] == "approved"


async def test_the_audit_tells_when_an_entry_was_changed_taken_out_or_put_in(approvals):
    row = await asked(approvals)
    for who in ("guest", "guest", "ops"):
        try:
            await approvals.decide(row["id"], who, approve())
        except NotAllowed:
            continue
    audit = approvals.get(row["id"])["audit"]
    assert broken_at(audit) is None
    assert broken_at([{**one, "person": "ops"} if one["number"] == 3 else one for one in audit]) == 3
    assert broken_at([one for one in audit if one["number"] != 2]) == 2
    assert broken_at([*audit, {**audit[-1], "number": 6}]) == 6


async def test_what_is_not_there_is_not_found(approvals):
    with pytest.raises(NotFound):
        await approvals.decide("approval_none", "ops", approve())
    with pytest.raises(NotFound):
        approvals.get("approval_none")


async def test_many_at_once_on_many_approvals_decide_each_once(approvals):
    rows = [await asked(approvals, path=f"steps/{number}") for number in range(10)]
    pairs = [(row["id"], who) for row in rows for who in ("ops", "owner")]
    random.Random(5).shuffle(pairs)
    await asyncio.gather(*(approvals.decide(*pair, approve()) for pair in pairs), return_exceptions=True)
    assert {len(approvals.get(row["id"])["decisions"]) for row in rows} == {1}
