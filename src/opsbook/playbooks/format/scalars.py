"""How single values are written."""

from __future__ import annotations

import re
from typing import Any

from opsbook.playbooks.text.nodes import Node
from opsbook.playbooks.text.scalars import is_plain

WIDTH = 120
_FIRST = re.compile(r"""[^\s\-?:,\[\]{}#&*!|>'"%@`]|-(?=[^\s,\[\]{}-])""")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_NOT_PLAIN = re.compile(r":(?:\s|$)|\s#|\s$")
_NOT_IN_FLOW = re.compile(r"[,\[\]{}]|:(?=[\"'])")
_OTHERWISE = re.compile(  # what another reader might take for something else than a text
    r"(?:y|n|yes|no|on|off)|[-+]?[0-9][0-9_]*|[-+]?[0-9_]*\.[0-9_]*(?:e[-+]?[0-9]+)?|0[xob][0-9a-f_]+|"
    r"[-+]?\.(?:inf|nan)|\.nan|[0-9]+(?::[0-9]+)+(?:\.[0-9]*)?|\d{4}-\d\d?-\d\d?(?:[Tt ].*)?|=",
    re.IGNORECASE,
)


def written(value: Any, *, flow: bool = False, key: bool = False, quoted: bool = False) -> str:
    """A value on one line. `quoted`: the author wanted a text in quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if not quoted and may_stand_plain(value, flow=flow, key=key):
        return str(value)
    return in_quotes(value)


def may_stand_plain(text: str, *, flow: bool = False, key: bool = False) -> bool:
    """Whether the text needs no quotes."""
    if _FIRST.match(text) is None or _UNSAFE.search(text) or _NOT_PLAIN.search(text) or not is_plain(text):
        return False
    if flow and _NOT_IN_FLOW.search(text):
        return False
    if text == "<<" or text.startswith("..."):
        return False
    return len(text) <= 100 if key else _OTHERWISE.fullmatch(text) is None


def in_quotes(text: str) -> str:
    """Double quotes; single ones where that spares backslashes."""
    if ('"' in text or "\\" in text) and "'" not in text and _UNSAFE.search(text) is None:
        return f"'{text}'"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + _UNSAFE.sub(_escape, escaped) + '"'


def literal(text: str) -> tuple[str, list[str]] | None:
    """A text of several lines as a `|` block: its header and its lines, or None when it cannot be one."""
    if "\n" not in text or _UNSAFE.search(text.replace("\n", "").replace("\t", "")) or text[0] in " \n\t":
        return None
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    if not body:
        return None
    lines = body.split("\n") + [""] * (ends - 1)
    return {0: "|-", 1: "|"}.get(ends, "|+"), lines


def folded(node: Node, source: str, text: str, room: int) -> tuple[str, list[str]] | None:
    """A long text of one line as a `>-` block: the author's own lines where they were such, else lines that fit."""
    body = text.removesuffix("\n")
    if "\n" in body or not body or body != body.strip(" ") or _UNSAFE.search(body) or "\t" in body:
        return None
    header = ">" if text.endswith("\n") else ">-"
    if node.style == ">":
        lines = [line.strip() for line in source[node.start : node.end].split("\n")[1:] if line.strip()]
        if " ".join(lines) == body and all(len(line) <= room for line in lines):
            return header, lines
    if len(text) <= room and node.style != ">":
        return None
    lines = _wrapped(body, room)
    return (header, lines) if " ".join(lines) == body and len(lines) > 1 else None


def _wrapped(text: str, room: int) -> list[str]:
    lines, line = [], ""
    for word in re.split(r"(?<=[^ ]) (?=[^ ])", text):
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
