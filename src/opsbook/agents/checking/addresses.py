"""Ways to reach somebody or something, as people write them: links, hosts, mail addresses, handles, telephones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

FILES = ("yaml", "yml", "json", "csv", "html", "sql", "txt", "js", "pdf", "xlsx", "png", "svg")  # no domain ends so


class Way(StrEnum):
    """What an address is."""

    LINK = "link"  # also a host or a network address alone
    MAIL = "mail"
    HANDLE = "handle"
    PHONE = "phone"


@dataclass(frozen=True)
class Address:
    """Where one stands in its text."""

    way: Way
    start: int
    end: int


_REST = r"[^\s<>|\"'\]]"
_DOT = r"(?:[.。]|\s?[\[({]\s?(?:\.|dot)\s?[\])}]\s?)"  # also as those write it who do not want it to be seen
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = rf"(?:{_LABEL}{_DOT})+(?!(?:{'|'.join(FILES)})\b)(?:xn--[\w-]{{1,59}}|[^\W\d_]{{2,24}})"
_SPOKEN = r"\w[\w-]* dot (?:com|net|org|info|biz|io|co|example)"
_NUMBERED = r"\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]{2,39}\]|(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{0,4}|[0-9a-f:]*::[0-9a-f:]+"
_AT = r"(?:@|\s?[\[({]\s?at\s?[\])}]\s?)"
_FORMS = (
    (Way.LINK, rf"\b[a-z][a-z0-9+.-]{{1,15}}:(?://|\\\\){_REST}+"),
    (Way.LINK, rf"\b(?:mailto|tel|sms|callto|skype|whatsapp|javascript|vbscript|data|file|blob):{_REST}+"),
    (Way.LINK, rf"\bwww\.{_REST}+"),
    (Way.MAIL, rf"(?<![\w.+%-])[\w.+%-]+{_AT}(?:{_HOST}|{_LABEL})"),
    (Way.LINK, rf"(?<![\w@.])(?:{_HOST}|{_SPOKEN})(?!\w)(?::\d{{1,5}})?(?:[/?#]{_REST}*)?"),
    (Way.LINK, rf"(?<![\w.:])(?:{_NUMBERED})(?![\w.]\w)(?::\d{{1,5}})?(?:/{_REST}*)?"),
    (Way.HANDLE, r"(?<![\w@/.])@[a-z]\w{1,38}|<[@!#][^>\s]{1,60}>"),
    (Way.PHONE, r"(?<!\w)\+\d[\d ()./-]{6,20}\d(?!\w)"),
    (Way.PHONE, r"(?<![\w.,$€£+-])(?:\(\d{1,5}\)|\d{2,5})(?:\s?[-./ ]\s?(?:\(\d{1,5}\)|\d{2,5})){1,5}(?![\w%])"),
    (Way.PHONE, r"(?<![\w.,$€£+-])1-8\d\d-[a-z0-9-]{7,9}(?!\w)"),
)
_ADDRESS = re.compile("|".join(f"(?P<w{place}>{form})" for place, (_, form) in enumerate(_FORMS)), re.IGNORECASE)
_AFTER = ".,:;!?)*_`\\"
_FEWEST_DIGITS, _MOST_DIGITS = 7, 15
_NO_PHONE = re.compile(
    r"\d{4}[-./]\d{1,2}[-./]\d{1,2}(?: \d{1,4})?|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}"  # days
    r"|(?:19|20)\d\d\s?[-/]\s?(?:19|20)\d\d"  # from one year to another
    r"|\d+\.\d+|\d{1,3}(?:[ .]\d{3})+"  # a number
)


def addresses_in(text: str) -> Iterator[tuple[int, int]]:
    """Where the addresses of a text stand; the marks that end a sentence are none of theirs."""
    for one in ways_in(text):
        yield one.start, one.end


def ways_in(text: str) -> Iterator[Address]:
    """The addresses of a text, in their order, each with what it is."""
    for found in _ADDRESS.finditer(text):
        said = found[0].rstrip(_AFTER)
        way = _FORMS[int((found.lastgroup or "w0")[1:])][0]
        if way is not Way.PHONE or said.startswith("+") or _is_phone(said):
            yield Address(way, found.start(), found.start() + len(said))


def _is_phone(text: str) -> bool:
    """Whether digits in groups are a telephone number, and no day, no years and no figure."""
    digits = sum(character.isalnum() for character in text)
    return _FEWEST_DIGITS <= digits <= _MOST_DIGITS and not _NO_PHONE.fullmatch(text)
