"""What those who may decide are told: what it is about, how many it reaches, the content itself, and how to decide.

The words depend on the approval and on the moment alone, so that a repeat after a crash says the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from opsbook.inbox.deadlines import is_last
from opsbook.records.rows import Row
from opsbook.sdk.effects import Button
from opsbook.sdk.values import JsonObject
from opsbook.sdk.work import Message

SUBJECTS = {"asked": "Your decision is needed", "reminder": "Still to be decided", "escalated": "Now up to you"}
LONGEST_PROOF = 3000  # characters of the content in a message; the whole of it is behind the link
FACTS = {"left_out": "left out"}


def invitation(
    row: Row, moment: str, channels: tuple[str, ...], to: tuple[str, ...], frozen: JsonObject, link: str | None
) -> Message:
    """`moment` is `asked`, `reminder` or `escalated`; `frozen` the manifest, at least its first message."""
    blocks = [row["message"], _facts(row), _proof(row, frozen), _how(row, link)]
    return Message(
        channels,
        to,
        f"{SUBJECTS[moment]}: {_line(row['title'])}"[:200],
        "\n\n".join(block for block in blocks if block),
        source={"approval_id": row["id"]},
        buttons=() if any(one.get("required") for one in row["form"].values()) else _buttons(row),
        about=f"approval:{row['id']}",
    )


def words_of(frozen: JsonObject, most: int) -> list[str]:
    """What is decided about as plain texts: so many letters of a campaign at most, or a step's value."""
    messages: Any = frozen.get("messages") or []
    if messages:
        return [f"To: {one['recipient']}\nSubject: {one['subject']}\n\n{one['body']}" for one in messages[:most]]
    value = frozen.get("value")
    if value is None or value == "":
        return []
    return [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)]


def instant(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def until(row: Mapping[str, Any]) -> str:
    """When it is to be decided, and what happens then."""
    after = {"remind": "then you are reminded", "escalate": "then others are asked as well"}
    then = "then it expires" if is_last(row) else after.get(row["on_deadline"], "then it expires")
    return f"{instant(row['deadline'])}, {then}"


def commands(approval_id: str) -> tuple[str, str]:
    """How to approve and how to reject at the command line."""
    return f"opsbook approve {approval_id}", f'opsbook reject {approval_id} --reason "…"'


def _facts(row: Row) -> str:
    lines = [(FACTS.get(name, name), fact) for name, fact in row["facts"].items() if fact is not None]
    if row["quorum"] > 1:
        lines.append(("needs", f"{row['quorum']} persons who approve"))
    lines += [("decide until", until(row)), ("digest", row["digest"])]
    return "\n".join(f"* {name.capitalize()}: {fact}" for name, fact in lines)


def _proof(row: Row, frozen: JsonObject) -> str:
    content = next(iter(words_of(frozen, 1)), "")
    if not content:
        return ""
    cut = f"{content[:LONGEST_PROOF]}\n(The rest is left out here.)" if len(content) > LONGEST_PROOF else content
    number = row["facts"].get("recipients")
    head = f"The first of {number} letters:" if isinstance(number, int) and number > 1 else "The content:"
    return f"{head}\n\n" + "\n".join(f"    {line}".rstrip() for line in cut.splitlines())  # code: nothing in it acts


def _how(row: Row, link: str | None) -> str:
    approve, reject = commands(row["id"])
    here = f"To decide, open this page, which shows all of it and asks again: <{link}>\n\n" if link else ""
    return f"{here}At the command line:\n\n    opsbook approvals show {row['id']}\n    {approve}\n    {reject}"


def _buttons(row: Row) -> tuple[Button, ...]:
    """For a channel that has them; where a form must be filled in there are none."""
    value = f"{row['id']} {row['digest']}"
    return (Button("approve", "Approve", value, "primary"), Button("reject", "Reject", value, "danger"))


def _line(text: str) -> str:
    return " ".join(text.split())
