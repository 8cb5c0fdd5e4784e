"""Google's Cloud Scheduler over REST: reads the jobs of one location, and makes ours what they should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from opsbook.integrations._google import SCOPE, GoogleConfig, GoogleSystem, failure_at_google
from opsbook.integrations._system import ROOMY_MS, url_of
from opsbook.integrations._verdicts import at, code_in, online, peek, undocumented
from opsbook.integrations.cloud_scheduler import KIND, NAME
from opsbook.integrations.cloud_scheduler.jobs import differences, document
from opsbook.sdk.errors import Conflict, InvalidInput, NeverWorks, NotFound, PersonNeeded
from opsbook.sdk.http import Reply
from opsbook.sdk.integration import Observation
from opsbook.sdk.scheduling import Action, Change, Job
from opsbook.sdk.values import Json, JsonObject

PAGE, MOST_PAGES = 500, 20
WRITE_SECONDS = 20.0  # a write may take its time: what it did would have to be looked up after a time-out
ANSWER = frozenset({"jobs", "nextPageToken"})
AGAIN = "Look again with `opsbook cloud-scheduler plan`."


class CloudSchedulerConfig(GoogleConfig):
    """Where the jobs are. The account needs roles/cloudscheduler.viewer, and cloudscheduler.admin to change them."""

    project: str = Field(
        validation_alias="GOOGLE_CLOUD_PROJECT",
        pattern=r"^[a-z0-9][a-z0-9:.\-]{3,62}$",
        description="id of the Google Cloud project",
    )
    location: str = Field(
        validation_alias="SCHEDULER_LOCATION",
        pattern=r"^[a-z][a-z0-9\-]{1,40}$",
        description="region of the jobs, such as us-central1",
    )
    base_url: str = Field(
        default="https://cloudscheduler.googleapis.com",
        validation_alias="SCHEDULER_BASE_URL",
        description="address of the API",
    )


class CloudScheduler(GoogleSystem[CloudSchedulerConfig]):
    id = "cloud_scheduler"
    name = NAME
    kind = KIND
    Config = CloudSchedulerConfig
    slow_after_ms = ROOMY_MS

    def scopes(self, config: CloudSchedulerConfig) -> Sequence[str]:
        return (f"{SCOPE}cloud-platform",)

    async def ask(self, config: CloudSchedulerConfig) -> Observation:
        """List one job."""
        return judge(await self._asked(config, "GET", "", params={"pageSize": 1}))

    async def changes(self, jobs: Sequence[Job], door: str) -> list[Change]:
        """See `sdk/scheduling.py`."""
        config = self._configured()
        standing = await self._standing(config)
        found = [_change(job, standing.get(job.id)) for job in jobs]
        planned = {job.id for job in jobs}
        left = [key for key, one in standing.items() if key not in planned and _address(one) == door]
        return found + [Change(key, Action.LEFT_OVER, state=_state(standing[key])) for key in sorted(left)]

    async def apply(self, change: Change) -> None:
        """See `sdk/scheduling.py`. The job is read once more, and must be as it was when the change was made."""
        config, job = self._configured(), change.job
        if job is None or change.action not in (Action.CREATE, Action.UPDATE):
            return
        standing = await self._one(config, job.id)
        if _change(job, standing) != change:
            raise Conflict(f"The job {job.id} has changed meanwhile; it was left as it is.", cure=AGAIN)
        body = document(job, f"{_parent(config)}/jobs/{job.id}", standing)
        if standing is None:
            _good(await self._asked(config, "POST", "", json=body), job.id)
            return
        mask = ",".join(one.field for one in change.differences)
        _good(await self._asked(config, "PATCH", job.id, params={"updateMask": mask}, json=body), job.id)

    async def _standing(self, config: CloudSchedulerConfig) -> dict[str, JsonObject]:
        """Every job of the location by its short id. Raises `NeverWorks` beyond 10,000 of them."""
        found: dict[str, JsonObject] = {}
        params: dict[str, str | int] = {"pageSize": PAGE}
        for _ in range(MOST_PAGES):
            body = _good(await self._asked(config, "GET", "", params=params), "").object()
            jobs = body.get("jobs", [])
            if not set(body) <= ANSWER or not isinstance(jobs, list):
                raise NeverWorks("Cloud Scheduler answered with something that it does not document.", code="bad_reply")
            found.update({str(one.get("name")).rpartition("/")[2]: one for one in jobs if isinstance(one, dict)})
            if not body.get("nextPageToken"):
                return found
            params = {"pageSize": PAGE, "pageToken": str(body["nextPageToken"])}
        raise NeverWorks(f"There are more than {PAGE * MOST_PAGES} jobs in {config.location}.", code="too_many")

    async def _one(self, config: CloudSchedulerConfig, key: str) -> JsonObject | None:
        reply = await self._asked(config, "GET", key)
        return None if reply.status == 404 else _good(reply, key).object()

    async def _asked(
        self,
        config: CloudSchedulerConfig,
        method: str,
        key: str,
        *,
        params: dict[str, str | int] | None = None,
        json: Json | None = None,
    ) -> Reply:
        url = url_of(config.base_url, f"v1/{_parent(config)}/jobs" + (f"/{key}" if key else ""))
        limit = None if json is None else WRITE_SECONDS
        return await self.fetched(config, method, url, params=params, json=json, total_seconds=limit)


def judge(reply: Reply) -> Observation:
    """A location without jobs answers with an empty object."""
    if bad := failure_at_google(reply):
        return bad
    body = peek(reply)
    listed = isinstance(body, dict) and set(body) <= ANSWER and isinstance(body.get("jobs", []), list)
    return online(reply) if listed else undocumented(reply)


def _parent(config: CloudSchedulerConfig) -> str:
    return f"projects/{config.project}/locations/{config.location}"


def _change(job: Job, standing: Mapping[str, Any] | None) -> Change:
    found = differences(job, standing)
    if standing is None:
        return Change(job.id, Action.CREATE, job, found)
    return Change(job.id, Action.UPDATE if found else Action.NONE, job, found, _state(standing))


def _state(standing: Mapping[str, Any]) -> str:
    return str(standing.get("state") or "STATE_UNSPECIFIED")


def _address(standing: Mapping[str, Any]) -> str:
    return str(at(standing, "httpTarget.uri") or "").partition("?")[0]


def _good(reply: Reply, key: str) -> Reply:
    """Itself when it is good. Raises what a person can do something about, and the errors of `Reply.checked`."""
    code, what = code_in(reply, "error.status"), f"the job {key}" if key else "the request"
    if reply.status == 409:
        raise Conflict(f"Cloud Scheduler has {what} already; it was left as it is.", cure=AGAIN)
    if reply.status == 404:
        cure = "Correct GOOGLE_CLOUD_PROJECT and SCHEDULER_LOCATION; the project must have the API switched on."
        raise NotFound(f"Cloud Scheduler does not know what {what} is about.", cure=cure)
    if reply.status == 400:
        cure = "Its schedule, zone or address is not one that Cloud Scheduler takes."
        raise InvalidInput(f"Cloud Scheduler refuses {what} ({code or 'status 400'}).", cure=cure)
    if reply.status in (401, 403):
        cure = "Reading needs roles/cloudscheduler.viewer, changing roles/cloudscheduler.admin, and a live token."
        raise PersonNeeded(
            f"Cloud Scheduler refused our credentials ({code or reply.status}).", cure=cure, code="credentials"
        )
    return reply.checked()


INTEGRATION = CloudScheduler
