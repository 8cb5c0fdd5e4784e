"""Takes known secrets out of texts, in every form in which they travel."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

STARS = "***"
SHORTEST = 4  # characters; anything shorter is no secret, and taking it out would shred ordinary words


class Redactor:
    """Learns the secrets of a deployment and hides them. It never gives one back."""

    def __init__(self) -> None:
        self._forms: tuple[str, ...] = ()

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these from now on: as they are, URL-encoded, in base64 and inside JSON. Safe to repeat."""
        found = set(self._forms)
        for secret in secrets:
            if len(secret) >= SHORTEST:
                found.update(_forms(secret))
        self._forms = tuple(sorted(found, key=lambda form: (-len(form), form)))

    def clean(self, text: str) -> str:
        """The text on one line, printable, with stars where a secret was."""
        line = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
        for form in self._forms:
            line = line.replace(form, STARS)
        return line

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    plain64 = base64.b64encode(raw).decode()
    url64 = base64.urlsafe_b64encode(raw).decode()
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        plain64,
        plain64.rstrip("="),
        url64,
        url64.rstrip("="),
    }
