"""What a request to a model costs: a dated list of prices, in whole millionths of a US dollar.

A dollar for a million tokens is one millionth of a dollar for each token, so the sums are short.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from ruamel.yaml import YAML

from opsbook.sdk.values import Unknown

PerMillion = Annotated[Decimal, Field(ge=0, le=100_000)]


class Price(BaseModel):
    """US dollars for a million tokens. What is read from or written to a cache costs as input where no price is named.

    Beyond `up_to` tokens of input all tokens of the request cost the price beyond; without `up_to` there is no beyond.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: PerMillion = Field(description="tokens sent")
    output: PerMillion = Field(description="tokens answered")
    cache_read: PerMillion | None = Field(default=None, description="tokens sent that were in the vendor's cache")
    cache_write: PerMillion | None = Field(default=None, description="tokens sent that were put into the cache")
    up_to: int | None = Field(default=None, gt=0, description="most tokens of input that these prices hold for")
    input_beyond: PerMillion | None = Field(default=None, description="tokens sent, beyond `up_to`")
    output_beyond: PerMillion | None = Field(default=None, description="tokens answered, beyond `up_to`")
    cache_read_beyond: PerMillion | None = Field(default=None, description="tokens read from the cache, beyond `up_to`")
    cache_write_beyond: PerMillion | None = Field(default=None, description="tokens written to it, beyond `up_to`")

    @model_validator(mode="after")
    def _beyond_has_a_limit(self) -> Price:
        if self.up_to is not None and (self.input_beyond is None or self.output_beyond is None):
            raise ValueError("up_to needs input_beyond and output_beyond")
        return self

    def micros(self, used: Tokens) -> int:
        """Millionths of a dollar for what was used, any fraction up."""
        beyond = self.up_to is not None and used.input > self.up_to
        sent = self.input_beyond if beyond and self.input_beyond is not None else self.input
        answered = self.output_beyond if beyond and self.output_beyond is not None else self.output
        read = _first(self.cache_read_beyond if beyond else self.cache_read, sent)
        written = _first(self.cache_write_beyond if beyond else self.cache_write, sent)
        fresh = used.input - used.cache_read - used.cache_write
        total = fresh * sent + used.cache_read * read + used.cache_write * written + used.output * answered
        return int(total.to_integral_value(ROUND_CEILING))

    def most(self, sent: int, answered: int) -> int:
        """The most that so many tokens can cost, whatever of them meets a cache."""
        return max(self.micros(Tokens(sent, answered)), self.micros(Tokens(sent, answered, cache_write=sent)))


@dataclass(frozen=True)
class Tokens:
    """Tokens of one request. `input` counts all that was sent, what met the cache included."""

    input: int
    output: int
    cache_read: int = 0
    cache_write: int = 0


@dataclass(frozen=True)
class Prices:
    """A list of prices with the day on which it was read from its source. A deployment's own come first."""

    models: Mapping[str, Price]
    checked_on: str
    source: str

    def of(self, model: str) -> Price | Unknown:
        """The price of a model. A dated name such as `claude-opus-5-5-20260801` costs what its undated one does."""
        if found := self.models.get(model):
            return found
        head, _, tail = model.rpartition("-")
        if len(tail) == 8 and tail.isdigit() and (found := self.models.get(head)):
            return found
        return Unknown(f"no price of {model} is known")


@cache
def own_prices() -> Prices:
    """The list that comes with the product, `prices.yaml`."""
    found: dict[str, Any] = YAML(typ="safe", pure=True).load(
        files(__package__).joinpath("prices.yaml").read_text("utf-8")
    )
    models = {name: Price.model_validate(_exact(price)) for name, price in found["models"].items()}
    return Prices(models, str(found["checked_on"]), str(found["source"]))


def prices_with(extra: Mapping[str, Price]) -> Prices:
    """The product's list with a deployment's own prices, which win."""
    own = own_prices()
    return Prices({**own.models, **extra}, own.checked_on, own.source)


def _exact(price: Mapping[str, Any]) -> dict[str, Any]:
    return {name: Decimal(str(value)) if isinstance(value, float) else value for name, value in price.items()}


def _first(price: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if price is None else price
