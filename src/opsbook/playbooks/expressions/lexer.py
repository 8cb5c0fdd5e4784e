"""Source to tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass

from opsbook.playbooks.expressions.numbers import settled
from opsbook.playbooks.expressions.source import refusal

LONGEST = 4096  # bytes of source

TEXT = r""""(?:[^"\\\n\r]|\\[^\n\r\u2028\u2029])*"|'(?:[^'\\\n\r]|\\[^\n\r\u2028\u2029])*'"""
_TOKEN = re.compile(
    rf"""(?P<space>[ \t\r\n]+)
    |(?P<number>(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
    |(?P<name>[A-Za-z_$][A-Za-z0-9_$]*)
    |(?P<text>{TEXT})
    |(?P<sign>=>|--|===|!==|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?![0-9])|[-+*/%<>!?:.,()\[\]{{}}|])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_FORBIDDEN = {
    "`": "Template literals are not in the language.",
    ";": "An expression is one expression: there is no `;`.",
    "=": "There is no assignment.",
    "&": "There is no `&`.",
    "^": "There is no `^`.",
    "~": "There is no `~`.",
}


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is number, name, text, sign or end; `value` is the token's meaning."""

    kind: str
    value: str | int | float
    at: int


def tokens(source: str, start: int = 0, end: int | None = None) -> list[Token]:
    """The tokens of the source, or of a part of it, with an end token last. Raises `InvalidDefinition`."""
    end = len(source) if end is None else end
    if len(source[start:end].encode("utf-8", "replace")) > LONGEST:
        raise refusal(source, start, f"The expression is longer than {LONGEST:,} bytes.", code="too_long")
    found: list[Token] = []
    at = start
    while at < end:
        match = _TOKEN.match(source, at, end)
        if match is None:
            raise _unread(source, at)
        kind = str(match.lastgroup)
        if kind == "number":
            found.append(Token(kind, _number(source, match, end), at))
        elif kind == "text":
            found.append(Token(kind, _text(source, match[0][1:-1], at), at))
        elif kind != "space":
            found.append(Token(kind, match[0], at))
        at = match.end()
    found.append(Token("end", "", end))
    return found


def _number(source: str, match: re.Match[str], end: int) -> int | float:
    after = source[match.end() : min(match.end() + 1, end)]
    if after.isalnum() or after in ("_", "$"):
        raise refusal(source, match.start(), "This is not a number.", "Write decimal digits, such as 1250 or 0.05.")
    value = float(match[0])
    if value == float("inf"):
        raise refusal(source, match.start(), "The number is too large.")
    return settled(value)


def _text(source: str, body: str, at: int) -> str:
    if "\\" not in body:
        return body

    def meaning(match: re.Match[str]) -> str:
        braced, four, two, simple = match.groups()
        if simple is None:
            code = int(braced or four or two, 16)
            if code > 0x10FFFF:
                raise refusal(source, at, "The escape names no character.")
            return chr(code)
        octal = simple == "0" and body[match.end() : match.end() + 1].isdigit()
        if octal or simple in "ux" or (simple.isdigit() and simple != "0"):
            raise refusal(source, at, "The escape in this text cannot be read.")
        return _SIMPLE.get(simple, simple)

    text = _ESCAPE.sub(meaning, body)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _unread(source: str, at: int) -> Exception:
    char = source[at]
    if char in "\"'":
        return refusal(source, at, "This text is not closed.", f"Close it with {char}.")
    sentence = _FORBIDDEN.get(char, "This character has no meaning here.")
    return refusal(source, at, sentence, "Write == to compare." if char == "=" else "")
