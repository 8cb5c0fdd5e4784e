"""What a server says of a tool, and the digest that holds it to that. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from opsbook.sdk.values import JsonObject, digest


@dataclass(frozen=True)
class Offered:
    """One tool as its server describes it. Whatever of this changes, the digest changes.

    `says_read_only` is the server's own word, None when it says nothing.
    """

    name: str
    title: str
    description: str
    arguments: JsonObject
    answer: JsonObject | None
    says_read_only: bool | None

    @property
    def digest(self) -> str:
        """SHA-256 over everything that a model or a person reads of the tool, 64 hexadecimal digits."""
        return digest([self.name, self.title, self.description, self.arguments, self.answer, self.says_read_only])
