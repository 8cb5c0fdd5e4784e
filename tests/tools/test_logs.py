"""Logged errors: equal ones together, texts without what must not leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbook.sdk.values import unknown_in
from tools.served import Served, serving
from warehouse.companies import AS_OF

MINUTE = timedelta(minutes=1)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path) as found:
        yield found


def error(number: int, message: str, level: str = "error", service: str = "api", minutes: int = 5) -> dict[str, Any]:
    at = AS_OF - minutes * MINUTE
    return {"id": str(number), "at": at, "level": level, "service": service, "message": message}


async def test_errors_that_differ_only_in_whom_they_hit_are_one_group(served: Served) -> None:
    served.load(
        errors=[
            error(1, "no mail to ann@inbox.example, code 550", minutes=9),
            error(2, "no mail to bob@inbox.example, code 550", minutes=3),
            error(3, "disk full", "critical"),
            error(4, "slow", "warning"),
            error(5, "too old", minutes=60 * 24 + 1),
        ]
    )
    result = await served.call("getErrorLogs")
    value: Any = result.value
    assert [(one["level"], one["message"], one["count"]) for one in value["groups"]] == [
        ("error", "no mail to <address>, code 550", 2),
        ("critical", "disk full", 1),
    ]
    assert value["groups"][0]["first_at"] == (AS_OF - 9 * MINUTE).isoformat()
    assert {name: one["value"] for name, one in result.figures.items()} == {"errors": 3, "groups": 2}  # type: ignore[call-overload,index]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("refused: Authorization: Bearer abc.def-123", "refused: Authorization: <secret>"),
        ("password=hunter2 for x", "password=<secret> for x"),
        ('{"api_key": "k-1", "n": 1}', '{"api_key": "<secret>", "n": 1}'),
        ("called +1 (212) 555-0100 twice", "called <number> twice"),
        ("key sk-0123456789 is bad", "key <id> is bad"),
        ("sent bearer 0a1b2c3d twice", "sent bearer <secret> twice"),
        ("no token in the request", "no token in the request"),
        ("user 3f2504e04f8941d39a0c0305e82c3301 gone", "user <id> gone"),
        ("timed out after 30 s", "timed out after 30 s"),
    ],
)
async def test_secrets_addresses_and_ids_do_not_leave(served: Served, message: str, shown: str) -> None:
    served.load(errors=[error(1, message)])
    value: Any = (await served.call("getErrorLogs")).value
    assert value["groups"][0]["message"] == shown


async def test_a_query_and_a_level_narrow_the_log(served: Served) -> None:
    served.load(
        errors=[
            error(1, "Timeout"),
            error(2, "other", service="timeouts"),
            error(3, "timeout", "warning"),
            error(4, "x"),
        ]
    )
    value: Any = (await served.call("getErrorLogs", query="TIMEOUT")).value
    assert {(one["service"], one["message"]) for one in value["groups"]} == {("api", "Timeout"), ("timeouts", "other")}
    value = (await served.call("getErrorLogs", level="critical")).value
    assert value["groups"] == []


async def test_a_limit_is_told(served: Served) -> None:
    served.load(errors=[error(number, f"kind {number}") for number in range(5)])
    result = await served.call("getErrorLogs", limit=2)
    value: Any = result.value
    assert len(value["groups"]) == 2
    assert "Cut off: 2 of 5 groups are shown." in result.warnings


async def test_without_a_log_nobody_knows_of_errors(served: Served) -> None:
    unknown = unknown_in((await served.call("getErrorLogs")).value)
    assert unknown is not None
    assert unknown.reason == "errors were never loaded"
