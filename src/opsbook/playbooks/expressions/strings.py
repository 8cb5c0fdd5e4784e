"""Texts as JavaScript has them: sequences of UTF-16 units. An emoji is two long, and sorts by its first half."""

from __future__ import annotations

WHITE = "\t\n\x0b\x0c\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def units(text: str) -> bytes:
    """Two bytes for each unit, high byte first: such texts compare as JavaScript's do."""
    return text.encode("utf-16-be", "surrogatepass")


def whole(data: bytes) -> str:
    """The text of these units; halves that found each other become one character again."""
    return data.decode("utf-16-be", "surrogatepass")


def narrow(text: str) -> bool:
    """Whether every character is one unit, so that Python's own indices serve."""
    return text.isascii() or max(text) < "\U00010000"


def length(text: str) -> int:
    return len(text) if text.isascii() else len(units(text)) // 2


def cut(text: str, start: int, end: int) -> str:
    """The units from `start` up to `end`, both within the text."""
    if end <= start:
        return ""
    return text[start:end] if text.isascii() or narrow(text) else whole(units(text)[2 * start : 2 * end])


def joined(left: str, right: str) -> str:
    """Both texts, one after the other."""
    both = left + right
    if left and right and "\ud800" <= left[-1] <= "\udbff" and "\udc00" <= right[0] <= "\udfff":
        return whole(units(both))
    return both


def order(text: str) -> bytes | str:
    """A key that sorts as JavaScript sorts."""
    return units(text)


def less(left: str, right: str) -> bool:
    if left.isascii() and right.isascii():
        return left < right
    return units(left) < units(right)


def index(text: str, part: str, start: int = 0) -> int:
    """`indexOf`, in units."""
    if not part:
        return min(start, length(text))
    if narrow(text) if text else True:
        return text.find(part, start)
    data, wanted = units(text), units(part)
    at = data.find(wanted, 2 * start)
    while at > 0 and at % 2:
        at = data.find(wanted, at + 1)
    return at if at < 0 else at // 2


def replaced(text: str, old: str, new: str, everywhere: bool) -> str:
    """`replace` and `replaceAll` with a text pattern; `$$ $& $` $'` in the new text mean what they mean there."""
    if "$" not in new:
        return text.replace(old, new) if everywhere else text.replace(old, new, 1)
    out, start = [], 0
    while (found := text.find(old, start)) >= 0:
        out += [text[start:found], _expanded(new, text, found, old)]
        if not old:
            if found >= len(text) or not everywhere:
                start = found
                break
            out.append(text[found])
            start = found + 1
        else:
            start = found + len(old)
        if not everywhere:
            break
    return "".join(out) + text[start:]


def _expanded(new: str, text: str, found: int, old: str) -> str:
    marks = {"$": "$", "&": old, "`": text[:found], "'": text[found + len(old) :]}
    out, index = [], 0
    while index < len(new):
        if new[index] == "$" and index + 1 < len(new) and new[index + 1] in marks:
            out.append(marks[new[index + 1]])
            index += 2
        else:
            out.append(new[index])
            index += 1
    return "".join(out)
