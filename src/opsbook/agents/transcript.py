"""What was asked of models in a run and what they answered, as it is kept and as people read it. Pure.

A request is kept as the JSON of its messages, in the form that the library of agents gives them, an answer as a list of
one such message. Both went through the redactor before they were stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from opsbook.sdk.values import Json, JsonObject, plain

ROLES = {
    "system-prompt": "instructions",
    "user-prompt": "asked",
    "retry-feedback": "sent back",
    "tool-return": "tool result",
    "text": "answered",
    "tool-call": "tool call",
    "thinking": "thought",
}
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True)
class Turn:
    """One thing that was said. `role` is one of `ROLES`' values."""

    role: str
    text: str

    def as_json(self) -> JsonObject:
        return {"role": self.role, "text": self.text}


@dataclass(frozen=True)
class Exchange:
    """One request: the columns of its row that say how it stands, and what was new in it.

    What an earlier request of the same piece of work had said already is not repeated.
    """

    row: Mapping[str, Any]
    turns: Sequence[Turn] = field(default_factory=tuple)

    def as_json(self) -> JsonObject:
        shown = ("id", "path", "agent", "purpose", "model", "state", "asked_at", "answered_at", "error")
        micros = self.row["micros"]
        return {
            **{name: plain(self.row[name]) for name in shown},
            "tokens_in": self.row["input_tokens"],
            "tokens_out": self.row["output_tokens"],
            "usd": None if micros is None else micros / 1_000_000,
            "turns": [turn.as_json() for turn in self.turns],
        }


def printable(text: str) -> str:
    """JSON of which no character is lost where texts are kept on one line of printable characters."""
    if text.isascii() and text.isprintable():
        return text
    return _UNPRINTABLE.sub(lambda found: json.dumps(found[0])[1:-1], text)


def exchanges(rows: Sequence[Mapping[str, Any]]) -> list[Exchange]:
    """The conversation of a run, in the order in which it was held."""
    told: dict[tuple[str, str], list[Turn]] = {}
    found = []
    for row in rows:
        before = told.setdefault((row["path"], row["agent"]), [])
        turns = [*turns_of(row["asked"]), *turns_of(row["answered"])]
        same = next((at for at, pair in enumerate(zip(before, turns, strict=False)) if pair[0] != pair[1]), None)
        new = turns[len(before) if same is None else same :]
        found.append(Exchange(row, tuple(new)))
        before[:] = turns
    return found


def turns_of(kept: str | None) -> list[Turn]:
    """Everything that was said in what is kept of a request or an answer; nothing where nothing is kept."""
    instructions = None
    found: list[Turn] = []
    for message in messages_of(kept):
        if (said := message.get("instructions")) and said != instructions:
            instructions = said
            found.append(Turn("instructions", str(said)))
        found += [Turn(_role(part), _said(part)) for part in message["parts"] if _told(part)]
    return found


def messages_of(kept: str | None) -> list[Any]:
    """The messages of a request or an answer as plain JSON."""
    return list(json.loads(kept)) if kept else []


def _role(part: Mapping[str, Any]) -> str:
    return "sent back" if part.get("outcome") == "retried" else ROLES[part["part_kind"]]


def _told(part: Mapping[str, Any]) -> bool:
    return part.get("part_kind") in ROLES and _said(part) != ""


def _said(part: Mapping[str, Any]) -> str:
    if part["part_kind"] == "tool-call":
        return f"{part['tool_name']}({_text(part['args'])})"
    text = _text(part.get("content"))
    return f"{part['tool_name']}: {text}" if part["part_kind"] == "tool-return" else text


def _text(content: Json) -> str:
    if isinstance(content, str):
        return content
    if isinstance(content, list) and all(isinstance(one, str) for one in content):
        return "\n".join(map(str, content))
    return "" if content is None else json.dumps(content, ensure_ascii=False)


def of_steps(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    """The requests of each piece of work, by its place in the run, in the order of the first request of each."""
    paths = dict.fromkeys(str(row["path"]) for row in rows)
    for path in paths:
        yield path, [row for row in rows if row["path"] == path]
