"""Doubles that ship with the product, for the tests of plug-ins: systems that answer without a network.

desk = FakeSystem({"GET /v1/things": json_answer({"things": []})})
http = HttpClient(transport=desk, clock=clock)
...
assert desk.sent[0].headers["authorization"] == "Bearer made-up"
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.http import Answer, Sent
from opsbook.sdk.values import Json

Scripted: TypeAlias = "Answer | Exception | Sequence[Answer | Exception]"


def json_answer(value: Json, status: int = 200, **headers: str) -> Answer:
    """An answer with a JSON body; `retry_after="30"` becomes the header `retry-after`."""
    lines = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, json.dumps(value).encode(), {"content-type": "application/json", **lines})


@dataclass
class FakeSystem:
    """Answers by `METHOD /path`; `*` is any other request. A list is given out in turn, its last answer for ever.

    An exception among the answers is raised where the network would raise it: `ConnectionRefusedError()` refuses,
    `TimeoutError()` stays silent after the request. `sent` holds what was asked, in order. A request that nobody
    scripted is a mistake of the test: `NeverWorks`.
    """

    answers: Mapping[str, Scripted]
    sent: list[Sent] = field(default_factory=list)
    _turns: dict[str, Iterator[Answer | Exception]] = field(default_factory=dict)

    def __call__(self, sent: Sent) -> Answer:
        self.sent.append(sent)
        asked = f"{sent.method} {urlsplit(sent.url).path}"
        key = asked if asked in self.answers else "*"
        if key not in self.answers:
            raise NeverWorks(f"Nobody scripted an answer to {asked}.", code="not_scripted")
        answer = next(self._turns.setdefault(key, _in_turn(self.answers[key])))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def query(self, index: int = -1) -> dict[str, str]:
        """The query of a request, the last one by default."""
        return dict(parse_qsl(urlsplit(self.sent[index].url).query, keep_blank_values=True))

    def json(self, index: int = -1) -> Json:
        """The JSON body of a request, the last one by default."""
        found: Json = json.loads(self.sent[index].body)
        return found

    def form(self, index: int = -1) -> dict[str, str]:
        """The form fields of a request, the last one by default."""
        return dict(parse_qsl(self.sent[index].body.decode(), keep_blank_values=True))


def _in_turn(answers: Scripted) -> Iterator[Answer | Exception]:
    listed = [answers] if isinstance(answers, Answer | Exception) else list(answers)
    yield from listed
    while True:
        yield listed[-1]
