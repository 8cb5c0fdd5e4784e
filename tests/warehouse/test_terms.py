"""By which words a metric counts is read from its query: what changes a figure changes its digest."""

from __future__ import annotations

from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.values import Unknown
from opsbook.warehouse import Warehouse
from opsbook.warehouse.definitions import Definitions
from opsbook.warehouse.explanation import Question, figure_of
from opsbook.warehouse.sheets import sheets
from opsbook.warehouse.terms import terms_in
from warehouse.companies import AS_OF, LAX, Rows, put_all

WEEK = timedelta(days=7)
OTHER: dict[str, dict[str, Any]] = {  # other words than the usual ones, each in one section
    "roles": {"customer": ["brand*"], "brand": ["customer"]},
    "people": {"placeholder_endings": ["@example.com"]},
    "organizations": {"canceled": ["active"]},
    "orders": {"uncounted_statuses": ["completed"]},
    "contracts": {"active": ["trialing"], "trial": ["active"]},
    "tickets": {"resolved": ["new"]},
    "errors": {"error": ["warning"], "critical": ["error"]},
}
NOW, LONG_AGO = AS_OF - timedelta(hours=3), AS_OF - timedelta(days=300)
ROWS: Rows = {  # two organisations at work: the one has a ticket, the other would be silent without its brand's people
    "organizations": [{"id": key, "name": key, "created_at": LONG_AGO, "status": "active"} for key in "ab"],
    "users": [
        {
            "id": "1",
            "organization_id": "a",
            "role": "brand",
            "email": "a@example.com",
            "created_at": NOW,
            "last_login_at": NOW,
        },
        {
            "id": "2",
            "organization_id": "b",
            "role": "owner",
            "email": "b@example.com",
            "created_at": NOW,
            "last_login_at": NOW,
        },
    ],
    "campaigns": [{"id": key, "organization_id": key, "sent_at": NOW} for key in "ab"],
    "tickets": [{"id": "1", "organization_id": "b", "status": "new", "created_at": NOW}],
    "orders": [{"id": "1", "organization_id": "a", "status": "completed", "total_cents": 5, "ordered_at": NOW}],
    "subscriptions": [
        {"id": "1", "organization_id": "a", "status": "active", "amount_cents": 700, "interval_months": 1}
    ],
    "errors": [{"id": "1", "at": NOW, "level": "warning", "service": "api", "message": "no"}],
    "leads": [{"id": "1", "email": "a@example.com", "source": "academy", "captured_at": NOW}],
}


def warehouse(folder: Path, **sections: Any) -> Warehouse:
    return Warehouse(folder / "warehouse", SteppedClock(AS_OF), Definitions.model_validate(sections), LAX)


def test_a_figure_that_other_words_change_has_another_digest(tmp_path: Path) -> None:
    usual = warehouse(tmp_path)
    put_all(usual, tmp_path, ROWS)
    seen = figures(usual)
    for section, words in OTHER.items():
        other = warehouse(tmp_path, **{section: words})
        moved = {name for name, one in figures(other).items() if one != seen[name]}
        assert moved, f"other {section} change nothing here, and so the test says nothing"
        assert {name for name in moved if usual.terms_of(name) == other.terms_of(name)} == set(), section


def figures(of: Warehouse) -> dict[str, Any]:
    nothing = Unknown("it compares with nothing")
    asked = [Question(sheet, AS_OF - WEEK, AS_OF, nothing) for sheet in sheets().values() if not sheet.compares]
    found: dict[str, Any] = {question.sheet.name: figure_of(of, question) for question in asked}
    return {name: (one.get("observed", one["value"]), one["n"]) for name, one in found.items()}


def test_what_a_metric_does_not_count_by_leaves_its_digest_alone(tmp_path: Path) -> None:
    usual = warehouse(tmp_path)
    tickets = warehouse(tmp_path, tickets=OTHER["tickets"])
    silence = warehouse(tmp_path, inactive={"match": "any"})
    assert tickets.terms_of("at_risk") != usual.terms_of("at_risk")
    for name in ("mrr", "mrr_growth", "signups", "active_users", "gmv"):
        assert tickets.terms_of(name) == silence.terms_of(name) == usual.terms_of(name), name


def test_the_order_of_words_is_no_difference(tmp_path: Path) -> None:
    one, other = (
        warehouse(tmp_path, contracts={"active": words}) for words in (["active", "live"], ["live", "Active"])
    )
    assert one.terms_of("mrr") == other.terms_of("mrr") != warehouse(tmp_path).terms_of("mrr")


def test_every_term_is_asked_for_by_some_query() -> None:
    folder = files("opsbook.warehouse").joinpath("metrics")
    asked = {term for file in folder.iterdir() for term in terms_in(file.read_text("utf-8"))}
    assert asked == set(Definitions().terms())
