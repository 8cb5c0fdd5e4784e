"""How requests and answers are kept, and how a conversation is read from what is kept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)

from opsbook.agents.transcript import Turn, exchanges, messages_of, printable, turns_of
from opsbook.sdk.redaction import Redactor

ODD = 'a\u00a0b\u200dc \U0001f469\u200d\U0001f680 ä "quoted" \\ \x7f\n\ttab'


def kept(*messages: ModelMessage) -> str:
    return printable(ModelMessagesTypeAdapter.dump_json(list(messages)).decode())


def row(asked: str, answered: str | None, path: str = "steps/0", **more: Any) -> dict[str, Any]:
    none = dict.fromkeys(("id", "purpose", "state", "asked_at", "answered_at", "error", "micros", "input_tokens"))
    return {**none, "output_tokens": None, "model": "m", "agent": "leo", "path": path, "asked": asked} | {
        "answered": answered,
        **more,
    }


def test_no_character_is_lost_on_the_way_through_the_redactor() -> None:
    redactor = Redactor()
    redactor.learn(["hunter-secret", "geheim-\u00fc-key"])
    text = kept(ModelRequest([UserPromptPart(f"{ODD} hunter-secret and geheim-\u00fc-key")]))
    clean = redactor.clean(text)
    assert messages_of(clean)[0]["parts"][0]["content"] == f"{ODD} *** and ***"
    assert text.isprintable()


@pytest.mark.parametrize("text", ["", "plain", ODD, "\U0001f469" * 3])
def test_what_is_kept_reads_as_what_was_said(text: str) -> None:
    assert json.loads(printable(json.dumps(text, ensure_ascii=False))) == text


def test_every_kind_of_turn_is_told_by_who_said_it() -> None:
    text = kept(
        ModelRequest([UserPromptPart("How is mail?")], instructions="You are Leo."),
        ModelResponse([ThinkingPart("Hm."), ToolCallPart("latency", {"of": "mail"})]),
        ModelRequest([ToolReturnPart("latency", {"ms": 120}, "c1")], instructions="You are Leo."),
        ModelResponse([ToolCallPart("latency", {"of": "moon"})]),
        ModelRequest([ToolReturnPart("latency", "There is no moon.", "c2", outcome="retried")]),
        ModelResponse([TextPart("It is well."), TextPart("")]),
    )
    assert turns_of(text) == [
        Turn("instructions", "You are Leo."),
        Turn("asked", "How is mail?"),
        Turn("thought", "Hm."),
        Turn("tool call", 'latency({"of": "mail"})'),
        Turn("tool result", 'latency: {"ms": 120}'),
        Turn("tool call", 'latency({"of": "moon"})'),
        Turn("sent back", "latency: There is no moon."),
        Turn("answered", "It is well."),
    ]


def test_a_request_tells_only_what_is_new_in_it_and_another_piece_of_work_begins_anew() -> None:
    first, answer = ModelRequest([UserPromptPart("One?")]), ModelResponse([TextPart("Yes.")])
    second = ModelRequest([UserPromptPart("Two?")])
    rows = [
        row(kept(first), None, error="HTTP 529"),
        row(kept(first), kept(answer)),
        row(kept(first, answer, second), kept(ModelResponse([TextPart("No.")]))),
        row(kept(first), None, path="steps/1"),
    ]
    told = [[turn.text for turn in one.turns] for one in exchanges(rows)]
    assert told == [["One?"], ["Yes."], ["Two?", "No."], ["One?"]]
