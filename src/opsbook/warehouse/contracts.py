"""What a figure must fulfil before it may be judged: how fresh its data are, how much could be read, how many it saw.

Where a default is from stands beside it in the metric's file in `behind/`. The rules that they follow:

* **fresh_within**, 26 hours: who loads once a night reads data that are 24 hours old at most, and the load itself takes
  its time. Errors and requests flow in all the time and their absence is judged ("no critical errors"): 2 hours, which
  leaves out a twelfth of a day.
* **minimum_completeness**, 0.95: what is unread can move a share by as much as it is itself. The suite's bands (3 to
  5 % churn, 15 % conversion) are about five points wide, so that more than one row in twenty in the dark could turn any
  answer round.
* **minimum_n** of a share of people or requests, which are a sample of those who could come: 3 / threshold, the rule of
  three. When none of n shows a trait, at 95 % certainty its rate is below 3 / n; with fewer, not even none would speak
  against the threshold.
* **minimum_n** of a share of organisations, which are all counted: 1 / threshold. With fewer a single organisation
  crosses the threshold by itself, and the figure says no more than its name does.
* A count, a sum, and a ratio of two sums over everybody are what they are: no minimum.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from opsbook.playbooks.fields import Duration

FRESH_WITHIN = timedelta(hours=26)
MINIMUM_COMPLETENESS = 0.95


class Contract(BaseModel):
    """The conditions of one metric: outside them its figure is unknown, and keeps what was seen as `observed`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    minimum_n: int = Field(default=0, ge=0, description="on how many a figure must rest to be judged")
    fresh_within: Duration = Field(
        default=FRESH_WITHIN, description="how long before the end of a period its data may have been loaded last"
    )
    minimum_completeness: float = Field(
        default=MINIMUM_COMPLETENESS, ge=0, le=1, description="share of the rows that must have been readable"
    )


class ContractSettings(BaseModel):
    """Other conditions for one metric. What is not given stays as the metric's own contract has it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    minimum_n: int | None = Field(
        default=None, ge=0, description="on how many people, organisations or requests a figure must rest"
    )
    fresh_within: Duration | None = Field(
        default=None, description="how long before the end of a period its data may have been loaded last, such as 26h"
    )
    minimum_completeness: float | None = Field(
        default=None, ge=0, le=1, description="share of the rows that must have been readable, 0 to 1"
    )


def changed(contract: Contract, given: ContractSettings) -> Contract:
    """The contract with what was given in place of its own."""
    return contract.model_copy(update={name: value for name, value in given if value is not None})
