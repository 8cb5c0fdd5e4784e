"""What branches come to, each and together. Pure.

A branch's result is `{value, error, stopped}`: `stopped` says what stopped the run before the branch had come to its
end. Results are recorded, so whatever is decided by them is decided the same way at a repeat.
"""

from __future__ import annotations

from collections.abc import Sequence

from opsbook.sdk.errors import NeverWorks
from opsbook.sdk.step import Done
from opsbook.sdk.values import Json, JsonObject

STOPPED: JsonObject = {"class": "stopped", "message": "the run was stopped"}


def result_of(value: Json, *, error: JsonObject | None = None, stopped: str | None = None) -> JsonObject:
    return {"value": value, "error": error, "stopped": stopped}


NOT_STARTED = result_of(None, error={"class": "not_started", "message": "an earlier branch failed or was stopped"})


def goes_on(result: Json, fail_fast: bool) -> bool:
    """Whether another branch may be started after this result."""
    assert isinstance(result, dict)
    return not result["stopped"] and not (fail_fast and result["error"])


def stopped_in(results: Sequence[Json]) -> str | None:
    """What stopped the run in these branches, if anything did."""
    return next((str(r["stopped"]) for r in results if isinstance(r, dict) and r["stopped"]), None)


def joined(results: Sequence[Json], keys: Sequence[str], keyed: bool) -> Done:
    """What a spread is worth.

    Raises:
        NeverWorks: code `branch_failed`, with a count of the branches that failed and of those not started for it; or
            code `stopped`, when the run was stopped in them.
    """
    errors = [r["error"] for r in results if isinstance(r, dict) and isinstance(r["error"], dict)]
    failed = [error for error in errors if error["class"] not in ("not_started", "stopped")]
    if failed:
        waiting = len(errors) - len(failed)
        rest = f", {waiting} were not started or not ended" if waiting else ""
        sentence = f"{len(failed)} of {len(results)} branches failed{rest}: {failed[0].get('message')}"
        raise NeverWorks(sentence, code="branch_failed")
    if errors:
        raise NeverWorks(
            f"The run was stopped when {len(results) - len(errors)} of {len(results)} branches had ended.",
            code="stopped",
        )
    values = [result["value"] if isinstance(result, dict) else None for result in results]
    return Done(dict(zip(keys, values, strict=True)) if keyed else values)
