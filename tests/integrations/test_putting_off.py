"""One suite for all ways out to people: a provider that asks to come back later is asked again then, and not before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from integrations.deliveries import FORMS, MAIL, NOW, PUT_OFF, WAYS, Provider, connector_of, later, post
from integrations.quality import ways_out
from opsbook.effects.delivery import Door, Origin
from opsbook.effects.ledger import effect_key
from opsbook.effects.patience import MOST_ROUNDS, PATIENCE
from opsbook.integrations.catalog import ids
from opsbook.sdk.http import Answer
from opsbook.sdk.work import Message

EVERY = pytest.mark.parametrize("name", sorted(WAYS))
HALF_A_MINUTE = timedelta(seconds=30)
AN_HOUR = 3600


def test_every_way_out_over_http_is_tried():
    ways = {way.name for key in ids() for way in ways_out(key)}
    assert ways - {"smtp", "outbox"} == set(WAYS)


@EVERY
@pytest.mark.parametrize("status", PUT_OFF)
@pytest.mark.parametrize("form", FORMS)
async def test_a_message_that_is_put_off_goes_out_at_the_time_that_was_asked_for_and_once(name, status, form):
    with post(name, [later(status, form)]) as one:
        row = await one.tell()
        again = await one.tell()
    assert (row["state"], again["state"], one.provider.taken) == ("done", "done", 1)
    assert one.provider.asked[0] == timedelta(0)
    assert set(one.provider.asked[1:]) == {HALF_A_MINUTE}
    assert one.slept == [30.0]


@EVERY
async def test_a_process_that_dies_while_it_waits_leaves_the_time_behind_and_the_next_one_waits_for_the_rest(
    name, tmp_path
):
    class Died(BaseException):
        pass

    async def die(_seconds: float) -> None:
        raise Died

    with post(name, [later("429", "seconds")], tmp_path) as one:
        one.door.ledger.sleep = die
        with pytest.raises(Died):
            await one.tell()
        (row,) = one.door.ledger.effects.of_run("run_1")
    assert (row["state"], row["error"]["code"], row["not_before"]) == ("planned", "rate_limited", NOW + HALF_A_MINUTE)
    with post(name, [], tmp_path, NOW + timedelta(seconds=10)) as one:
        done = await one.tell()
    assert (done["state"], one.provider.taken, one.slept) == ("done", 1, [20.0])
    assert set(one.provider.asked) == {HALF_A_MINUTE}


@EVERY
async def test_until_then_no_other_message_is_tried_through_the_same_provider(name):
    with post(name, [later("429", "seconds", AN_HOUR)]) as one:
        await one.tell("run_1")
        row = await one.tell("run_2")
        assert (row["state"], row["error"], row["permanent"]) == ("failed", "rate_limited", False)
        assert len(one.provider.asked) == 1
        one.clock.forward(timedelta(seconds=AN_HOUR))
        assert (await one.tell("run_2"))["state"] == "done"
    assert one.provider.taken == 1


@EVERY
@pytest.mark.parametrize("form", FORMS)
async def test_nobody_waits_for_longer_than_the_bound_and_the_row_says_until_when_it_was_asked_for(name, form):
    with post(name, [later("503", form, AN_HOUR)]) as one:
        row = await one.tell()
    assert (row["state"], row["error"], row["permanent"]) == ("failed", "unavailable", False)
    assert row["not_before"] == (NOW + timedelta(seconds=AN_HOUR)).isoformat()
    assert (one.slept, one.provider.taken, len(one.provider.asked)) == ([], 0, 1)


@EVERY
@pytest.mark.parametrize("seconds", [0, 1, 50])
async def test_a_provider_that_asks_for_a_little_more_again_and_again_is_given_up_on(name, seconds):
    with post(name, [later("429", "seconds", seconds) for _ in range(100)]) as one:
        row = await one.tell()
    assert (row["state"], row["error"], one.provider.taken) == ("failed", "rate_limited", 0)
    assert sum(one.slept) <= PATIENCE.total_seconds()
    assert 2 <= len(one.provider.asked) <= MOST_ROUNDS + 1


@EVERY
@pytest.mark.parametrize("answer", [Answer(429), Answer(429, headers={"retry-after": "soon"})])
async def test_a_refusal_for_now_that_names_no_time_is_not_waited_for(name, answer):
    with post(name, [answer]) as one:
        row = await one.tell()
    assert (row["state"], row["error"], row["permanent"], one.slept) == ("failed", "rate_limited", False, [])
    assert "not_before" not in row


@EVERY
async def test_a_failure_that_names_no_time_leaves_its_doubt(name):
    with post(name, [Answer(503)]) as one:
        assert (await one.tell())["state"] in ("uncertain", "done", "failed")  # done: searched for, failed: no draft
    assert one.provider.taken <= 1


async def test_slack_says_it_in_its_own_words_too():
    answer = later("429", "seconds")
    said = replace(answer, status=200, body=b'{"ok": false, "error": "ratelimited"}')
    with post("slack_bot", [said]) as one:
        row = await one.tell()
    assert (row["state"], one.slept, one.provider.taken) == ("done", [30.0], 1)


async def test_a_provider_that_wants_more_than_the_bound_is_followed_by_the_next_one():
    with post("mailjet", [later("429", "seconds", AN_HOUR)]) as one:
        spare = Provider(one.clock, WAYS["ses"].took)
        one.door.connectors = {"email": [one.connector, connector_of(WAYS["ses"], spare, one.clock)]}
        row = await one.tell("run_1")
        after = await one.tell("run_2")
    assert (row["state"], row["connector"]) == ("done", "ses")
    assert row["failed_over_from"] == after["failed_over_from"] == [{"connector": "mailjet", "error": "rate_limited"}]
    assert (len(one.provider.asked), spare.taken, one.slept) == (1, 2, [])


class Both:
    """Everybody is on both channels."""

    def of(self, channel: str, to: Sequence[str]) -> Sequence[tuple[str, str]]:
        return [(name, MAIL if channel == "email" else WAYS["slack_bot"].to) for name in to]


async def test_everybody_else_is_served_before_anybody_is_waited_for():
    with post("slack_bot", [later("429", "seconds")]) as one:
        mails = Provider(one.clock, WAYS["ses"].took)
        ways: dict[str, Any] = {
            "slack": [one.connector],
            "email": [connector_of(WAYS["ses"], mails, one.clock)],
        }
        both = Door(one.door.ledger, ways, Both())
        origin = Origin("run_1", "steps/0", None, lambda item: effect_key("run_1", "steps/0", item))
        rows = await both.deliver(Message(("slack", "email"), ("owner",), "Health", "All is well."), origin)
    assert [(row["channel"], row["state"]) for row in rows] == [("slack", "done"), ("email", "done")]
    assert (mails.asked, one.provider.asked) == ([timedelta(0)], [timedelta(0), HALF_A_MINUTE])
