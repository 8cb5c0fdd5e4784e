"""What a provider says of letters moves them on, in any order, once; it spares addresses and pauses what annoys."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import permutations
from pathlib import Path

import pytest

from integrations.mailers import mailjet_error
from opsbook.sdk.effects import mark
from opsbook.sdk.testing import json_answer
from web.receiving import Post, Wire, post_in

ADA, BOB = "o00000@example.com", "o00001@example.com"


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with post_in(tmp_path, Wire()) as opened:
        yield opened


async def test_a_letter_moves_on_as_its_provider_tells(post: Post):
    campaign = await post.sent(2)
    assert post.letters(campaign) == {ADA: ("sent", None), BOB: ("sent", None)}
    for kind, state in (("sent", "delivered"), ("open", "opened"), ("click", "clicked"), ("unsub", "unsubscribed")):
        assert await post.tell(post.event(kind, ADA)) == 200
        assert post.letters(campaign) == {ADA: (state, None), BOB: ("sent", None)}
    assert post.spared(ADA, BOB) == {ADA: "unsubscribed"}
    assert post.became() == ["moved"] * 4


async def test_every_order_of_events_comes_to_the_same_and_a_repeat_changes_nothing(post: Post):
    kinds = ("sent", "open", "click", "spam")
    orders = list(permutations(kinds))
    campaign = await post.sent(len(orders))
    addresses = sorted(post.letters(campaign))
    for turn in range(len(kinds)):
        told = [post.event(order[turn], to) for order, to in zip(orders, addresses, strict=True)]
        assert await post.tell(*told) == 200
    assert set(post.letters(campaign).values()) == {("complained", None)}
    before = await post.app.steering.performance(campaign)
    for kind in kinds:
        again = [post.event(kind, to) for to in addresses]
        assert await post.tell(*again, *({**one, "time": one["time"] + 9} for one in again)) == 200
    assert set(post.letters(campaign).values()) == {("complained", None)}
    assert await post.app.steering.performance(campaign) == before
    assert post.became().count("moved") == len(orders) * len(kinds)


async def test_a_hard_bounce_ends_a_letter_and_spares_the_address_and_a_soft_one_does_neither(post: Post):
    campaign = await post.sent(2)
    hard = post.event("bounce", ADA, hard_bounce=True, error="user unknown", comment=f"{ADA} is gone")
    soft = post.event("bounce", BOB, hard_bounce=False, error="mailbox full")
    await post.tell(hard, soft)
    assert post.letters(campaign) == {ADA: ("bounced", "user_unknown"), BOB: ("bounced", "soft_bounced")}
    assert post.spared(ADA, BOB) == {ADA: "bounced"}
    await post.tell(post.event("sent", ADA), post.event("sent", BOB))
    assert post.letters(campaign) == {ADA: ("bounced", "user_unknown"), BOB: ("delivered", None)}


async def test_three_letters_in_a_row_that_bounce_softly_spare_the_address(post: Post):
    for number in range(1, 5):
        await post.sent(2, f"key_{number}")
        told = [post.event("bounce", ADA, hard_bounce=False)]
        told += [post.event("sent" if number == 2 else "bounce", BOB, hard_bounce=False)]
        await post.tell(*told)
        assert (ADA in post.spared(ADA)) == (number >= 3)
        await post.later(days=31)
    assert post.spared(ADA, BOB) == {ADA: "soft_bounced"}
    assert [mail.to for mail in post.desk.arrived].count(ADA) == 3


async def test_what_was_uncertain_is_settled_by_the_providers_word(post: Post):
    campaign = await post.approved(1)
    post.desk.lose = True
    post.desk.unreadable = True
    await post.app.sender.round()
    assert post.letters(campaign)[ADA][0] == "uncertain"
    await post.tell(post.event("sent", ADA))
    assert post.letters(campaign) == {ADA: ("delivered", None)}
    (row,) = [one for one in post.app.records.effects.of_run(campaign) if one["path"] == "campaign"]
    assert (row["state"], row["provider_id"], row["error"]["by"]) == ("done", "7000", "provider:mailjet")
    await post.app.sender.round()
    assert [mail.to for mail in post.desk.arrived].count(ADA) == 1


async def test_what_a_person_took_for_lost_was_delivered_when_its_provider_says_so(post: Post):
    campaign = await post.approved(1)
    post.desk.lose = post.desk.unreadable = True
    await post.app.sender.round()
    (letter,) = post.app.steering.letters(campaign)
    ledger = post.app.records.effects
    assert ledger.settle(letter["effect_key"], "failed", "owner", "nothing in the log", post.clock.now())
    assert post.letters(campaign)[ADA][0] == "failed"
    await post.tell(post.event("sent", ADA))
    assert post.letters(campaign) == {ADA: ("delivered", None)}
    assert ledger.standing([letter["effect_key"]])[letter["effect_key"]]["state"] == "done"


async def test_a_letter_that_its_provider_refused_is_not_delivered_because_an_event_says_so(post: Post):
    campaign = await post.approved(1)
    post.desk.refuse = json_answer({"Messages": [mailjet_error(("mj-0013", 400), related=["To[0].Email"])]}, 400)
    await post.app.sender.round()
    (letter,) = post.app.steering.letters(campaign)
    assert letter["state"] == "failed"
    told = {"event": "sent", "email": ADA, "CustomID": mark(letter["effect_key"]), "MessageID": 7000}
    assert await post.tell(told) == 200
    assert (post.became(), post.letters(campaign)[ADA][0]) == (["contradicts"], "failed")


async def test_what_is_told_before_our_own_outcome_is_written_down_waits_for_it(post: Post):
    campaign = await post.approved(1)
    post.desk.we_die = True
    with pytest.raises(asyncio.CancelledError):
        await post.app.sender.round()
    await post.tell(post.event("sent", ADA), post.event("open", ADA, CustomID=""))
    assert (post.became(), post.letters(campaign)) == (["early", "early"], {ADA: ("waiting", None)})
    await post.app.sender.round()  # it goes on, searches for the letter and finds it
    assert post.letters(campaign) == {ADA: ("sent", None)}
    await post.later(seconds=30)
    assert (post.became(), post.letters(campaign)) == (["moved", "moved"], {ADA: ("opened", None)})
    assert [mail.to for mail in post.desk.arrived].count(ADA) == 1


async def test_messages_that_are_none_of_ours_change_nothing_but_the_list_of_addresses(post: Post):
    campaign = await post.sent(2)
    foreign = {"CustomID": "", "MessageID": 1}
    unknown = [
        post.event("sent", ADA, CustomID="someone else's", MessageID=1),
        post.event("sent", ADA, **foreign),
        post.event("sent", ADA, email=BOB),
        post.event("spam", ADA, **foreign, email="stranger@example.com"),
    ]
    assert await post.tell(*unknown) == 200
    assert post.became() == ["unknown"] * 4
    assert set(post.letters(campaign).values()) == {("sent", None)}
    assert post.spared(ADA, "stranger@example.com") == {"stranger@example.com": "complained"}
    assert await post.tell(post.event("sent", ADA, CustomID="")) == 200  # by Mailjet's own id of it
    assert post.letters(campaign)[ADA] == ("delivered", None)


async def test_a_strange_value_in_an_event_breaks_nothing(post: Post):
    values = [None, True, -1, 10**30, "é" * 90, "a\nb", [], {"a": 1}]
    strange = [(name, value) for name in ("time", "MessageID", "CustomID", "error") for value in values]
    campaign = await post.sent(len(strange))
    letters = sorted(post.letters(campaign))
    told = [post.event("bounce", to, **{name: value}) for to, (name, value) in zip(letters, strange, strict=True)]
    assert await post.tell(*told) == 200
    assert set(post.letters(campaign).values()) == {("bounced", None)}


async def test_a_forged_event_changes_nothing(post: Post):
    campaign = await post.sent(1)
    assert await post.tell(post.event("spam", ADA), password="guessed") == 401
    assert (post.letters(campaign), post.spared(ADA)) == ({ADA: ("sent", None)}, {})


async def test_too_many_complaints_pause_a_campaign_that_is_being_sent(post: Post):
    campaign = await post.approved(130)
    post.desk.most = 120
    await post.app.sender.round()
    assert post.status(campaign) == "scheduled"
    reached = post.desk.arrived[0].to
    await post.tell(post.event("spam", reached))
    assert post.status(campaign) == "paused"
    note = (await post.app.steering.progress(campaign))["note"]
    assert note["code"] == "complaints"
    assert "1 of 120 letters were called spam (0.83 %, more than 0.1 %)" in note["message"]
    told = post.app.inbox.notifications.latest(person="owner")
    assert [one["body"] for one in told if "1 of 120" in one["body"]]
    await post.app.steering.resume(campaign, "owner")
    await post.tell({**post.event("spam", reached), "time": 5})  # the same complaint, told anew
    assert post.status(campaign) == "sending"
    await post.tell(post.event("spam", post.desk.arrived[1].to))
    assert post.status(campaign) == "paused"


async def test_complaints_of_few_letters_or_of_a_campaign_that_is_over_pause_nothing(post: Post):
    campaign = await post.sent(3)
    await post.tell(post.event("spam", ADA))
    assert post.status(campaign) == "sent"


async def test_figures_say_how_they_are_known_and_are_unknown_while_no_provider_has_told(post: Post):
    campaign = await post.sent(3)
    untold = await post.app.steering.performance(campaign)
    assert (untold["left"], untold["silent"]) == (3, {"mailjet": 3})
    for name in ("delivered", "opened", "clicked", "bounced", "unsubscribed", "complained"):
        assert untold[name]["value"] is None
        assert untold[name]["reason"] == "no provider event yet: mailjet has told of no letter"
    await post.tell(post.event("sent", ADA), post.event("bounce", BOB, hard_bounce=True))
    told = await post.app.steering.performance(campaign)
    known = {"status": "ok", "of": 3, "told_by": ["mailjet"]}
    assert told["delivered"] == {"value": 1, **known}
    assert told["bounced"] == {"value": 1, **known}
    assert told["complained"] == {"value": 0, **known}
    assert told["opened"]["status"] == "not_instrumented"
    await post.tell(post.event("open", ADA))
    opened = (await post.app.steering.performance(campaign))["opened"]
    assert (opened["value"], opened["reliable"]) == (1, False)
