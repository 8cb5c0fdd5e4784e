"""Letta's archives as its server has them, as far as a memory asks: strict about what it is asked, oldest first."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from opsbook.sdk.exchange import Answer, Sent
from opsbook.sdk.testing import json_answer

ALLOWED = {
    "archive": {"name", "description", "embedding"},
    "passage": {"text", "tags", "metadata", "created_at"},
    "search": {"query", "agent_id", "archive_id", "tags", "tag_match_mode", "limit", "start_date", "end_date"},
}


@dataclass
class ArchivesDesk:
    """Answers as server 0.16.8 does. `fail` is answered or raised instead, by `METHOD /path`'s last word.

    With `lose` the passage is stored and its answer lost.
    """

    key: str | None = None
    archives: list[dict[str, Any]] = field(default_factory=list)
    passages: list[dict[str, Any]] = field(default_factory=list)
    fail: dict[str, Answer | Exception] = field(default_factory=dict)
    lose: bool = False
    asked: list[str] = field(default_factory=list)

    def __call__(self, sent: Sent) -> Answer:
        path = urlsplit(sent.url).path
        self.asked.append(f"{sent.method} {path}")
        if self.key is not None and sent.headers.get("authorization") != f"Bearer {self.key}":
            return json_answer({"detail": "Unauthorized"}, 401)
        failing = self.fail.get(f"{sent.method} {path.rstrip('/').rpartition('/')[2]}")
        if isinstance(failing, Exception):
            raise failing
        return failing or self._answer(sent, path)

    def _answer(self, sent: Sent, path: str) -> Answer:
        body = json.loads(sent.body) if sent.body else {}
        if (sent.method, path) == ("GET", "/v1/health/"):
            return json_answer({"version": "0.16.8", "status": "ok"})
        if (sent.method, path) == ("GET", "/v1/agents/"):
            return json_answer([])
        if (sent.method, path) == ("GET", "/v1/archives/"):
            query = parse_qs(urlsplit(sent.url).query)
            found = [one for one in self.archives if one["name"] == query["name"][0]]
            return json_answer(found[: int(query["limit"][0])])
        if (sent.method, path) == ("POST", "/v1/archives/"):
            assert set(body) <= ALLOWED["archive"]
            made = {"id": f"archive-{len(self.archives) + 1}", "name": body["name"]}
            self.archives.append(made)
            return json_answer(made)
        if (sent.method, path) == ("POST", "/v1/passages/search"):
            return self._search(body)
        archive = path.removeprefix("/v1/archives/").removesuffix("/passages")
        assert sent.method == "POST"
        if archive not in [one["id"] for one in self.archives]:
            return json_answer({"detail": "Archive not found"}, 404)
        return self._store(archive, body)

    def _store(self, archive: str, body: dict[str, Any]) -> Answer:
        assert set(body) <= ALLOWED["passage"]
        made = {**body, "id": f"passage-{len(self.passages) + 1}", "archive_id": archive}
        self.passages.append(made)
        if self.lose:
            raise TimeoutError
        return json_answer(made)

    def _search(self, body: dict[str, Any]) -> Answer:
        assert set(body) <= ALLOWED["search"]
        start, end = body.get("start_date"), body.get("end_date")
        found = [
            one
            for one in self.passages
            if body.get("archive_id") in (None, one["archive_id"])
            and (start is None or _at(start) <= _at(one["created_at"]))
            and (end is None or _at(one["created_at"]) <= _at(end))
        ]
        found = sorted(found, key=lambda one: _at(one["created_at"]))[: body["limit"]]
        if wanted := set(body.get("tags", ())):  # after the limit, as the real server has it
            found = [one for one in found if wanted & set(one["tags"])]
        return json_answer([{"passage": one, "score": 0.0, "metadata": {}} for one in found])


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
