"""Threads: an owner always, once for each effect, one open thread for each thing, closed when the thing is over."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from opsbook.inbox.threads import Threads
from opsbook.sdk.errors import Conflict, InvalidInput, NotFound
from opsbook.sdk.values import digest
from opsbook.sdk.work import Attachment, ThreadDraft

REPORT = Attachment("growth_report", "Growth", "# Growth\n\nAll well.")


@pytest.fixture
def threads(store, people, clock, ids):
    return Threads(store, people, clock, ids)


def draft(**more) -> ThreadDraft:
    given = {
        "thread_type": "incident",
        "title": "Mailjet is offline",
        "body": "It answered 503.",
        "agent": "leo",
        "agents": ("linus",),
        "assign_to": ("ops@example.com",),
        "dedup_key": "incident:mailjet",
    }
    return ThreadDraft(**{**given, **more})


async def opened(threads, one=None, key="key_1", run_id="run_1"):
    return await threads.open(one or draft(), effect_key=key, run_id=run_id, playbook_id="ops_monitor")


async def test_a_thread_has_its_owner_its_message_and_what_was_attached(threads):
    answer = await opened(threads, draft(attachments=(REPORT,)))
    thread = threads.get(answer["thread_id"])
    assert answer["created"] is True
    assert (thread["type"], thread["status"], thread["assignees"]) == ("incident", "active", ["ops"])
    assert thread["agents"] == ["leo", "linus"]
    assert [one["body"] for one in thread["messages"]] == ["It answered 503."]
    (artifact,) = thread["artifacts"]
    assert [artifact["id"]] == answer["artifact_ids"]
    assert (artifact["status"], artifact["digest"]) == ("draft", digest(REPORT.content))


async def test_an_outreach_draft_waits_for_review(threads):
    answer = await opened(threads, draft(attachments=(Attachment("outreach_draft", "Letters", {"n": 1}),)))
    assert threads.get(answer["thread_id"])["artifacts"][0]["status"] == "pending_review"


async def test_the_same_effect_again_gets_the_first_answer_and_adds_nothing(threads):
    first = await opened(threads, draft(attachments=(REPORT,)))
    again = await opened(threads, draft(title="Other words", attachments=(REPORT,)))
    assert again == first
    thread = threads.get(first["thread_id"])
    assert (len(thread["messages"]), len(thread["artifacts"]), thread["title"]) == (1, 1, "Mailjet is offline")


async def test_the_first_answer_stands_even_when_the_thread_was_closed_meanwhile(threads):
    first = await opened(threads)
    await threads.close(first["thread_id"], by="ops", reason="Done.")
    assert await opened(threads) == first
    assert len(threads.latest()) == 1


async def test_later_runs_append_to_the_open_thread_about_the_same_thing(threads, clock):
    first = await opened(threads)
    clock.forward(timedelta(hours=1))
    more = draft(body="Still 503.", assign_to=("owner",), agents=("jack",))
    second = await opened(threads, more, key="key_2", run_id="run_2")
    assert (second["thread_id"], second["created"]) == (first["thread_id"], False)
    thread = threads.get(first["thread_id"])
    assert [one["body"] for one in thread["messages"]] == ["It answered 503.", "Still 503."]
    assert (thread["assignees"], thread["agents"]) == (["ops", "owner"], ["leo", "linus", "jack"])
    assert threads.latest(run_id="run_2") == threads.latest() != []


async def test_ten_runs_at_once_open_one_thread(threads):
    answers = await asyncio.gather(*(opened(threads, key=f"key_{i}", run_id=f"run_{i}") for i in range(10)))
    assert len({answer["thread_id"] for answer in answers}) == 1
    assert sum(answer["created"] for answer in answers) == 1
    assert len(threads.get(answers[0]["thread_id"])["messages"]) == 10


async def test_without_a_key_each_effect_opens_a_thread_of_its_own(threads):
    one = draft(dedup_key=None)
    first, second = await opened(threads, one), await opened(threads, one, key="key_2")
    assert first["thread_id"] != second["thread_id"]


async def test_an_unknown_assignee_is_refused_and_nothing_is_written(threads):
    with pytest.raises(InvalidInput) as refused:
        await opened(threads, draft(assign_to=("ops", "stranger@example.com")))
    assert refused.value.field == "assign_to"
    assert threads.latest() == []


async def test_nobody_named_means_the_owner(threads):
    assert (await opened(threads, draft(assign_to=())))["assignees"] == ["owner"]


async def test_a_thread_of_another_type_under_the_same_key_is_refused_and_nothing_is_added(threads):
    first = await opened(threads)
    with pytest.raises(Conflict, match="type incident"):
        await opened(threads, draft(thread_type="campaign"), key="key_2")
    assert len(threads.get(first["thread_id"])["messages"]) == 1


async def test_a_thread_about_a_campaign_that_does_not_exist_is_refused(threads):
    with pytest.raises(InvalidInput, match="does not exist"):
        await opened(threads, draft(thread_type="campaign", campaign_id="campaign_none"))
    assert threads.latest() == []


async def test_a_campaigns_thread_carries_the_campaign(threads, make_campaigns, organization, offer, origin):
    campaign = await make_campaigns().draft([organization()], offer(), "email", **origin)
    answer = await opened(threads, draft(thread_type="campaign", campaign_id=campaign["campaign_id"]))
    assert threads.get(answer["thread_id"])["campaign_id"] == campaign["campaign_id"]


async def test_closing_frees_the_key_for_the_next_thread(threads):
    first = await opened(threads)
    done = await threads.close("incident:mailjet", by="ops", reason="Seen to.", status="archived")
    assert (done["closed"], threads.get(first["thread_id"])["status"]) == (True, "archived")
    again = await threads.close(first["thread_id"], by="ops", reason="Once more.")
    assert (again["closed"], again["status"]) == (False, "archived")
    second = await opened(threads, key="key_2")
    assert (second["created"], second["thread_id"] != first["thread_id"]) == (True, True)


async def test_closing_what_is_not_there_is_not_found(threads):
    with pytest.raises(NotFound):
        await threads.close("incident:nothing", by="ops", reason="")
    with pytest.raises(NotFound):
        threads.get("thread_none")


async def test_recovery_closes_the_incident_once_and_says_how_long_it_took(threads, clock):
    first = await opened(threads)
    clock.forward(timedelta(hours=2, minutes=5))
    answers = [await threads.close_incident("incident:mailjet", "run_9", "Mailjet is well.") for _ in range(2)]
    assert answers[0] == answers[1]
    assert answers[0]["duration_seconds"] == 7500
    thread = threads.get(first["thread_id"])
    assert (thread["status"], len(thread["messages"])) == ("completed", 2)
    assert thread["messages"][-1]["body"] == "Mailjet is well.\n\nThis thread was open for 2 h 5 min."


async def test_a_recovery_without_an_open_thread_does_nothing(threads):
    assert await threads.close_incident("incident:mailjet", "run_9", "Well.") is None


async def test_a_new_outage_after_recovery_is_a_new_thread_and_the_old_recovery_does_not_close_it(threads):
    await opened(threads)
    await threads.close_incident("incident:mailjet", "run_9", "Well.")
    second = await opened(threads, key="key_2", run_id="run_10")
    await threads.close_incident("incident:mailjet", "run_9", "Well.")
    assert threads.get(second["thread_id"])["status"] == "active"


async def test_a_preview_checks_the_same_and_writes_nothing(threads):
    seen = threads.preview(draft(attachments=(REPORT,)))
    assert (seen["would"], seen["thread_id"], seen["assignees"], seen["dry_run"]) == ("open", None, ["ops"], True)
    assert threads.latest() == []
    with pytest.raises(InvalidInput):
        threads.preview(draft(assign_to=("stranger",)))
    first = await opened(threads)
    assert threads.preview(draft())["thread_id"] == first["thread_id"]
    assert threads.preview(draft())["would"] == "append"


async def test_a_long_title_and_a_long_key_are_kept_within_their_columns(threads):
    long = "incident:" + "x" * 400
    first = await opened(threads, draft(title="T" * 400, dedup_key=long))
    other = await opened(threads, draft(dedup_key=long + "y"), key="key_2")
    same = await opened(threads, draft(dedup_key=long), key="key_3")
    assert len(first["title"]) == 200
    assert first["thread_id"] == same["thread_id"] != other["thread_id"]


async def test_lists_show_the_last_touched_first_and_filter(threads, clock):
    first = await opened(threads)
    clock.forward(timedelta(minutes=1))
    review = replace(draft(), thread_type="growth_review", dedup_key="review")
    second = await opened(threads, review, key="key_2")
    assert [row["id"] for row in threads.latest()] == [second["thread_id"], first["thread_id"]]
    assert [row["id"] for row in threads.latest(thread_type="incident")] == [first["thread_id"]]
    await threads.close(second["thread_id"], by="ops", reason="Read.")
    assert [row["id"] for row in threads.latest(status="active")] == [first["thread_id"]]
