"""Sends messages to Slack: by a bot, whose messages can be found again, or by an incoming webhook."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from opsbook.integrations._posting import handed_over, put_off, searched, throttled
from opsbook.integrations._system import url_of
from opsbook.integrations._verdicts import at, code_in, peek
from opsbook.integrations.slack.buttons import blocks
from opsbook.integrations.slack.types import BAD_CREDENTIALS
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Receipt, Refused
from opsbook.sdk.http import HttpClient, Reply, bearer
from opsbook.sdk.values import Json, JsonObject

WEBHOOK = "webhook"  # the address of the one channel that a webhook is bound to
EVENT = "opsbook_message"  # the type of the metadata that carries a message's key
UNCLEAR = frozenset({"internal_error", "fatal_error", "request_timeout"})  # part of it may have been done, Slack says
LATER = frozenset({"ratelimited", "rate_limited", "service_unavailable"})
NO_THREAD = frozenset({"thread_not_found", "invalid_thread_ts", "cannot_reply_to_message", "message_not_found"})
LONGEST = 12_000  # characters of one message; Slack cuts at 40,000 and advises 4,000
PAGE, MOST_PAGES, MOST_THREADS = 200, 5, 50
LOOK_BACK = timedelta(days=37)  # a month, and a week before it in which a thread may have begun
LOUD = frozenset({"high", "critical"})  # what is posted into a thread and shown in the channel as well

HEADING = re.compile(r"^#{1,6} +(.+?)\s*$", re.M)
BOLD = re.compile(r"\*\*(.+?)\*\*")


class Bot:
    """The channel `slack` by a bot's token: class C, the key rides in the message's metadata."""

    name = "slack_bot"
    channel = "slack"
    effect_class = ConnectorClass.C
    search_after = timedelta(seconds=60)

    def __init__(self, http: HttpClient, base_url: str, token: str, channels: tuple[str, ...]) -> None:
        self.http = http
        self.base_url = base_url
        self.token = token
        self.channels = channels

    async def send(self, parcel: Parcel) -> Receipt:
        """Post to a channel of the settings: only those are searched when an outcome was lost.

        What follows an earlier message goes into its thread.
        """
        if parcel.to not in self.channels:
            raise Refused("unknown_channel", "The channel is not one that the settings let the bot write to.")
        body: JsonObject = {
            "channel": parcel.to,
            **message(parcel),
            "metadata": {"event_type": EVENT, "event_payload": {"key": parcel.key}},
        }
        found = await self._posted_below(parcel, body) or taken(await self._posted("chat.postMessage", body))
        sent, channel = at(found, "ts"), at(found, "channel")
        if not isinstance(sent, str):
            raise Lost("Slack took the message and did not say under which id.")
        return Receipt(sent, {"channel": channel if isinstance(channel, str) else parcel.to})

    async def _posted_below(self, parcel: Parcel, body: JsonObject) -> Json:
        """Slack's answer to a message in its thread; None when it follows none, or when that thread is gone."""
        if parcel.follows is None:
            return None
        below: JsonObject = {**body, "thread_ts": parcel.follows, "reply_broadcast": parcel.severity in LOUD}
        try:
            return taken(await self._posted("chat.postMessage", below))
        except Refused as error:
            if error.code in NO_THREAD:
                return None
            raise

    async def find(self, key: str) -> Receipt | None:
        """Search the last weeks of every channel that the bot may write to, newest first, and then its threads there.

        Raises `Lost` when there is more than can be searched, so that "not found" is never a guess.
        """
        for channel in self.channels:
            if found := await self._find_in(channel, key):
                return found
        return None

    async def _find_in(self, channel: str, key: str) -> Receipt | None:
        oldest = (self.http.clock.now() - LOOK_BACK).timestamp()
        query = {
            "channel": channel,
            "limit": str(PAGE),
            "include_all_metadata": "true",
            "oldest": f"{oldest:.6f}",
        }
        threads: list[str] = []
        for _ in range(MOST_PAGES):
            messages, cursor = await self._page("conversations.history", query)
            if found := _ours(messages, key):
                return Receipt(found, {"channel": channel})
            threads += [str(at(one, "ts")) for one in messages if _is_ours(one) and at(one, "reply_count")]
            if cursor is None:
                return await self._find_below(channel, threads, key)
            query["cursor"] = cursor
        raise Lost(f"More than {PAGE * MOST_PAGES} messages were posted since; it was not found among them.")

    async def _find_below(self, channel: str, threads: Sequence[str], key: str) -> Receipt | None:
        """Search the threads of our own messages: what was posted into one stands in no history."""
        for first in threads[:MOST_THREADS]:
            query = {"channel": channel, "ts": first, "limit": str(PAGE), "include_all_metadata": "true"}
            messages, cursor = await self._page("conversations.replies", query)
            if found := _ours(messages, key):
                return Receipt(found, {"channel": channel, "thread": first})
            if cursor is not None:
                raise Lost(f"A thread has more than {PAGE} messages; it was not found among them.")
        if len(threads) > MOST_THREADS:
            raise Lost(f"More than {MOST_THREADS} threads were begun since; it was not found in them.")
        return None

    async def _page(self, method: str, query: dict[str, str]) -> tuple[list[Any], str | None]:
        """The messages of one page, and where the next one begins."""
        found = taken(await self._asked(method, query))
        messages, cursor = at(found, "messages"), at(found, "response_metadata.next_cursor")
        if not isinstance(messages, list):
            raise Lost("Slack's history cannot be read.")
        return messages, cursor if isinstance(cursor, str) and cursor else None

    async def _posted(self, method: str, body: JsonObject) -> Reply:
        return await exchanged(self.http, url_of(self.base_url, method), headers=bearer(self.token), json=body)

    async def _asked(self, method: str, form: dict[str, str]) -> Reply:
        address = url_of(self.base_url, method)
        return await searched(self.http.request("POST", address, headers=bearer(self.token), form=form))


class Webhook:
    """The channel `slack` by an incoming webhook: class D, nothing comes back that it could be found under."""

    name = "slack_webhook"
    channel = "slack"
    effect_class = ConnectorClass.D
    search_after = timedelta(0)

    def __init__(self, http: HttpClient, url: str) -> None:
        self.http = http
        self.url = url

    async def send(self, parcel: Parcel) -> Receipt:
        """Post to the webhook's own channel; the address of it is `webhook`."""
        if parcel.to != WEBHOOK:
            raise Refused("unknown_channel", "A webhook writes to its own channel only; its address is `webhook`.")
        reply = await exchanged(self.http, self.url, json=message(parcel))
        said = reply.text().strip()
        if reply.ok and said == "ok":
            return Receipt(f"{WEBHOOK}:{parcel.key}")
        if reply.ok:
            raise Lost("The webhook answered with something that it does not document.")
        code = said if re.fullmatch(r"[a-z_]{1,40}", said) else f"http_{reply.status}"
        raise Refused(code, f"The webhook refused the message ({code}).")

    async def find(self, key: str) -> Receipt | None:
        """A webhook cannot be searched: always None. The ledger does not ask a class D connector."""
        return None


def _is_ours(one: Any) -> bool:
    return bool(at(one, "metadata.event_type") == EVENT)


def _ours(messages: Sequence[Any], key: str) -> str | None:
    """The id of the message with this key, where there is one."""
    found = (one for one in messages if _is_ours(one) and at(one, "metadata.event_payload.key") == key)
    return next((str(at(one, "ts")) for one in found), None)


def message(parcel: Parcel) -> JsonObject:
    """The severity, once, the subject and the text, with nothing in it that Slack would act on or look up."""
    text = BOLD.sub(r"*\1*", HEADING.sub(r"*\1*", escaped(parcel.text)))
    subject = parcel.subject.removeprefix(f"[{parcel.severity}] ")  # alerts name it for channels that show none
    whole = f"*[{escaped(parcel.severity.upper())}] {escaped(subject)}*\n{text}"
    if len(whole) > LONGEST:
        whole = f"{whole[:LONGEST]}\n_({len(whole) - LONGEST} more characters are left out here.)_"
    shown: JsonObject = {"text": whole, "mrkdwn": True, "unfurl_links": False, "unfurl_media": False}
    return {**shown, "blocks": blocks(whole, parcel.buttons)} if parcel.buttons else shown


def escaped(text: str) -> str:
    """Text in which `<!channel>`, `<@user>` and `<link|words>` are only characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


async def exchanged(http: HttpClient, url: str, *, json: Json, headers: dict[str, str] | None = None) -> Reply:
    """A reply to a message that was posted. Raises `Refused` when it surely did not arrive, `Lost` when it may have."""
    reply = await handed_over(http.request("POST", url, headers=headers, json=json), "Slack")
    if reply.status == 429:
        raise throttled(reply, "Slack")
    return reply


def taken(reply: Reply) -> Json:
    """The body of a reply that says `ok: true`."""
    body = peek(reply)
    if reply.ok and at(body, "ok") is True:
        return body
    code = code_in(reply, "error") or f"http_{reply.status}"
    if (reply.ok and at(body, "ok") is not False) or code in UNCLEAR:
        raise Lost(f"Slack's answer does not say whether it was done ({code}).")
    if code in LATER:
        raise put_off(code, f"Slack refused it for now ({code})", reply)
    raise Refused(code, f"Slack refused it ({code}).", elsewhere=code in BAD_CREDENTIALS or None)
