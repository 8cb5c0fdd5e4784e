"""The models that are asked when nobody has chosen others."""

from __future__ import annotations

import pytest
from anthropic._data import DEPRECATED_MODELS
from genai_prices import Usage, calc_price

from opsbook.agents.tiers import TIERS


@pytest.mark.parametrize("tier", TIERS)
def test_a_default_model_is_not_about_to_end_and_has_a_known_price(tier: str) -> None:
    model = TIERS[tier].claude
    assert model not in DEPRECATED_MODELS
    assert calc_price(Usage(input_tokens=1000, output_tokens=100), model_ref=model, provider_id="anthropic").total_price
