"""A job as Cloud Scheduler writes it, and how one that stands differs from one that should. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opsbook.integrations._verdicts import at
from opsbook.sdk.scheduling import DOUBLINGS, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, Difference, Job
from opsbook.sdk.values import JsonObject

AUTHORIZATION = "Authorization"
HEADERS = "httpTarget.headers"
TOKENS = ("httpTarget.oidcToken", "httpTarget.oauthToken")  # either takes the place of the Authorization header
ABSENT = "-"
OURS, FOREIGN = "the present secret", "another value"


def document(job: Job, name: str, standing: Mapping[str, Any] | None = None) -> JsonObject:
    """The whole job, with the headers that people gave the one that stands: what is left out here could be reset."""
    headers = {key: value for key, value in _headers(standing).items() if key.lower() != AUTHORIZATION.lower()}
    return {
        "name": name,
        "description": job.description,
        "schedule": job.cron,
        "timeZone": job.timezone,
        "attemptDeadline": f"{job.deadline_seconds}s",
        "httpTarget": {
            "uri": job.url,
            "httpMethod": "POST",
            "headers": {**headers, AUTHORIZATION: job.authorization},
        },
        "retryConfig": {
            "retryCount": job.retries,
            "minBackoffDuration": f"{FIRST_PAUSE_SECONDS}s",
            "maxBackoffDuration": f"{LONGEST_PAUSE_SECONDS}s",
            "maxDoublings": DOUBLINGS,
        },
    }


def differences(job: Job, standing: Mapping[str, Any] | None) -> tuple[Difference, ...]:
    """The fields that differ, by their path in an update mask; for a job that does not stand, every field."""
    wanted = _shown(document(job, ""), job)
    stands = _shown(standing or {}, job)
    return tuple(Difference(path, stands[path], text) for path, text in wanted.items() if stands[path] != text)


def _shown(document: Mapping[str, Any], job: Job) -> dict[str, str]:
    """What is compared, as people read it. A secret never is: only whether it is the present one."""
    paths = ("schedule", "timeZone", "description", "httpTarget.uri", "httpTarget.httpMethod")
    found = {path: _text(at(document, path)) for path in paths}
    for path in ("attemptDeadline", "retryConfig.minBackoffDuration", "retryConfig.maxBackoffDuration"):
        found[path] = _duration(at(document, path))
    for path in ("retryConfig.retryCount", "retryConfig.maxDoublings"):
        found[path] = _text(at(document, path) or 0)
    given = [value for key, value in _headers(document).items() if key.lower() == AUTHORIZATION.lower()]
    found[HEADERS] = ABSENT if not given else OURS if given == [job.authorization] else FOREIGN
    found.update({path: "set" if at(document, path) is not None else ABSENT for path in TOKENS})
    return found


def _headers(document: Mapping[str, Any] | None) -> dict[str, str]:
    found = at(document, HEADERS)
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    return ABSENT if value in (None, "") else str(value)


def _duration(value: Any) -> str:
    """`600s` and `600.000s` are the same."""
    try:
        return f"{float(str(value).removesuffix('s')):g} s"
    except ValueError:
        return ABSENT
