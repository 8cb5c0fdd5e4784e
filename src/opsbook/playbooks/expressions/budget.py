"""What one evaluation may use. Charged before the work, inside every built-in: what is too much never begins."""

from __future__ import annotations

from opsbook.sdk.errors import InvalidDefinition

STEPS = 200_000
BYTES = 4 * 1024 * 1024
OUTPUT = 1024 * 1024
ITEM = 8  # bytes of a place in a list
HEAD = 64  # bytes of an empty list or object, or of a short text


class Budget:
    """Steps and bytes that are left. A step is about one node of the tree, or 64 bytes looked at."""

    __slots__ = ("bytes", "steps")

    def __init__(self, steps: int = STEPS, size: int = BYTES) -> None:
        self.steps = steps
        self.bytes = size

    def spend(self, steps: int) -> None:
        """Raises `InvalidDefinition` (code `too_much_work`)."""
        self.steps -= steps
        if self.steps < 0:
            raise InvalidDefinition(
                f"The expression takes more than {STEPS:,} steps.", cure="Narrow the list first.", code="too_much_work"
            )

    def grow(self, size: int) -> None:
        """Charge for a value of this many bytes, about to be made. Raises `InvalidDefinition` (`too_much_memory`)."""
        self.bytes -= size
        if self.bytes < 0:
            raise InvalidDefinition(
                f"The expression makes more than {BYTES // 1024 // 1024} MB of values.",
                cure="Pick the fields that are needed.",
                code="too_much_memory",
            )
        self.spend(size >> 6)

    def list(self, items: int) -> None:
        """Charge for a list of that many places."""
        self.grow(HEAD + ITEM * items)

    def look(self, size: int) -> None:
        """Charge for reading through a text of this length."""
        self.spend(size >> 6)
