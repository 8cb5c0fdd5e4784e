"""What stands on the page of an approval: the question, its facts, the frozen content, and a form with two buttons.

Plain markup without a script; everything that is put into it is escaped here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from opsbook.inbox.invitations import until, words_of
from opsbook.records.rows import Row
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Json, JsonObject

PREFIX = "form."
MOST_LETTERS = 200  # on one page; the API and the command line have the rest


def question(row: Row, person: str, frozen: JsonObject) -> str:
    """The markup. Once it is decided, expired or void, it says so and has no form."""
    head = f"<p>{escape(row['message'])}</p>{_facts(row, person)}"
    if row["state"] != "pending":
        said = row["reason"] or ""
        return f"<p><strong>It is {escape(row['state'])}.</strong> {escape(said)}</p>{head}{_content(frozen)}"
    return f"{head}{_content(frozen)}{_form(row)}"


def answers_in(given: Mapping[str, str], row: Row) -> dict[str, Json]:
    """What the form's texts are by the declared types; a field that was left empty is not given.

    Raises `InvalidInput` for a text that is none of its type.
    """
    found: dict[str, Json] = {}
    for name, text in given.items():
        kind = row["form"].get(name, {}).get("type", "string")
        if text.strip() or kind == "boolean":
            found[name] = _typed(name, kind, text)
    return found


def _typed(name: str, kind: str, text: str) -> Json:
    if kind == "string":
        return text
    if kind == "boolean":
        return text == "true"
    try:
        found: Any = json.loads(text)
    except ValueError:
        raise InvalidInput(f"{name} is no {kind}.", field=name, cure=f"Write a {kind}.") from None
    return found  # type: ignore[no-any-return]


def _facts(row: Row, person: str) -> str:
    facts = {name.replace("_", " "): str(fact) for name, fact in row["facts"].items() if fact is not None}
    facts |= {"you decide as": person, "until": until(row), "digest": row["digest"]}
    if row["quorum"] > 1:
        facts["needs"] = f"{row['quorum']} persons who approve"
    return "".join(
        f"<p>{escape(name.capitalize())}: <strong>{escape(fact)}</strong></p>" for name, fact in facts.items()
    )


def _content(frozen: JsonObject) -> str:
    texts = words_of(frozen, MOST_LETTERS)
    messages: Any = frozen.get("messages") or []
    left = len(messages) - MOST_LETTERS
    more = f"<p>{left} more letters: opsbook approvals show --json</p>" if left > 0 else ""
    return "".join(f"<hr><p>{_lines(text)}</p>" for text in texts) + more


def _lines(text: str) -> str:
    return "<br>".join(escape(line) for line in text.splitlines())


def _form(row: Row) -> str:
    fields = "".join(_field(name, declared) for name, declared in row["form"].items())
    digest = escape(row["digest"], quote=True)
    return (
        f'<hr><form method="post"><input type="hidden" name="digest" value="{digest}">{fields}'
        '<p><label>Note; a rejection needs its reason<br><textarea name="note" rows="3" cols="40" maxlength="2000">'
        "</textarea></label></p>"
        '<p><button type="submit" name="decision" value="approved">Approve</button> '
        '<button type="submit" name="decision" value="rejected">Reject</button></p></form>'
    )


def _field(name: str, declared: Mapping[str, Any]) -> str:
    told = escape(declared.get("description") or name)
    key, default = escape(f"{PREFIX}{name}", quote=True), declared.get("default")
    if declared["type"] == "boolean":
        chosen = " selected" if default is True else ""
        choices = f'<option value="false">no</option><option value="true"{chosen}>yes</option>'
        return f'<p><label>{told}<br><select name="{key}">{choices}</select></label></p>'
    text = "" if default is None else default if isinstance(default, str) else json.dumps(default)
    value = escape(text, quote=True)
    return f'<p><label>{told} ({declared["type"]})<br><input name="{key}" value="{value}"></label></p>'
