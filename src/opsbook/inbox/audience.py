"""An audience as `findInactiveOrganizations` answers it, read strictly: what is unknown stays unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, ValidationError

from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import JsonObject, Unknown, unknown_in

T = TypeVar("T")


def _measured(value: Any) -> Any:
    """A measurement's value; an unknown one as `Unknown`; anything else as it is."""
    if (unknown := unknown_in(value)) is not None:
        return unknown
    if isinstance(value, dict) and value.get("status") == "ok" and "value" in value:
        return value["value"]
    return value


# None: there is nothing; `Unknown`: nobody can tell.
Known = Annotated[T | InstanceOf[Unknown] | None, BeforeValidator(_measured)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)


class Contact(_Part):
    """One person to write to. `email_consent` matters for consumers only (role `customer`)."""

    contact_id: Annotated[str, Field(min_length=1, max_length=80)]
    first_name: Known[str] = None
    display_name: Known[str] = None
    email: Known[str] = None
    role: Known[str] = None
    is_test: Known[bool] = None
    email_unsubscribed_at: Known[str] = None
    email_opt_out: Known[bool] = None
    email_consent: Known[bool] = None

    @property
    def address(self) -> str:
        """The address as it is compared and suppressed: lower case, no blanks around it; empty when there is none."""
        return self.email.strip().lower() if isinstance(self.email, str) else ""


class DaysSilent(_Part):
    """Whole days since the last sign of each kind. None: there never was one."""

    login: Known[float] = None
    orders: Known[float] = None
    campaigns: Known[float] = None


@dataclass(frozen=True)
class Product:
    """A product by its name. `orders` that named it, None when nobody says; `place` in the list that it came in."""

    name: str
    orders: int | None = None
    place: int = 0


class Orders(_Part):
    """What consumers ordered from the organisation. A product is its name, or an object with one.

    `recent_orders` are those of the 90 days that end with the last order, `earlier_orders` those of the 90 before.
    """

    count: Known[float] = None
    consumers: Known[float] = None
    first_order_at: Known[str] = None
    last_order_at: Known[str] = None
    recent_orders: Known[float] = None
    earlier_orders: Known[float] = None
    total_cents: Known[float] = None
    top_products: Known[list[Any]] = None

    @property
    def products(self) -> list[Product]:
        """Most ordered first; empty when none is known."""
        if not isinstance(self.top_products, list):
            return []
        return [product for place, one in enumerate(self.top_products) if (product := _product(one, place))]


def _product(item: Any, place: int) -> Product | None:
    name = (item.get("name") or item.get("product")) if isinstance(item, dict) else item
    if not isinstance(name, str) or not name.strip():
        return None
    orders = item.get("orders") if isinstance(item, dict) else None
    known = isinstance(orders, int) and not isinstance(orders, bool) and orders > 0
    return Product(name, orders if known else None, place)


class Organization(_Part):
    """One organisation that has gone silent, and whom to write to there."""

    organization_id: Annotated[str, Field(min_length=1, max_length=80)]
    name: Known[str] = None
    reason: Known[str] = None
    state: Known[str] = None  # where it does business, such as NY
    email_opt_out: Known[bool] = None
    days_silent: DaysSilent | None = None
    contacts: Known[list[Contact]] = None
    orders: Known[Orders] = None
    alive: Known[float] = None  # the probability that orders still come in


def read_audience(items: Sequence[JsonObject]) -> list[Organization]:
    """The organisations, in their order. Raises `InvalidInput` that names the place, never a value."""
    found = []
    for index, item in enumerate(items):
        try:
            found.append(Organization.model_validate(item))
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False, include_input=False)[0]
            place = "/".join(["audience", str(index), *(str(part) for part in first["loc"] if _names(part))])
            raise InvalidInput(
                f"The audience is refused at {place}: {first['msg'][:1].lower()}{first['msg'][1:]}.",
                field=place,
                cure="Pass on what findInactiveOrganizations answered.",
                code="bad_audience",
            ) from None
    return found


def _names(part: str | int) -> bool:
    """Whether a part of a place is a key or an index, and not the name of one of a union's branches."""
    return isinstance(part, int) or part in _KEYS


_KEYS = {name for model in (Organization, Contact, DaysSilent, Orders) for name in model.model_fields}
