"""Texts as JavaScript has them: sequences of UTF-16 units. An emoji is two long, and sorts by its first half.

Whatever walks through a text in units is charged here first; texts in ASCII need no walk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from opsbook.playbooks.expressions.budget import Budget

WHITE = (
    "\t\n\x0b\x0c\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")
_MARK = re.compile(r"\$[$&`']")


def units(text: str, budget: Budget) -> bytes:
    """Two bytes for each unit, high byte first: such texts compare as JavaScript's do."""
    budget.look(4 * len(text))
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError:
        budget.spend(4 * len(text))
        return text.encode("utf-16-be", "surrogatepass")


def whole(data: bytes, budget: Budget) -> str:
    """The text of these units; halves that found each other become one character again."""
    budget.look(2 * len(data))
    try:
        return data.decode("utf-16-be")
    except UnicodeDecodeError:
        budget.spend(2 * len(data))
        return data.decode("utf-16-be", "surrogatepass")


def weight(text: str) -> int:
    """Bytes that the text takes at most."""
    return len(text) if text.isascii() else 4 * len(text)


def length(text: str, budget: Budget) -> int:
    return len(text) if text.isascii() else len(units(text, budget)) // 2


def cut(text: str, start: int, end: int, budget: Budget) -> str:
    """The units from `start` up to `end`, both within the text."""
    if end <= start:
        return ""
    budget.grow(end - start)
    if text.isascii():
        return text[start:end]
    return whole(units(text, budget)[2 * start : 2 * end], budget)


def mended(text: str, budget: Budget) -> str:
    """A text that was put together: halves that became neighbours are one character again."""
    if text.isascii():
        return text
    budget.look(4 * len(text))
    if _PAIR.search(text) is None:
        return text
    budget.spend(4 * len(text))
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


def joined(parts: Iterable[str], between: str, budget: Budget) -> str:
    """All parts, with the text between them."""
    found = list(parts)
    wide = 1 if between.isascii() and all(map(str.isascii, found)) else 4
    budget.grow(wide * (sum(map(len, found)) + len(between) * len(found)))
    return mended(between.join(found), budget)


def less(left: str, right: str, budget: Budget) -> bool:
    if left.isascii() and right.isascii():
        budget.look(min(len(left), len(right)))
        return left < right
    return units(left, budget) < units(right, budget)


def halved(text: str) -> bool:
    """Whether the text holds half of a character, which other texts may hold inside a whole one."""
    return not text.isascii() and _HALF.search(text) is not None


def apart(text: str, budget: Budget) -> str:
    """The text with each unit as a character of its own, for Python's own methods; `mended` undoes it."""
    data = units(text, budget)
    if len(data) == 2 * len(text):
        return text
    budget.grow(6 * len(data))
    budget.spend(len(data) // 2)
    spread = bytearray(2 * len(data))
    spread[2::4], spread[3::4] = data[0::2], data[1::2]
    return spread.decode("utf-32-be", "surrogatepass")


def index(text: str, part: str, start: int, budget: Budget) -> int:
    """`indexOf`, in units; -1 when the part is not there."""
    budget.look(len(text) + len(part))
    if text.isascii():
        return text.find(part, start) if part else min(start, len(text))
    if not part:
        return min(start, length(text, budget))
    return apart(text, budget).find(apart(part, budget), start)


def holds(text: str, part: str, budget: Budget) -> bool:
    """`includes`."""
    budget.look(len(text) + len(part))
    return apart(part, budget) in apart(text, budget) if halved(part) else part in text


def replaced(text: str, old: str, new: str, everywhere: bool, budget: Budget) -> str:
    """`replace` and `replaceAll` with a text pattern; `$$ $& $` $'` in the new text mean what they mean there."""
    budget.look(2 * len(text))
    if (not old and not text.isascii()) or halved(old):
        text, old = apart(text, budget), apart(old, budget)
    times = text.count(old) if everywhere else int(old in text)
    quoted = new.count("$&") * len(old) + (new.count("$`") + new.count("$'")) * len(text)
    wide = 1 if text.isascii() and new.isascii() else 4
    budget.grow(wide * (len(text) + times * (len(new) + quoted)))
    if "$" not in new:
        return mended(text.replace(old, new, times), budget)
    budget.spend(times * (8 + 4 * new.count("$")))
    out, start = [], 0
    for _ in range(times):
        found = text.index(old, start)
        out += [text[start:found], _expanded(new, old, text, found)]
        start = found + len(old)
        if not old:
            out.append(text[found : found + 1])
            start = found + 1
    out.append(text[start:])
    return mended("".join(out), budget)


def _expanded(new: str, old: str, text: str, found: int) -> str:
    def meaning(mark: re.Match[str]) -> str:
        if mark[0] == "$$":
            return "$"
        if mark[0] == "$&":
            return old
        return text[:found] if mark[0] == "$`" else text[found + len(old) :]

    return _MARK.sub(meaning, new)
