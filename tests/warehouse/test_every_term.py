"""Every term that figures are defined by, and every trap they fell into, has a test that bears its name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TERMS = (
    "window",
    "inactive",
    "at_risk",
    "undetermined",
    "cohorts",
    "sources",
    "signup",
    "active_user",
    "funnel",
    "signup_conversion_rate",
    "churn_rate",
    "churn_dollar_value",
    "error_rate",
    "no_critical_errors",
    "quota",
    "mrr",
    "movements",
    "growth",
    "nrr",
    "reading_rule",
)
ELSEWHERE = (  # terms that are no figures of the warehouse
    "test_a_trend_needs_three_days_and_compares_with_their_mean",
    "test_a_system_is_offline_at_its_threshold_and_the_observation_is_seen_before",
    "test_a_slow_answer_is_degraded_and_still_a_success",
    "test_without_settings_a_system_is_not_configured_and_nothing_is_asked",
)
TRAPS = ("f7", "f8", "f9", "f10", "f11", "f12", "f13")


def names() -> set[str]:
    found: set[str] = set()
    for file in (*HERE.glob("test_definitions_*.py"), HERE / "test_traps.py"):
        tree = ast.parse(file.read_text("utf-8"))
        found |= {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    return found


@pytest.mark.parametrize("word", [*TERMS, *TRAPS])
def test_a_term_or_trap_has_a_test_named_after_it(word: str) -> None:
    assert any(name.startswith(f"test_{word}_") for name in names())


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_term_of_another_room_is_tested_there(name: str) -> None:
    files = HERE.parent.rglob("test_*.py")
    assert any(f"def {name}(" in file.read_text("utf-8") for file in files)
