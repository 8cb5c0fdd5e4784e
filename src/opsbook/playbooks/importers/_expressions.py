"""Guards and placeholders of the earlier systems, in our language.

Braces may stand inside or outside a comparison; `not`, `and`, `or` are words; `list | length > 0` and `| default(x)`
are pipes; `steps.s.outputs.k` is a step's output. Whatever is not understood is told, and never counts as true.
"""

from __future__ import annotations

import re

from opsbook.playbooks.expressions import parse, parse_template
from opsbook.sdk.errors import InvalidDefinition

_TEXT = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
_TOKEN = re.compile(rf"(?P<text>{_TEXT})|(?P<word>[A-Za-z_$][A-Za-z0-9_$]*)|(?P<other>.)", re.DOTALL)
_BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_LENGTH = re.compile(r"([A-Za-z_$][\w$.]*)\s*\|\s*(?:length|count|size)\b")
_DEFAULT = re.compile(r"([A-Za-z_$][\w$.]*)\s*\|\s*default\(\s*([^()]*?)\s*\)")
_SIMPLE = re.compile(r"!?\s*[\w$.]+")
_WORDS = {"and": "&&", "or": "||"}


def expression(source: str) -> str | None:
    """The expression in our language, or None when it cannot be understood."""
    text = source.strip()
    whole = _BRACES.fullmatch(text)
    text = whole[1].strip() if whole and "{{" not in whole[1] else _BRACES.sub(_unbraced, text)
    text = _LENGTH.sub(r"\1.length", text)
    text = _DEFAULT.sub(r"(\1 ?? \2)", text)
    text = _words(text).strip()
    text = re.sub(r"\bsteps\.(\w+)\.outputs\b", r"steps.\1.output", text)
    try:
        parse(text)
    except InvalidDefinition:
        return None
    return text


def template(source: str) -> str | None:
    """A text with its placeholders and blocks in our language, or None when it cannot be understood."""
    text, loops = source, []

    def opened(match: re.Match[str]) -> str:
        loops.append(match[1].strip())
        return f"{{% for item in {match[1].strip()} %}}"

    text = re.sub(r"\{\{#each\s+([^}]+)\}\}", opened, text)
    text = re.sub(r"\{\{/each\}\}", "{% endfor %}", text)
    text = re.sub(r"\{\{#if\s+([^}]+)\}\}", lambda match: f"{{% if {match[1].strip()} %}}", text)
    text = re.sub(r"\{\{\s*else\s*\}\}", "{% else %}", text)
    text = re.sub(r"\{\{/if\}\}", "{% endif %}", text)
    if loops:
        text = re.sub(r"\{\{\s*this\s*\}\}", "{{ item }}", text)
        text = re.sub(r"(\{[{%][^}%]*?)\bthis\.", r"\1item.", text)
    text = _BRACES.sub(_placeholder, text)
    try:
        parse_template(text)
    except InvalidDefinition:
        return None
    return text


def names_in(text: str) -> frozenset[str]:
    """The names that a text's placeholders read; none when it cannot be read."""
    try:
        return frozenset(parse_template(text).names)
    except InvalidDefinition:
        return frozenset()


def _unbraced(match: re.Match[str]) -> str:
    inner = match[1].strip()
    return inner if _SIMPLE.fullmatch(inner) else f"({inner})"


def _placeholder(match: re.Match[str]) -> str:
    inner = match[1].strip()
    return f"{{{{ {expression(inner) or inner} }}}}"


def _words(text: str) -> str:
    """`not`, `and`, `or` as signs, outside texts in quotes."""
    found: list[str] = []
    for match in _TOKEN.finditer(text):
        word = match["word"]
        if word == "not":
            found.append("!")
        elif word in _WORDS:
            found.append(_WORDS[word])
        elif not (found and found[-1] == "!" and match[0].isspace()):
            found.append(match[0])
    return "".join(found)
