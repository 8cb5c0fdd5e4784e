"""Google's own Python clients beside ours: what one writes the other reads, and each takes the other's messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.cloud import scheduler_v1, secretmanager_v1
from google.cloud.scheduler_v1.services.cloud_scheduler.transports.rest import CloudSchedulerRestTransport
from google.cloud.secretmanager_v1.services.secret_manager_service.transports.rest import (
    SecretManagerServiceRestTransport,
)
from google.oauth2.credentials import Credentials
from google.protobuf import duration_pb2, field_mask_pb2, json_format

from integrations.test_cloud_scheduler import DAILY, DOOR, HOURLY, applied, scheduler
from integrations.test_secret_manager import fetched
from opsbook.integrations.references import Fetched
from opsbook.integrations.secret_manager.checksum import crc32c
from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.references import Reference
from opsbook.sdk.scheduling import Action, Job
from peers.google_cloud import PARENT, PROJECT, TOKEN, GoogleCloud, google_cloud

__all__ = ["google_cloud"]

WEEKLY = replace(
    DAILY, id="ops-weekly-growth-review", cron="0 8 * * 1", url=f"{DOOR}?playbookId=w", deadline_seconds=1200
)
CHURN = replace(DAILY, id="ops-churn-prevention", cron="0 10 * * *", url=f"{DOOR}?playbookId=c")
FOUR = (DAILY, HOURLY, WEEKLY, CHURN)


def _at(cloud: GoogleCloud, transport: Any) -> Any:
    host = cloud.url.removeprefix("http://")
    return transport(host=host, credentials=Credentials(TOKEN), url_scheme="http")


@pytest.fixture
def theirs(google_cloud: GoogleCloud) -> scheduler_v1.CloudSchedulerClient:
    return scheduler_v1.CloudSchedulerClient(transport=_at(google_cloud, CloudSchedulerRestTransport))


@pytest.fixture
def vault(google_cloud: GoogleCloud) -> secretmanager_v1.SecretManagerServiceClient:
    return secretmanager_v1.SecretManagerServiceClient(transport=_at(google_cloud, SecretManagerServiceRestTransport))


def as_theirs(job: Job) -> scheduler_v1.Job:
    """Our job as their message."""
    return scheduler_v1.Job(
        name=f"{PARENT}/jobs/{job.id}",
        description=job.description,
        schedule=job.cron,
        time_zone=job.timezone,
        attempt_deadline=duration_pb2.Duration(seconds=job.deadline_seconds),
        retry_config=scheduler_v1.RetryConfig(retry_count=3),
        http_target=scheduler_v1.HttpTarget(
            uri=job.url, http_method=scheduler_v1.HttpMethod.POST, headers={"Authorization": job.authorization}
        ),
    )


async def actions(cloud: GoogleCloud, jobs: Sequence[Job]) -> list[Action]:
    return [change.action for change in await scheduler(cloud).changes(jobs, DOOR)]


async def test_the_jobs_that_we_write_are_what_their_client_reads(
    google_cloud: GoogleCloud, theirs: scheduler_v1.CloudSchedulerClient
) -> None:
    await applied(scheduler(google_cloud), *FOUR)
    read = {job.name.rpartition("/")[2]: job for job in theirs.list_jobs(parent=PARENT)}
    assert set(read) == {job.id for job in FOUR}
    for job in FOUR:
        found = read[job.id]
        assert (found.schedule, found.time_zone, found.description) == (job.cron, job.timezone, job.description)
        assert found.attempt_deadline == timedelta(seconds=job.deadline_seconds)
        assert found.retry_config.retry_count == 3
        assert found.http_target.http_method == scheduler_v1.HttpMethod.POST
        assert (found.http_target.uri, found.http_target.headers["Authorization"]) == (job.url, job.authorization)
        assert found.state == scheduler_v1.Job.State.ENABLED
        assert theirs.get_job(name=found.name) == found


async def test_the_jobs_that_their_client_writes_are_ours_without_a_difference(
    google_cloud: GoogleCloud, theirs: scheduler_v1.CloudSchedulerClient
) -> None:
    for job in FOUR:
        theirs.create_job(parent=PARENT, job=as_theirs(job))
    assert await actions(google_cloud, FOUR) == [Action.NONE] * 4
    with pytest.raises(exceptions.Conflict):
        theirs.create_job(parent=PARENT, job=as_theirs(DAILY))


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("schedule", {"schedule": "1 9 * * *"}),
        ("time_zone", {"time_zone": "Etc/UTC"}),
        ("attempt_deadline", {"attempt_deadline": duration_pb2.Duration(seconds=90)}),
        ("description", {"description": "changed by hand"}),
        ("retry_config.retry_count", {"retry_config": scheduler_v1.RetryConfig(retry_count=1)}),
        ("http_target.uri", {"http_target": scheduler_v1.HttpTarget(uri="https://other.example.com/")}),
    ],
)
async def test_what_their_client_changes_we_see_and_put_right_and_nothing_else(
    google_cloud: GoogleCloud, theirs: scheduler_v1.CloudSchedulerClient, path: str, change: dict[str, Any]
) -> None:
    await applied(scheduler(google_cloud), DAILY, HOURLY)
    name = f"{PARENT}/jobs/{DAILY.id}"
    before = theirs.get_job(name=name)
    changed = scheduler_v1.Job(name=name, **change)
    theirs.update_job(job=changed, update_mask=field_mask_pb2.FieldMask(paths=[path]))
    assert await actions(google_cloud, (DAILY, HOURLY)) == [Action.UPDATE, Action.NONE]
    await applied(scheduler(google_cloud), DAILY, HOURLY)
    assert theirs.get_job(name=name) == before


async def test_a_patch_of_theirs_without_a_mask_resets_what_it_does_not_name_and_we_put_it_right(
    google_cloud: GoogleCloud, theirs: scheduler_v1.CloudSchedulerClient
) -> None:
    await applied(scheduler(google_cloud), DAILY)
    name = f"{PARENT}/jobs/{DAILY.id}"
    before = theirs.get_job(name=name)
    bare = scheduler_v1.Job(name=name, schedule=DAILY.cron, http_target=scheduler_v1.HttpTarget(uri=DAILY.url))
    bare.http_target.http_method = scheduler_v1.HttpMethod.POST
    theirs.update_job(job=bare)
    assert theirs.get_job(name=name).time_zone == "Etc/UTC"
    assert await actions(google_cloud, (DAILY,)) == [Action.UPDATE]
    await applied(scheduler(google_cloud), DAILY)
    assert theirs.get_job(name=name) == before


async def test_a_job_that_their_client_paused_stays_paused_and_one_that_it_deleted_is_made_anew(
    google_cloud: GoogleCloud, theirs: scheduler_v1.CloudSchedulerClient
) -> None:
    await applied(scheduler(google_cloud), DAILY, HOURLY)
    theirs.pause_job(name=f"{PARENT}/jobs/{DAILY.id}")
    theirs.delete_job(name=f"{PARENT}/jobs/{HOURLY.id}")
    assert await actions(google_cloud, (DAILY, HOURLY)) == [Action.NONE, Action.CREATE]
    await applied(scheduler(google_cloud), DAILY, HOURLY)
    assert theirs.get_job(name=f"{PARENT}/jobs/{DAILY.id}").state == scheduler_v1.Job.State.PAUSED


async def test_every_body_that_we_send_is_a_message_of_theirs_without_a_field_that_they_do_not_know(
    google_cloud: GoogleCloud,
) -> None:
    await applied(scheduler(google_cloud), DAILY)
    await applied(scheduler(google_cloud), replace(DAILY, cron="5 9 * * *", deadline_seconds=900))
    sent = google_cloud.written()
    assert [request.method for request in sent] == ["POST", "PATCH"]
    for request in sent:
        json_format.ParseDict(request.body, scheduler_v1.Job.pb(scheduler_v1.Job()), ignore_unknown_fields=False)
    mask = field_mask_pb2.FieldMask()
    mask.FromJsonString(sent[1].query["updateMask"])
    assert set(mask.paths) == {"schedule", "attempt_deadline"}


async def test_the_secrets_that_their_client_stores_are_what_we_fetch(
    google_cloud: GoogleCloud, vault: secretmanager_v1.SecretManagerServiceClient
) -> None:
    words = (b"the-first-secret-of-all", b"the-second-secret-of-all")
    stored(vault, "CRON_SECRET", *words)
    wanted = {"latest": Reference("CRON_SECRET"), "pinned": Reference("CRON_SECRET", "1")}
    found: Fetched = await fetched(google_cloud, wanted)
    assert dict(found.texts) == {"latest": words[1].decode(), "pinned": words[0].decode()}
    read = vault.access_secret_version(name=f"projects/{PROJECT}/secrets/CRON_SECRET/versions/latest")
    assert read.payload.data == words[1]
    assert read.payload.data_crc32c == crc32c(words[1])


async def test_during_a_rotation_by_their_client_the_new_and_the_previous_secret_are_both_fetched(
    google_cloud: GoogleCloud, vault: secretmanager_v1.SecretManagerServiceClient
) -> None:
    stored(vault, "CRON_SECRET", b"the-first-secret-of-all", b"the-second-secret-of-all")
    wanted = {"now": Reference("CRON_SECRET"), "before": Reference("CRON_SECRET", "previous")}
    found = await fetched(google_cloud, wanted)
    assert dict(found.texts) == {"now": "the-second-secret-of-all", "before": "the-first-secret-of-all"}
    assert vault.get_secret(name=f"projects/{PROJECT}/secrets/CRON_SECRET").replication.automatic is not None


async def test_a_payload_with_a_wrong_checksum_is_not_stored(
    google_cloud: GoogleCloud, vault: secretmanager_v1.SecretManagerServiceClient
) -> None:
    stored(vault, "CRON_SECRET")
    payload = {"data": b"the-first-secret-of-all", "data_crc32c": 1}
    with pytest.raises(exceptions.BadRequest):
        vault.add_secret_version(parent=f"projects/{PROJECT}/secrets/CRON_SECRET", payload=payload)
    assert google_cloud.secrets["CRON_SECRET"] == []


async def test_a_version_that_their_client_disabled_is_refused_and_the_one_before_still_opens(
    google_cloud: GoogleCloud, vault: secretmanager_v1.SecretManagerServiceClient
) -> None:
    stored(vault, "CRON_SECRET", b"the-first-secret-of-all", b"the-second-secret-of-all")
    vault.disable_secret_version(name=f"projects/{PROJECT}/secrets/CRON_SECRET/versions/2")
    states = [one.state.name for one in vault.list_secret_versions(parent=f"projects/{PROJECT}/secrets/CRON_SECRET")]
    assert states == ["DISABLED", "ENABLED"]
    with pytest.raises(OpsbookError, match="The version is disabled or destroyed"):
        await fetched(google_cloud, {"latest": Reference("CRON_SECRET")})
    with pytest.raises(exceptions.BadRequest):
        vault.access_secret_version(name=f"projects/{PROJECT}/secrets/CRON_SECRET/versions/2")
    found = await fetched(google_cloud, {"pinned": Reference("CRON_SECRET", "1")})
    assert dict(found.texts) == {"pinned": "the-first-secret-of-all"}


def stored(vault: secretmanager_v1.SecretManagerServiceClient, name: str, *versions: bytes) -> None:
    secret = {"replication": {"automatic": {}}}
    vault.create_secret(parent=f"projects/{PROJECT}", secret_id=name, secret=secret)
    for data in versions:
        payload = {"data": data, "data_crc32c": crc32c(data)}
        vault.add_secret_version(parent=f"projects/{PROJECT}/secrets/{name}", payload=payload)
