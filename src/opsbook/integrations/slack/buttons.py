"""Buttons below a message: how Slack is told of them, and what one that was pressed says."""

from __future__ import annotations

from opsbook.integrations._verdicts import at
from opsbook.sdk.effects import Button
from opsbook.sdk.hook import Press
from opsbook.sdk.values import Json, JsonObject

PREFIX = "opsbook_"  # of the action ids that are ours
LONGEST_SECTION = 2900  # characters; Slack takes 3,000
TEAM = "team.id"


def blocks(text: str, buttons: tuple[Button, ...]) -> Json:
    """The message's text in sections, and the buttons below it, each of which asks again before it acts."""
    parts = [text[start : start + LONGEST_SECTION] for start in range(0, len(text), LONGEST_SECTION)]
    sections: list[Json] = [{"type": "section", "text": {"type": "mrkdwn", "text": part}} for part in parts]
    return [*sections, {"type": "actions", "elements": [_element(one) for one in buttons]}]


def press_in(body: JsonObject, team: str | None) -> Press | None:
    """What a delivery says of one of our buttons; None for anything else, or from another workspace than `team`."""
    actions = body.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else None
    action, value = at(first, "action_id"), at(first, "value")
    user = at(body, "user.id")
    if not (isinstance(action, str) and action.startswith(PREFIX) and isinstance(user, str) and isinstance(value, str)):
        return None
    if team is not None and at(body, TEAM) != team:
        return None
    return Press(action.removeprefix(PREFIX), value, user)


def _element(button: Button) -> Json:
    style: JsonObject = {"style": button.style} if button.style else {}
    return {
        "type": "button",
        "action_id": f"{PREFIX}{button.action}",
        "text": {"type": "plain_text", "text": button.label},
        "value": button.value,
        "confirm": {
            "title": {"type": "plain_text", "text": f"{button.label}?"},
            "text": {"type": "plain_text", "text": "A decision is made once."},
            "confirm": {"type": "plain_text", "text": button.label},
            "deny": {"type": "plain_text", "text": "Not yet"},
        },
        **style,
    }
