"""Ways to reach somebody or something as people write them: links, mail addresses, handles, telephone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

_LINK = r"(?:\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.|\bmailto:|\b(?:[a-z0-9-]+\.)+[a-z]{2,24}/)[^\s<>|\"'\]]+"
_MAIL = r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"
_HANDLE = r"(?<![\w@/.])@[a-z]\w{1,38}"
_PHONE = r"(?<!\w)\+\d[\d ()./-]{6,20}\d(?!\w)"
_ADDRESS = re.compile("|".join((_LINK, _MAIL, _HANDLE, _PHONE)), re.IGNORECASE)
_AFTER = ".,:;!?)*_`\\"


def addresses_in(text: str) -> Iterator[tuple[int, int]]:
    """Where the addresses of a text stand; the marks that end a sentence are none of theirs."""
    for found in _ADDRESS.finditer(text):
        yield found.start(), found.start() + len(found[0].rstrip(_AFTER))
