"""What a deployment says of approvals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Rules:
    """`campaign_deadline`: how long a campaign waits. Above `large_send` recipients it needs `large_quorum` persons.
    `self_approval`: the one person that there is may decide about what they asked for.
    """

    campaign_deadline: timedelta = timedelta(hours=24)
    large_send: int = 200
    large_quorum: int = 2
    self_approval: bool = False

    def alone(self, persons: int) -> bool:
        """Whether the one person that there is may decide about their own."""
        return self.self_approval and persons == 1
