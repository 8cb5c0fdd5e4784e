"""Who asks, and what they may do. Whatever is not given is refused."""

from __future__ import annotations

from dataclasses import dataclass

from opsbook.sdk.errors import NotAllowed, NotFound
from opsbook.settings.mcp import EVERY, Right, TokenSettings


@dataclass(frozen=True)
class Caller:
    """One agent. `name` is how its calls and runs are kept: `mcp:<name>`."""

    name: str
    rights: frozenset[Right]
    playbooks: frozenset[str]

    @classmethod
    def of(cls, name: str, token: TokenSettings) -> Caller:
        return cls(name, frozenset(token.rights), frozenset(token.playbooks))

    @property
    def actor(self) -> str:
        return f"mcp:{self.name}"

    def may(self, right: Right) -> bool:
        return right in self.rights

    def need(self, right: Right, what: str) -> None:
        """Raise `NotAllowed` (`no_right`) unless the caller has the right."""
        if not self.may(right):
            held = ", ".join(sorted(self.rights)) or "none"
            raise NotAllowed(
                f"{what} takes the right {right.value}, and {self.name} does not have it.",
                cure=f"It has: {held}. Whoever runs this deployment can give it another one.",
                code="no_right",
            )

    def sees(self, playbook_id: str) -> bool:
        return EVERY in self.playbooks or playbook_id in self.playbooks

    def need_playbook(self, playbook_id: str) -> None:
        """Raise `NotFound`, as for a playbook that does not exist, unless the caller sees it."""
        if not self.sees(playbook_id):
            raise NotFound(f"There is no playbook {playbook_id}.", cure="list_playbooks shows those there are.")
