"""Takes out of a text what people cannot see and what looks like a mark of ours. Pure."""

from __future__ import annotations

import re
import unicodedata

MOST = 400  # characters of one text of somebody else's that a model may see
MOST_MARKS = 2  # accents on one letter; more of them only hide something
_SELECTORS = frozenset([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), 0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0])
_KEPT = frozenset("(){}‚„")
_BLANK = frozenset(("Cc", "Zl", "Zp", "Zs"))
_UNSEEN = frozenset(("Cf", "Co", "Cn", "Cs"))


def visible(text: str) -> str:
    """The text on one line without what is not seen: control and direction marks, zero-width and tag characters.

    Letters stay as they are, so that a name is still the name that it was.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join("".join(_seen(character) for character in text).split())


def cleaned(text: str, most: int = MOST) -> str:
    """The text as a model may see it: visible, in its plainest letters, without brackets that read as a token.

    `[[f1]]`, `⟦f1⟧` and whatever else opens like a token come in round brackets, quotation marks of ours as plain ones.
    At most `most` characters; what is cut off ends in an ellipsis.
    """
    plain = visible(unicodedata.normalize("NFKC", visible(text[: 4 * most])))
    shown = re.sub(r"\s+", " ", "".join(_without_stacks(_unbracketed(plain)))).strip()
    return shown if len(shown) <= most and len(text) <= 4 * most else f"{shown[: most - 1].rstrip()}…"


def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BLANK:
        return " "
    return "" if category in _UNSEEN or ord(character) in _SELECTORS else character


def _unbracketed(text: str) -> str:
    return "".join(
        character if character.isascii() and character not in "[]" else _turned(character) for character in text
    )


def _turned(character: str) -> str:
    if character in _KEPT:
        return character
    category = unicodedata.category(character)
    if category in ("Ps", "Pe"):
        return "(" if category == "Ps" else ")"
    return '"' if category in ("Pi", "Pf") and character in "«»‹›" else character


def _without_stacks(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MOST_MARKS:
            kept.append(character)
    return kept
