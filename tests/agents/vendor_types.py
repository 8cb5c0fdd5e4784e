"""Holds a request against the types that a vendor's own client is written with: what is wrong with it, in words.

The clients check nothing at run time, and the emulator takes anything: these types are the only judge on this machine.
Anthropic's are typed dictionaries, and to those a misspelt name is no fault: what reading has dropped is looked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from anthropic.types.beta import message_create_params as claude
from google.genai import types as gemini
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

CLAUDE = TypeAdapter(claude.MessageCreateParamsNonStreaming)  # kept: what it gives out lazily refers to it
OPEN = frozenset({"input_schema", "schema", "input"})  # whose content is the caller's own
CLAUDE_STREAM = TypeAdapter(claude.MessageCreateParamsStreaming)


class GeminiRequest(BaseModel):
    """The body of `generateContent`: the client has types for its parts only."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)

    contents: list[gemini.Content]
    system_instruction: gemini.Content | None = None
    generation_config: gemini.GenerationConfig | None = None
    tools: list[gemini.Tool] | None = None
    tool_config: gemini.ToolConfig | None = None
    safety_settings: list[gemini.SafetySetting] | None = None


def faults_of_claude(body: Mapping[str, Any]) -> list[str]:
    """What Anthropic's types do not allow in a body of `POST /v1/messages`."""
    adapter = CLAUDE_STREAM if body.get("stream") else CLAUDE
    try:
        read = _whole(adapter.validate_python(body))
    except ValidationError as error:
        return _told(error)
    return [f"{place}: nobody reads it" for place in _lost(body, read)]


def faults_of_gemini(body: Mapping[str, Any]) -> list[str]:
    """What Google's types do not allow in a body of `generateContent`."""
    try:
        GeminiRequest.model_validate(body)  # every model of Google's refuses what it does not know
    except ValidationError as error:
        return _told(error)
    return []


def _told(error: ValidationError) -> list[str]:
    return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False)]


def _whole(value: Any) -> Any:
    """The value with all that is read lazily read: only then are the parts of a list checked."""
    if isinstance(value, Mapping):
        return {name: _whole(one) for name, one in value.items()}
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        return value
    return [_whole(one) for one in value]


def _lost(sent: Any, read: Any, place: str = "") -> Iterator[str]:
    """Where something stands in `sent` that reading it has dropped."""
    if isinstance(sent, Mapping) and isinstance(read, Mapping):
        for name, value in sent.items():
            if name not in read:
                yield f"{place}.{name}".lstrip(".")
            elif name not in OPEN:
                yield from _lost(value, read[name], f"{place}.{name}")
    elif isinstance(sent, list) and isinstance(read, list):
        for number, (one, other) in enumerate(zip(sent, read, strict=True)):
            yield from _lost(one, other, f"{place}.{number}")
