"""Threads: where a person finds what a run wants of them, with the report or the draft attached.

One open thread for each `dedup_key`: an outage that lasts all night is one thread with a message an hour.
"""

from __future__ import annotations

from datetime import timedelta

from opsbook.inbox.people import People
from opsbook.inbox.questions import campaign_deciders
from opsbook.records.rows import Row
from opsbook.records.store import Store
from opsbook.records.threads import Threads as ThreadRows
from opsbook.sdk.clock import Clock, Ids
from opsbook.sdk.errors import NotFound
from opsbook.sdk.values import JsonObject, digest
from opsbook.sdk.work import ThreadDraft

LONGEST_TITLE = 200
LONGEST_KEY = 200
LONGEST_PREVIEW = 240
NEEDS_REVIEW = frozenset({"outreach_draft"})  # artifacts that somebody must approve before anything is done with them
SYSTEM = "opsbook"


class Threads:
    """The only writer of threads. `latest` and `get` answer pages and the command line."""

    def __init__(self, store: Store, people: People, clock: Clock, ids: Ids) -> None:
        self.rows = ThreadRows(store)
        self.people = people
        self.clock = clock
        self.ids = ids

    async def open(self, draft: ThreadDraft, *, effect_key: str, run_id: str, playbook_id: str) -> JsonObject:
        """Open it, or append to the open one about the same thing.

        Answers `{thread_id, created, type, title, status, assignees, artifact_ids, campaign_id, dedup_key}`; the same
        effect key again gets the first answer and adds nothing. Nobody named: the settings' owners own it.

        Raises:
            InvalidInput: an assignee is unknown, or the campaign is; nothing was written.
            Conflict: the open thread about the same thing is of another type; nothing was written.
        """
        now = self.clock.now()
        assignees = self._assignees(draft)
        thread = {
            "id": self.ids.new("thread"),
            "type": draft.thread_type,
            "status": "active",
            "title": _short(draft.title, LONGEST_TITLE) or draft.thread_type.replace("_", " ").capitalize(),
            "preview": _short(draft.body, LONGEST_PREVIEW),
            "primary_agent": draft.agent,
            "agents": list(dict.fromkeys((draft.agent, *draft.agents))),
            "assignees": assignees,
            "open_key": _open_key(draft.dedup_key),
            "dedup_key": _open_key(draft.dedup_key),
            "campaign_id": draft.campaign_id,
            "run_id": run_id,
            "playbook_id": playbook_id,
            "created_at": now,
            "updated_at": now,
        }
        message = {
            "id": self.ids.new("message"),
            "author": draft.agent,
            "body": draft.body,
            "run_id": run_id,
            "effect_key": effect_key,
            "at": now,
        }
        kept = [
            {
                "id": self.ids.new("artifact"),
                "type": one.kind,
                "status": _first_status(one.kind),
                "title": one.title,
                "data": one.content,
                "digest": digest(one.content),
                "created_by": draft.agent,
                "created_at": now,
            }
            for one in draft.attachments
        ]
        return await self.rows.open(thread, message, kept, lambda named: campaign_deciders(self.people, named))

    def preview(self, draft: ThreadDraft) -> JsonObject:
        """What `open` would do: the same checks and the same shape, and nothing is written.

        `thread_id` is that of the open thread it would append to, or null when it would open one.
        """
        assignees = self._assignees(draft)
        key = _open_key(draft.dedup_key)
        standing = self.rows.open_about(key) if key else None
        return {
            "thread_id": standing["id"] if standing else None,
            "created": False,
            "would": "append" if standing else "open",
            "type": draft.thread_type,
            "title": standing["title"] if standing else _short(draft.title, LONGEST_TITLE),
            "status": None,
            "assignees": list(assignees),
            "artifact_ids": [],
            "artifacts": [
                {"type": one.kind, "title": one.title, "status": _first_status(one.kind)} for one in draft.attachments
            ],
            "campaign_id": draft.campaign_id,
            "dedup_key": key,
            "dry_run": True,
        }

    async def say(self, thread_id: str, text: str, *, by: str, effect_key: str) -> Row:
        """Add a message; the same effect key again adds nothing. Answers the thread. Raises `NotFound`."""
        row = await self.rows.say(thread_id, self._said(by, text, None, effect_key))
        if row is None:
            raise NotFound(f"There is no thread {thread_id[:80]}.", cure="`opsbook threads list` shows the latest.")
        return row

    async def close(self, which: str, *, by: str, reason: str, status: str = "completed") -> JsonObject:
        """Close a thread, named by its id or by what it is about; its key is free for the next one.

        `status` is `completed` or `archived`. One that is closed already is left as it is. Raises `NotFound`.
        """
        row = self.rows.open_about(_open_key(which) or "") or self.rows.get(which)
        if row is None:
            raise NotFound(f"There is no thread {which[:80]}.", cure="`opsbook threads list` shows the latest.")
        answer: JsonObject = {"thread_id": row["id"], "closed": True, "status": status}
        message = self._said(by, reason, None, None)
        done = await self.rows.close(row["id"], status, message, answer)
        return done or {"thread_id": row["id"], "closed": False, "status": row["status"]}

    async def close_incident(self, dedup_key: str, run_id: str, text: str) -> JsonObject | None:
        """The subject is well again: say so, with how long it took, and close the thread.

        Answers `{thread_id, closed, status, duration_seconds}`, or None when there was no open thread. The same run
        again gets its first answer and adds nothing.
        """
        key = _open_key(dedup_key) or ""
        effect_key = digest(["recovered", key, run_id])
        if (first := self.rows.answer_to(effect_key)) is not None:
            return first
        row = self.rows.open_about(key)
        if row is None:
            return None
        lasted = self.clock.now() - row["created_at"]
        answer: JsonObject = {
            "thread_id": row["id"],
            "closed": True,
            "status": "completed",
            "duration_seconds": lasted.total_seconds(),
        }
        message = self._said(SYSTEM, f"{text}\n\nThis thread was open for {in_words(lasted)}.", run_id, effect_key)
        return await self.rows.close(row["id"], "completed", message, answer)

    def get(self, thread_id: str) -> Row:
        """The thread with its messages, oldest first, and its artifacts. Raises `NotFound`."""
        row = self.rows.get(thread_id)
        if row is None:
            raise NotFound(f"There is no thread {thread_id[:80]}.", cure="`opsbook threads list` shows the latest.")
        return row

    def latest(
        self, *, thread_type: str | None = None, status: str | None = None, run_id: str | None = None, limit: int = 50
    ) -> list[Row]:
        """The ones in which something happened last come first; `run_id`: those that this run wrote to."""
        return self.rows.latest(thread_type=thread_type, status=status, run_id=run_id, limit=limit)

    def _assignees(self, draft: ThreadDraft) -> list[str]:
        people = self.people.resolve(draft.assign_to, "assign_to") or self.people.owners()
        return [person.name for person in people]

    def _said(self, author: str, body: str, run_id: str | None, effect_key: str | None) -> Row:
        return {
            "id": self.ids.new("message"),
            "author": author,
            "body": body,
            "run_id": run_id,
            "effect_key": effect_key,
            "at": self.clock.now(),
        }


def in_words(lasted: timedelta) -> str:
    """`2 d 3 h`, `3 h 5 min`, `12 min`, `less than a minute`."""
    minutes = int(lasted.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {rest} min"
    return f"{minutes} min" if minutes else "less than a minute"


def _open_key(dedup_key: str | None) -> str | None:
    """The key as it is stored: a long one keeps its beginning and gets a digest for its end."""
    if not dedup_key:
        return None
    if len(dedup_key) <= LONGEST_KEY:
        return dedup_key
    return f"{dedup_key[: LONGEST_KEY - 65]}:{digest(dedup_key)}"


def _short(text: str, longest: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def _first_status(kind: str) -> str:
    return "pending_review" if kind in NEEDS_REVIEW else "draft"
