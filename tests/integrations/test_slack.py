"""Messages to Slack: what a channel shows, and what every failure means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from integrations.samples import CANARY
from opsbook.effects.ledger import Effect, Ledger
from opsbook.integrations.configuration import configure
from opsbook.records.effects import Effects
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.effects import Lost, Parcel, Refused
from opsbook.sdk.http import Answer, HttpClient, bearer
from opsbook.sdk.integration import Status
from opsbook.sdk.testing import FakeSystem, json_answer
from peers.slack import SlackPeer, slack_peer  # noqa: F401 a fixture

HOOK = f"https://hooks.slack.com/services/{CANARY}"
SENT = json_answer({"ok": True, "channel": "C000000001", "ts": "1700000000.000100"})


def parcel(to: str = "C000000001", text: str = "Two systems are down.", **more) -> Parcel:
    return Parcel("key-1", to, "Health", text, **more)


def connectors(answers, **more):
    desk = FakeSystem(answers)
    settings = {"bot_token": f"xoxb-{CANARY}", "alert_channel": "C000000001", "channels": "C000000002", **more}
    clock = SteppedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))
    system = configure({"slack": settings}, {}, HttpClient(transport=desk, clock=clock))["slack"]
    return list(system.connectors()), desk


async def test_a_message_shows_its_severity_and_nothing_in_it_acts():
    (bot,), desk = connectors({"*": SENT})
    text = "# Summary\n**Down**: <!channel> <@U1> <https://evil.example.com|click> & more"
    receipt = await bot.send(parcel(text=text, severity="high"))
    body = desk.json()
    assert body["text"].splitlines() == [
        "*[HIGH] Health*",
        "*Summary*",
        "*Down*: &lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example.com|click&gt; &amp; more",
    ]
    assert (body["unfurl_links"], body["unfurl_media"], body["channel"]) == (False, False, "C000000001")
    assert body["metadata"] == {"event_type": "opsbook_message", "event_payload": {"key": "key-1"}}
    assert (receipt.provider_id, receipt.details) == ("1700000000.000100", {"channel": "C000000001"})
    assert desk.sent[0].headers["authorization"] == f"Bearer xoxb-{CANARY}"


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("[high] Monitor: Gmail is offline", "*[HIGH] Monitor: Gmail is offline*"),
        ("[critical] Monitor: Gmail is offline", "*[HIGH] [critical] Monitor: Gmail is offline*"),
    ],
)
async def test_a_subject_that_names_the_severity_shows_it_once(subject, shown):
    (bot,), desk = connectors({"*": SENT})
    await bot.send(Parcel("key-1", "C000000001", subject, "Since 14:00.", severity="high"))
    assert desk.json()["text"].splitlines()[0] == shown


async def test_a_message_that_is_too_long_says_how_much_is_left_out():
    (bot,), desk = connectors({"*": SENT})
    await bot.send(parcel(text="x" * 20_000))
    assert desk.json()["text"].endswith(" more characters are left out here.)_")
    assert len(desk.json()["text"]) < 12_100


@pytest.mark.parametrize("to", ["C999999999", "U000000001", "webhook", "#alerts"])
async def test_the_bot_writes_only_where_it_also_searches(to):
    (bot,), desk = connectors({})
    with pytest.raises(Refused) as caught:
        await bot.send(parcel(to))
    assert (caught.value.code, caught.value.permanent, desk.sent) == ("unknown_channel", True, [])


REFUSED = [
    (json_answer({"ok": False, "error": "channel_not_found"}), "channel_not_found", True),
    (json_answer({"ok": False, "error": "invalid_auth"}), "invalid_auth", True),
    (json_answer({"ok": False, "error": "ratelimited"}), "ratelimited", False),
    (json_answer({"ok": False, "error": "service_unavailable"}), "service_unavailable", False),
    (Answer(429, headers={"retry-after": "30"}), "rate_limited", False),
    (Answer(429), "rate_limited", False),
    (Answer(404), "http_404", True),
    (ConnectionRefusedError(), "network", False),
]
LOST = [
    json_answer({"ok": False, "error": "fatal_error"}),
    json_answer({"ok": False, "error": "internal_error"}),
    json_answer({"ok": True}),
    json_answer({"fine": True}),
    Answer(200, b"<html>"),
    Answer(500),
    TimeoutError(),
    ConnectionResetError(),
]


@pytest.mark.parametrize(("answer", "code", "permanent"), REFUSED)
async def test_what_surely_did_not_arrive_is_refused(answer, code, permanent):
    (bot,), _ = connectors({"*": answer})
    with pytest.raises(Refused) as caught:
        await bot.send(parcel())
    assert (caught.value.code, caught.value.permanent) == (code, permanent)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("answer", LOST)
async def test_what_may_have_arrived_is_lost(answer):
    (bot,), _ = connectors({"*": answer})
    with pytest.raises(Lost) as caught:
        await bot.send(parcel())
    assert CANARY not in str(caught.value)


def page(*keys: str, cursor: str = "") -> Answer:
    messages = [
        {"ts": f"{n}", "metadata": {"event_type": "opsbook_message", "event_payload": {"key": key}}}
        for n, key in enumerate(keys)
    ]
    return json_answer(
        {"ok": True, "messages": [{"ts": "9", "text": "x"}, *messages], "response_metadata": {"next_cursor": cursor}}
    )


async def test_a_message_is_found_on_any_page_of_any_channel_of_the_bot():
    answers = {"POST /api/conversations.history": [page("a", cursor="c1"), page("b"), page("key-1")]}
    (bot,), desk = connectors(answers)
    receipt = await bot.find("key-1")
    assert (receipt.provider_id, receipt.details) == ("0", {"channel": "C000000002"})
    forms = [desk.form(index) for index in range(3)]
    assert [form["channel"] for form in forms] == ["C000000001", "C000000001", "C000000002"]
    assert [form.get("cursor") for form in forms] == [None, "c1", None]
    assert all(form["include_all_metadata"] == "true" for form in forms)


@pytest.mark.parametrize(("severity", "shown"), [("normal", False), ("high", True), ("critical", True)])
async def test_what_follows_a_message_goes_into_its_thread_and_what_is_urgent_into_the_channel_too(severity, shown):
    (bot,), desk = connectors({"*": SENT})
    await bot.send(parcel(follows="1600000000.000100", severity=severity))
    assert (desk.json()["thread_ts"], desk.json()["reply_broadcast"]) == ("1600000000.000100", shown)
    await bot.send(parcel())
    assert "thread_ts" not in desk.json()


async def test_where_the_thread_is_gone_the_message_goes_into_the_channel():
    gone = json_answer({"ok": False, "error": "thread_not_found"})
    (bot,), desk = connectors({"*": [gone, SENT]})
    assert (await bot.send(parcel(follows="1600000000.000100"))).provider_id == "1700000000.000100"
    assert ["thread_ts" in desk.json(index) for index in (0, 1)] == [True, False]


@pytest.mark.parametrize("error", ["channel_not_found", "invalid_auth", "fatal_error"])
async def test_a_message_into_a_thread_that_fails_for_another_reason_is_not_posted_again(error):
    (bot,), desk = connectors({"*": json_answer({"ok": False, "error": error})})
    with pytest.raises((Refused, Lost)):
        await bot.send(parcel(follows="1600000000.000100"))
    assert len(desk.sent) == 1


def with_threads(number: int) -> Answer:
    metadata = {"event_type": "opsbook_message", "event_payload": {"key": "first"}}
    firsts = [{"ts": str(n), "metadata": metadata, "reply_count": 1} for n in range(number)]
    return json_answer({"ok": True, "messages": [{"ts": "x", "text": "theirs", "reply_count": 9}, *firsts]})


async def test_a_message_is_found_in_a_thread_of_ours_and_other_peoples_are_not_read():
    history, replies = "POST /api/conversations.history", "POST /api/conversations.replies"
    (bot,), desk = connectors({history: with_threads(2), replies: [page("a"), page("key-1")]}, channels="")
    receipt = await bot.find("key-1")
    assert receipt.details == {"channel": "C000000001", "thread": "1"}
    assert [desk.form(index).get("ts") for index in range(3)] == [None, "0", "1"]


@pytest.mark.parametrize("answer", [page("a", cursor="more"), json_answer({"ok": True}), Answer(500), TimeoutError()])
async def test_a_thread_that_cannot_be_read_to_its_end_is_no_proof(answer):
    history, replies = "POST /api/conversations.history", "POST /api/conversations.replies"
    (bot,), _ = connectors({history: with_threads(1), replies: answer}, channels="")
    with pytest.raises((Lost, Refused)):
        await bot.find("key-1")


async def test_more_threads_than_can_be_searched_are_no_proof():
    history, replies = "POST /api/conversations.history", "POST /api/conversations.replies"
    (bot,), desk = connectors({history: with_threads(51), replies: page("a")}, channels="")
    with pytest.raises(Lost, match="50"):
        await bot.find("key-1")
    assert len(desk.sent) == 51


async def test_a_message_that_is_nowhere_is_none():
    (bot,), _ = connectors({"*": page("a", "b")})
    assert await bot.find("key-1") is None


@pytest.mark.parametrize(
    "answer",
    [page(cursor="more"), json_answer({"ok": True}), json_answer({"ok": False, "error": "missing_scope"}), Answer(500),
     TimeoutError()],
)  # fmt: skip
async def test_a_search_that_cannot_be_sure_never_says_that_it_is_not_there(answer):
    (bot,), _ = connectors({"*": answer})
    with pytest.raises((Lost, Refused)):
        await bot.find("key-1")


async def test_a_webhook_posts_to_its_own_channel():
    (hook,), desk = connectors({"*": Answer(200, b"ok")}, bot_token="", alert_channel="", webhook_url=HOOK)
    receipt = await hook.send(parcel("webhook"))
    assert receipt.provider_id == "webhook:key-1"
    assert "metadata" not in desk.json()
    assert await hook.find("key-1") is None
    with pytest.raises(Refused):
        await hook.send(parcel("C000000001"))
    assert len(desk.sent) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer(404, b"no_service"), Refused, "no_service"),
        (Answer(403, f"who is {CANARY}".encode()), Refused, "http_403"),
        (Answer(429), Refused, "rate_limited"),
        (ConnectionRefusedError(), Refused, "network"),
        (Answer(200, b"<html>"), Lost, None),
        (Answer(503), Lost, None),
        (TimeoutError(), Lost, None),
    ],
)
async def test_a_webhooks_failures_are_told_apart_and_never_show_its_address(answer, kind, code):
    (hook,), _ = connectors({"*": answer}, bot_token="", alert_channel="", webhook_url=HOOK)
    with pytest.raises(kind) as caught:
        await hook.send(parcel("webhook"))
    assert getattr(caught.value, "code", None) == code
    assert CANARY not in f"{caught.value} {caught.value!r}"


async def test_an_address_inside_our_own_network_is_refused_for_good():
    (bot,), _ = connectors({"*": SENT})

    async def inside(_host, _port):
        return ["10.0.0.5"]

    bot.http.transport, bot.http.resolve = None, inside
    with pytest.raises(Refused) as caught:
        await bot.send(parcel())
    assert (caught.value.code, caught.value.permanent) == ("address_refused", True)


def against(peer: SlackPeer, **more):
    settings = {"base_url": peer.api, "bot_token": peer.token, "alert_channel": peer.alerts, "team_id": peer.team}
    return configure({"slack": {**settings, **more}}, {}, HttpClient(allow_loopback=True))["slack"]


async def history(peer: SlackPeer, channel: str):
    reply = await HttpClient(allow_loopback=True).request(
        "POST", f"{peer.api}/conversations.history", headers=bearer(peer.token), form={"channel": channel}
    )
    return reply.object()["messages"]


@pytest.mark.peer("slack")
async def test_the_probe_finds_the_emulator_online_and_knows_its_workspace(slack_peer):  # noqa: F811
    assert (await against(slack_peer).probe()).status is Status.ONLINE
    assert (await against(slack_peer, team_id="T999").probe()).status is Status.OFFLINE


@pytest.mark.peer("slack")
async def test_a_bots_message_is_read_back_from_the_channel_and_found_by_its_key(slack_peer):  # noqa: F811
    (bot,) = against(slack_peer, channels=slack_peer.reports).connectors()
    sent = Parcel("key-bot", slack_peer.reports, "Health", "Gmail & Drive are <down>.", severity="high")
    receipt = await bot.send(sent)
    (message,) = [one for one in await history(slack_peer, slack_peer.reports) if one["ts"] == receipt.provider_id]
    assert message["text"] == "*[HIGH] Health*\nGmail &amp; Drive are &lt;down&gt;."
    assert (await bot.find("key-bot")).provider_id == receipt.provider_id
    assert await bot.find("key-of-nobody") is None


@pytest.mark.peer("slack")
async def test_a_later_message_is_read_back_from_the_thread_and_found_there_by_its_key(slack_peer):  # noqa: F811
    (bot,) = against(slack_peer, channels=slack_peer.reports).connectors()
    first = await bot.send(Parcel("key-root", slack_peer.reports, "Outage", "Gmail is offline."))
    later = Parcel("key-later", slack_peer.reports, "Outage", "It is over.", follows=first.provider_id)
    receipt = await bot.send(later)
    reply = await HttpClient(allow_loopback=True).request(
        "POST",
        f"{slack_peer.api}/conversations.replies",
        headers=bearer(slack_peer.token),
        form={"channel": slack_peer.reports, "ts": first.provider_id},
    )
    assert [one["ts"] for one in reply.object()["messages"]] == [first.provider_id, receipt.provider_id]
    assert (await bot.find("key-later")).provider_id == receipt.provider_id


@pytest.mark.peer("slack")
async def test_a_message_whose_answer_was_lost_is_found_and_not_sent_twice(slack_peer, tmp_path):  # noqa: F811
    (bot,) = against(slack_peer).connectors()
    sent = Parcel("key-lost", slack_peer.alerts, "Once", "Only once.")
    await bot.send(sent)  # it left, and the process died before it could write that down
    store = Store(f"sqlite:///{tmp_path}/a.db")
    metadata.create_all(store.engine)
    clock = SteppedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))

    async def sleep(_seconds):
        pass

    class Dies(Exception):
        pass

    class Dead:
        name, channel, effect_class, search_after = bot.name, bot.channel, bot.effect_class, bot.search_after

        async def send(self, _parcel):
            raise Dies

    ledger = Ledger(Effects(store), clock, sleep)
    effect = Effect("run_1", "steps/0", "slack:alerts", sent)
    with pytest.raises(Dies):
        await ledger.carry_out(effect, Dead(), None)
    row = await ledger.carry_out(effect, bot, None)
    store.close()
    assert row["state"] == "done"
    posted = [one for one in await history(slack_peer, slack_peer.alerts) if "Only once." in one["text"]]
    assert [one["ts"] for one in posted] == [row["provider_id"]]


@pytest.mark.peer("slack")
async def test_a_webhooks_message_is_read_back_from_its_channel(slack_peer):  # noqa: F811
    system = configure({"slack": {"webhook_url": slack_peer.webhook}}, {}, HttpClient(allow_loopback=True))["slack"]
    assert (await system.probe()).status is Status.ONLINE
    (hook,) = system.connectors()
    await hook.send(Parcel("key-hook", "webhook", "Alert", "By the webhook."))
    texts = [one["text"] for one in await history(slack_peer, slack_peer.alerts)]
    assert "*[NORMAL] Alert*\nBy the webhook." in texts


@pytest.mark.peer("slack")
async def test_a_channel_that_does_not_exist_is_refused_by_the_emulator(slack_peer):  # noqa: F811
    (bot,) = against(slack_peer, alert_channel="C999999999").connectors()
    with pytest.raises(Refused) as caught:
        await bot.send(Parcel("key-none", "C999999999", "Alert", "Nobody reads it."))
    assert caught.value.code == "channel_not_found"


@pytest.mark.peer("google")
@pytest.mark.parametrize("key", ["gmail", "calendar", "drive"])
async def test_googles_systems_are_online_at_the_emulator(key, slack_peer):  # noqa: F811
    settings = {"base_url": slack_peer.google, "access_token": slack_peer.google_token}
    system = configure({key: settings}, {}, HttpClient(allow_loopback=True))[key]
    seen = await system.probe()
    assert (seen.status, seen.error_class) == (Status.ONLINE, None), seen.message
