"""What a request costs: the product's list against the library that watches the vendors' pages, and the arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from opsbook.agents.prices import Price, Tokens, own_prices, prices_with
from opsbook.agents.tiers import TIERS
from opsbook.sdk.values import Unknown

MODELS = sorted({model for tier in TIERS.values() for model in (tier.claude, tier.gemini)})
COUNTS = st.integers(0, 900_000)


def priced(model: str) -> Price:
    found = own_prices().of(model)
    assert isinstance(found, Price), f"{model} has no price"
    return found


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("sent", [1, 99_999, 100_001, 200_000, 200_001])
def test_every_model_that_is_asked_by_default_costs_what_the_price_library_says(model: str, sent: int) -> None:
    vendor = "anthropic" if model.startswith("claude") else "google"
    usage = Usage(input_tokens=sent, output_tokens=1000, cache_read_tokens=sent // 2)
    theirs = calc_price(usage, model_ref=model, provider_id=vendor).total_price * 1_000_000
    assert abs(priced(model).micros(Tokens(sent, 1000, cache_read=sent // 2)) - theirs) < 1


def test_a_dated_name_costs_what_the_undated_one_does_and_another_name_is_unknown() -> None:
    assert own_prices().of("claude-opus-5-5-20260801") == priced("claude-opus-5-5")
    for strange in ("claude-opus-5-5-beta", "claude-opus-5", "gpt", ""):
        assert isinstance(own_prices().of(strange), Unknown)


def test_a_deployments_price_wins_and_leaves_the_others() -> None:
    own = Price(input=Decimal(7), output=Decimal(8))
    found = prices_with({"claude-opus-5-5": own, "mine": own})
    assert found.of("mine") == found.of("claude-opus-5-5") == own
    assert found.of("claude-haiku-5-5") == priced("claude-haiku-5-5")


def test_any_fraction_of_a_millionth_counts_up() -> None:
    assert Price(input=Decimal("0.1"), output=Decimal(0)).micros(Tokens(1, 0)) == 1


@pytest.mark.parametrize(
    "wrong", [{"input": -1, "output": 1}, {"input": 1}, {"input": 1, "output": 1, "up_to": 5}, {"input": 1, "x": 2}]
)
def test_a_price_that_makes_no_sense_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        Price.model_validate(wrong)


@pytest.mark.parametrize("model", MODELS)
@given(sent=COUNTS, answered=COUNTS, read=st.floats(0, 1), written=st.floats(0, 1))
def test_no_request_costs_more_than_the_most_that_is_reserved(
    model: str, sent: int, answered: int, read: float, written: float
) -> None:
    met = int(sent * read)
    used = Tokens(sent, answered, met, int((sent - met) * written))
    assert priced(model).micros(used) <= priced(model).most(sent, answered)


@given(sent=COUNTS, answered=COUNTS, more=st.integers(0, 1000))
def test_more_tokens_never_cost_less(sent: int, answered: int, more: int) -> None:
    for model in MODELS:
        price = priced(model)
        assert price.micros(Tokens(sent, answered)) <= price.micros(Tokens(sent + more, answered + more))
