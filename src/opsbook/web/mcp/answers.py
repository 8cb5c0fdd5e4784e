"""How an answer looks in the protocol: structured, bounded, and a refusal with its cause and its cure."""

from __future__ import annotations

from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel

from opsbook.sdk.errors import InvalidInput, OpsbookError, RetryLater

MOST_CHARACTERS = 200_000  # of an answer, as JSON


def answered(value: BaseModel) -> CallToolResult:
    """The value as structured content, and as the same JSON in text for clients that read no other.

    Raises `InvalidInput` (`too_large`) for more than `MOST_CHARACTERS`.
    """
    text = value.model_dump_json()
    if len(text) > MOST_CHARACTERS:
        cure = "Ask for less: a narrower question, a smaller limit."
        raise InvalidInput(f"The answer is longer than {MOST_CHARACTERS} characters.", cure=cure, code="too_large")
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=value.model_dump(mode="json")
    )


def refused(error: OpsbookError) -> CallToolResult:
    """An error of the tool: what is wrong, what to do, and the stable code. Never a trace, never a value of a run."""
    text = f"{error} ({error.code})"
    if isinstance(error, RetryLater) and error.after_seconds:
        text += f" Ask again in {error.after_seconds:.0f} s."
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)


def broken(error: Exception) -> CallToolResult:
    """A fault of ours: only its kind is told."""
    text = f"Something broke here ({type(error).__name__}). The server's log has the rest. (internal)"
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)
