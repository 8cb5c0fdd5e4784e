"""Names that stand in for what must not leave: one token for each text, the same for all of one piece of work."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from opsbook.sdk.errors import InvalidInput

TOKEN = re.compile(r"\[\[(\w{1,12})\]\]")
SHORTEST = 3  # letters of a name that is looked for in other texts; a shorter one is found in every second word


class Kind(StrEnum):
    """What a text is; the value is the letter that its token begins with. Facts begin with an f."""

    PERSON = "p"
    ORGANISATION = "o"
    EMAIL = "e"
    PHONE = "t"
    PLACE = "a"  # a street address
    ID = "i"
    NAME = "n"  # of something else: a product, a plan, a service


WAYS_TO_SOMEBODY = {
    Kind.EMAIL: "an e-mail address",
    Kind.PHONE: "a telephone number",
    Kind.PLACE: "a street address",
}


@dataclass(frozen=True)
class Pseudonym:
    """A token's text. `written`: it is known only from a text that somebody wrote, and not from a field of a row."""

    name: str
    kind: Kind
    text: str
    written: bool

    @property
    def token(self) -> str:
        return f"[[{self.name}]]"

    @property
    def shown(self) -> str:
        """What a reader gets: the text; of a way to reach somebody that was only written down, what it is."""
        way = WAYS_TO_SOMEBODY.get(self.kind) if self.written else None
        return f"({way}, not repeated here)" if way else self.text


@dataclass
class Pseudonyms:
    """The tokens of one piece of work, numbered in the order in which their texts were met."""

    _known: dict[str, Pseudonym] = field(default_factory=dict)  # by the text as it is compared
    _counts: Counter[Kind] = field(default_factory=Counter)

    def token(self, kind: Kind, text: str, *, written: bool = False) -> str:
        """The token of a text, `[[o1]]`; a text met again has the token it has, whatever kind it is called now."""
        key = _key(text)
        known = self._known.get(key)
        if known is None:
            self._counts[kind] += 1
            known = self._known[key] = Pseudonym(f"{kind.value}{self._counts[kind]}", kind, text, written)
        elif known.written and not written:
            known = self._known[key] = Pseudonym(known.name, known.kind, text, written=False)
        return known.token

    def known(self, text: str) -> str | None:
        """The token that a text has already."""
        found = self._known.get(_key(text))
        return found.token if found else None

    def texts(self) -> dict[str, str]:
        """What a reader gets for each token's name."""
        return {one.name: one.shown for one in self._known.values()}

    def hidden(self, text: str) -> str:
        """The text with a token wherever a known one stands as a whole word, in capitals or not."""
        found = self._pattern(text)
        return found.sub(lambda one: self.token(Kind.NAME, one[0], written=True), text) if found else text

    def restored(self, text: str) -> str:
        """The text with every token's own text put in. Raises `InvalidInput` for a token that was never given out."""
        texts = self.texts()

        def put_in(token: re.Match[str]) -> str:
            if token[1] not in texts:
                raise InvalidInput(
                    f"There is no {token[1]}.", cure="Use the tokens that you were given.", code="invented_token"
                )
            return texts[token[1]]

        return TOKEN.sub(put_in, text)

    def _pattern(self, text: str) -> re.Pattern[str] | None:
        low = _key(text)
        here = [one.text for key, one in self._known.items() if len(key) >= SHORTEST and key in low]
        if not here:
            return None
        longest = sorted(here, key=lambda one: (-len(one), one))
        words = "|".join(r"\s+".join(map(re.escape, one.split())) for one in longest)
        return re.compile(rf"(?<![\w\[])(?:{words})(?!\w)", re.IGNORECASE)


def _key(text: str) -> str:
    """What is compared: without capitals, and without the strokes that take Markdown literally."""
    return " ".join(unicodedata.normalize("NFKC", text.replace("\\", "")).casefold().split())
