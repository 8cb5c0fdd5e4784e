"""How an answer looks: plain JSON, lists as `{"items": [...]}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from opsbook.sdk.values import plain


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """One object. Times are RFC 3339, unknown figures are objects that say why."""
    return JSONResponse(plain(value), status, dict(headers or {}))


def items(rows: Sequence[Mapping[str, Any]], **more: Any) -> Response:
    """A list, in the order of its rows."""
    return answer({"items": list(rows), **more})


def without(row: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """The row but for these columns."""
    return {name: value for name, value in row.items() if name not in keys}


def run_path(run_id: str) -> str:
    """Where a run is read: the `Location` of whatever starts one."""
    return f"/api/v1/runs/{run_id}"
