"""The header of a query: what it answers, read strictly, so that a page and a check can be made of it.

A header is the block of comments that a `.sql` file begins with: a title, then fields, in this order and each once:
`Definition`, `Unit`, `Source` (tables), `Parameters`. A field begins a line or follows the full stop of the one before.
The files of `behind/` have more fields, which `sheets.py` says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from opsbook.sdk.errors import NeverWorks

BASIC = ("Definition", "Unit", "Source", "Parameters")
NONE = "none"
_LINE = re.compile(r"^([A-Z][a-z]+): ", re.MULTILINE)
_ASIDE = re.compile(r"\s*\([^()]*\)")


@dataclass(frozen=True)
class Header:
    """`fields` are texts on one line, without the full stop at their end."""

    title: str
    fields: Mapping[str, str]

    @property
    def parameters(self) -> tuple[str, ...]:
        return names(self.fields["Parameters"])

    @property
    def tables(self) -> tuple[str, ...]:
        return names(self.fields["Source"])


def read_header(text: str, file: str, wanted: Sequence[str] = BASIC) -> Header:
    """The header of a query's text. Raises `NeverWorks` that names the file and what is wrong with it."""
    lines = header_lines(text)
    if not lines or not lines[0].endswith("."):
        raise _bad(file, "its first line is no title that ends with a full stop")
    body = "\n".join(lines[1:])
    if unknown := [name for name in _LINE.findall(body) if name not in wanted]:
        raise _bad(file, f"it has a field {unknown[0]}, and the fields are {', '.join(wanted)}")
    places = list(re.finditer(rf"(?:^|(?<=\.)\s)({'|'.join(wanted)}): ", body, re.MULTILINE))
    given = tuple(one[1] for one in places)
    if given != tuple(wanted):
        raise _bad(file, f"its fields are {', '.join(given) or 'none'}, and must be {', '.join(wanted)}, in this order")
    ends = [one.start() for one in places[1:]] + [len(body)]
    fields = {
        one[1]: " ".join(body[one.end() : end].split()).removesuffix(".") for one, end in zip(places, ends, strict=True)
    }
    if empty := [name for name, value in fields.items() if not value]:
        raise _bad(file, f"its field {empty[0]} says nothing")
    return Header(lines[0].removesuffix("."), fields)


def header_lines(text: str) -> list[str]:
    """The comment lines that a text begins with, without their dashes; what is indented stays so."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").removeprefix(" ").rstrip())
    return lines


def without_header(text: str) -> str:
    """The query alone."""
    return "\n".join(text.splitlines()[len(header_lines(text)) :]).strip()


def names(field: str) -> tuple[str, ...]:
    """`start, end (aware)` as its names; what stands in brackets is for readers. `none` is no name."""
    parts = tuple(part.strip() for part in _ASIDE.sub("", field).split(","))
    return () if parts == (NONE,) else parts


def _bad(file: str, why: str) -> NeverWorks:
    cure = "warehouse/headers.py says what a header looks like."
    return NeverWorks(f"The header of {file} cannot be read: {why}.", cure=cure, code="bad_header")
