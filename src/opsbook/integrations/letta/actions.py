"""Keeps notes in Letta's archives, one archive for each agent and playbook, and reads them back.

Class C: Letta removes no repeats, but a passage is found by the moment that it is dated with, and carries its key. The
search by tags is no help: a server filters by them what is left after its limit. An archive needs neither an agent of
Letta's nor a model. What comes back is read as `sdk.memory` says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from opsbook.integrations._posting import handed_over, throttled
from opsbook.integrations._system import url_of
from opsbook.integrations._verdicts import at, peek
from opsbook.sdk.effects import ConnectorClass, Lost, Receipt, Refused
from opsbook.sdk.errors import NeverWorks, OpsbookError
from opsbook.sdk.http import HttpClient, Reply, bearer
from opsbook.sdk.memory import Note, note_from
from opsbook.sdk.values import Json, JsonObject

VENDOR = "Letta"
LONGEST_TEXT = 4_000
PAGE, MOST_PAGES = 100, 5
MOMENT = timedelta(seconds=1)
LOOK_BACK = tuple(timedelta(hours=hours) for hours in (6, 48, 24 * 15, 24 * 100))
DESCRIPTION = "What came of runs of opsbook, one passage each."


class Archives:
    """The memory of every agent. Implements `sdk.memory.Memory`."""

    name = "letta"
    effect_class = ConnectorClass.C
    search_after = timedelta(seconds=1)  # a passage that is stored can be found at once

    def __init__(self, http: HttpClient, base_url: str, key: str | None) -> None:
        self.http = http
        self.base_url = base_url
        self.headers = bearer(key) if key else {}

    async def recall(self, agent: str, about: str, before: datetime, most: int) -> Sequence[Note]:
        """Raises the errors of `HttpClient`, and `NeverWorks` (`bad_reply`) for what is no answer of Letta's.

        Letta lists the oldest first, so it is asked for a short time back, and for longer while that is too little.
        """
        archive = await self._archive(agent, about)
        notes: list[Note] = []
        for back in LOOK_BACK if archive else ():
            notes = await self._between(str(archive), about, before - back, before)
            if len(notes) >= most:
                break
        return sorted(notes, key=lambda note: note.as_of, reverse=True)[:most]

    async def remember(self, agent: str, note: Note, key: str) -> Receipt:
        """Store one passage; `provider_id` is its id there."""
        archive = await self._made(agent, note.about)
        asked: JsonObject = {
            "text": note.words[:LONGEST_TEXT],
            "tags": [_keyed(key)],
            "metadata": {"key": key, "note": note.as_json()},
            "created_at": note.as_of.isoformat(),
        }
        reply = _taken(await handed_over(self._post(f"v1/archives/{archive}/passages", asked), VENDOR))
        stored = at(peek(reply), "id")
        if not isinstance(stored, str):
            raise Lost(f"{VENDOR} took the note and did not say under which id.")
        return Receipt(stored)

    async def find(self, agent: str, note: Note, key: str) -> Receipt | None:
        """Look through what is dated with the note's moment; the key's tag has to stand in what is taken for it."""
        try:
            archive = await self._archive(agent, note.about)
            if archive is None:
                return None
            rows = await self._rows(archive, note.as_of - MOMENT, note.as_of + MOMENT)
        except OpsbookError as error:
            raise Lost(f"{VENDOR}'s passages cannot be searched: {error.sentence}") from None
        for row in rows:
            tags, stored = at(row, "passage.tags"), at(row, "passage.id")
            if isinstance(tags, list) and _keyed(key) in tags and isinstance(stored, str):
                return Receipt(stored)
        if len(rows) >= PAGE:
            raise Lost(f"{VENDOR} holds more notes of that moment than can be searched.")
        return None

    async def _between(self, archive: str, about: str, start: datetime, end: datetime) -> list[Note]:
        """The notes of a stretch of time, the last of them for certain where it holds `PAGE * MOST_PAGES` at most."""
        notes: dict[datetime, Note] = {}
        for _ in range(MOST_PAGES):
            rows = await self._rows(archive, start, end)
            read = [note for row in rows if (note := note_from(at(row, "passage.metadata.note")))]
            page = [note for note in read if note.about == about and note.as_of < end]
            notes |= {note.as_of: note for note in page}
            if len(rows) < PAGE or not page or page[-1].as_of <= start:
                break
            start = page[-1].as_of
        return list(notes.values())

    async def _rows(self, archive: str, start: datetime, end: datetime) -> list[Json]:
        asked: JsonObject = {
            "archive_id": archive,
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "limit": PAGE,
        }
        return _list((await self._post("v1/passages/search", asked)).checked())

    async def _made(self, agent: str, about: str) -> str:
        """The archive, made where there is none. Nothing of a note has left when this raises `Refused`."""
        try:
            if found := await self._archive(agent, about):
                return found
            asked: JsonObject = {"name": _name(agent, about), "description": DESCRIPTION}
            made = at(peek((await self._post("v1/archives/", asked)).checked()), "id")
        except OpsbookError as error:
            raise Refused(error.code, error.sentence, permanent=False) from None
        if not _is_id(made):
            raise Refused("bad_reply", f"{VENDOR} did not say which archive it made.")
        return str(made)

    async def _archive(self, agent: str, about: str) -> str | None:
        """The oldest archive of that name: two processes may have made one each."""
        address = url_of(self.base_url, "v1/archives/")
        params: dict[str, str | int] = {"name": _name(agent, about), "limit": 1, "order": "asc"}
        rows = _list((await self.http.request("GET", address, headers=self.headers, params=params)).checked())
        if not rows:
            return None
        found = at(rows[0], "id")
        if at(rows[0], "name") != _name(agent, about) or not _is_id(found):
            raise NeverWorks(f"{VENDOR} answered with an archive that was not asked for.", code="bad_reply")
        return str(found)

    async def _post(self, path: str, asked: JsonObject) -> Reply:
        return await self.http.request("POST", url_of(self.base_url, path), headers=self.headers, json=asked)


def _taken(reply: Reply) -> Reply:
    if reply.status == 429:
        raise throttled(reply, VENDOR)
    if not reply.ok:
        code = "credentials" if reply.status in (401, 403) else "refused"
        raise Refused(code, f"{VENDOR} refused the note (status {reply.status}).")
    return reply


def _list(reply: Reply) -> list[Json]:
    found = reply.json()
    if not isinstance(found, list):
        raise NeverWorks(f"{VENDOR} answered with something that is no list.", code="bad_reply")
    return found


def _name(agent: str, about: str) -> str:
    return f"opsbook-{agent}-{about}"


def _keyed(key: str) -> str:
    return f"opsbook-key-{key[:48]}"


def _is_id(value: object) -> bool:
    """Whether it may stand in a path."""
    return isinstance(value, str) and value.replace("-", "").isalnum() and len(value) <= 80
