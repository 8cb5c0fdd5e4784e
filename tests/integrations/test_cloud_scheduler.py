"""Jobs of Cloud Scheduler: made once, patched where they differ and nowhere else, and judged by Google's own tools."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from integrations.samples import CANARY
from opsbook.integrations.configuration import configure
from opsbook.sdk.errors import Conflict, InvalidInput, NeverWorks, NotFound, PersonNeeded, RetryLater
from opsbook.sdk.http import HttpClient
from opsbook.sdk.scheduling import Action, Change, Job, JobScheduler
from opsbook.sdk.testing import json_answer
from peers.google_cloud import LOCATION, PROJECT, TOKEN, Gcloud, GoogleCloud, gcloud, gcloud_binary, google_cloud

__all__ = ["gcloud", "gcloud_binary", "google_cloud"]

DOOR = "https://ops.example.com/api/cron/playbook-runner"
DAILY = Job(
    "ops-daily-health-check",
    "ops_daily_health_check",
    "0 9 * * 1-5",
    "America/New_York",
    f"{DOOR}?playbookId=ops_daily_health_check",
    f"Bearer {CANARY}-secret",
    660,
    "Kept by opsbook: Daily Health Check",
)
HOURLY = replace(DAILY, id="ops-integration-monitor", cron="0 * * * *", timezone="Etc/UTC", url=f"{DOOR}?playbookId=x")


def scheduler(cloud: GoogleCloud, **more: Any) -> JobScheduler:
    section = {"project": PROJECT, "location": LOCATION, "access_token": TOKEN, "base_url": cloud.url, **more}
    system = configure({"cloud_scheduler": section}, {}, HttpClient(allow_loopback=True))["cloud_scheduler"]
    assert isinstance(system, JobScheduler)
    return system


async def applied(system: JobScheduler, *jobs: Job) -> list[Change]:
    changes = await system.changes(jobs, DOOR)
    for change in changes:
        await system.apply(change)
    return changes


def test_the_changes_never_show_a_secret():
    change = Change(DAILY.id, Action.CREATE, DAILY)
    assert CANARY not in f"{change!r} {change.as_json()}"


async def test_jobs_are_made_as_documented_and_a_second_time_changes_nothing(google_cloud: GoogleCloud):
    system = scheduler(google_cloud)
    first = await applied(system, DAILY, HOURLY)
    assert [one.action for one in first] == [Action.CREATE, Action.CREATE]
    assert google_cloud.jobs[DAILY.id] == {
        "name": f"projects/{PROJECT}/locations/{LOCATION}/jobs/ops-daily-health-check",
        "description": "Kept by opsbook: Daily Health Check",
        "schedule": "0 9 * * 1-5",
        "timeZone": "America/New_York",
        "attemptDeadline": "660s",
        "httpTarget": {
            "uri": f"{DOOR}?playbookId=ops_daily_health_check",
            "httpMethod": "POST",
            "headers": {"User-Agent": "Google-Cloud-Scheduler", "Authorization": f"Bearer {CANARY}-secret"},
        },
        "retryConfig": {
            "retryCount": 3,
            "maxRetryDuration": "0s",
            "minBackoffDuration": "5s",
            "maxBackoffDuration": "3600s",
            "maxDoublings": 5,
        },
        "state": "ENABLED",
        "userUpdateTime": "2026-11-25T00:00:00Z",
    }
    second = await applied(system, DAILY, HOURLY)
    assert [(one.action, one.differences, one.state) for one in second] == [(Action.NONE, (), "ENABLED")] * 2
    assert [one.method for one in google_cloud.written()] == ["POST", "POST"]


WAYS_TO_DRIFT: list[tuple[dict[str, Any], str]] = [
    ({"schedule": "0 8 * * *"}, "schedule"),
    ({"timeZone": "Etc/UTC"}, "timeZone"),
    ({"attemptDeadline": "180s"}, "attemptDeadline"),
    ({"description": ""}, "description"),
    ({"retryConfig": {"retryCount": 1}}, "retryConfig.retryCount"),
    ({"retryConfig": {"maxDoublings": 16}}, "retryConfig.maxDoublings"),
    ({"httpTarget": {"uri": "https://old.example.com/"}}, "httpTarget.uri"),
    ({"httpTarget": {"httpMethod": "GET"}}, "httpTarget.httpMethod"),
    ({"httpTarget": {"headers": {"authorization": "Bearer old"}}}, "httpTarget.headers"),
    ({"httpTarget": {"oidcToken": {"serviceAccountEmail": "a@example.com"}}}, "httpTarget.oidcToken"),
]


@pytest.mark.parametrize(("drift", "path"), WAYS_TO_DRIFT)
async def test_a_patch_changes_the_field_that_differs_and_no_other(google_cloud: GoogleCloud, drift, path):
    system = scheduler(google_cloud)
    await applied(system, DAILY)
    sound = json.dumps(google_cloud.jobs[DAILY.id], sort_keys=True)
    standing = google_cloud.jobs[DAILY.id]
    for key, value in drift.items():
        standing[key] = {**standing[key], **value} if isinstance(value, dict) else value
    (change,) = await applied(system, DAILY)
    assert (change.action, [one.field for one in change.differences]) == (Action.UPDATE, [path])
    (patch,) = google_cloud.written()[1:]
    assert (patch.method, patch.query) == ("PATCH", {"updateMask": path})
    assert json.dumps(google_cloud.jobs[DAILY.id], sort_keys=True) == sound
    assert (patch.body["timeZone"], patch.body["retryConfig"]["retryCount"]) == ("America/New_York", 3)


async def test_a_new_secret_is_a_difference_that_shows_neither_and_keeps_headers_that_people_gave(google_cloud):
    system = scheduler(google_cloud)
    await applied(system, DAILY)
    google_cloud.jobs[DAILY.id]["httpTarget"]["headers"]["X-Team"] = "ops"
    rotated = replace(DAILY, authorization=f"Bearer {CANARY}-rotated")
    (change,) = await applied(system, rotated)
    assert CANARY not in json.dumps(change.as_json())
    assert [(one.field, one.stands, one.wanted) for one in change.differences] == [
        ("httpTarget.headers", "another value", "the present secret")
    ]
    assert google_cloud.jobs[DAILY.id]["httpTarget"]["headers"] == {
        "User-Agent": "Google-Cloud-Scheduler",
        "X-Team": "ops",
        "Authorization": f"Bearer {CANARY}-rotated",
    }


async def test_a_paused_job_stays_paused_and_one_that_nobody_asks_for_is_told_and_left(google_cloud: GoogleCloud):
    system = scheduler(google_cloud)
    await applied(system, DAILY, HOURLY)
    google_cloud.jobs[DAILY.id]["state"] = "PAUSED"
    google_cloud.jobs["foreign"] = {"name": "x/jobs/foreign", "httpTarget": {"uri": "https://else.example.com/"}}
    changes = await applied(system, replace(DAILY, cron="0 7 * * *"))
    assert [(one.id, one.action, one.state) for one in changes] == [
        (DAILY.id, Action.UPDATE, "PAUSED"),
        (HOURLY.id, Action.LEFT_OVER, "ENABLED"),
    ]
    assert google_cloud.jobs[DAILY.id]["state"] == "PAUSED"
    assert set(google_cloud.jobs) == {DAILY.id, HOURLY.id, "foreign"}


async def test_every_page_is_read(google_cloud: GoogleCloud):
    system = scheduler(google_cloud)
    jobs = [replace(DAILY, id=f"job-{number}") for number in range(7)]
    await applied(system, *jobs)
    google_cloud.page = 2
    assert {one.action for one in await system.changes(jobs, DOOR)} == {Action.NONE}
    assert len([one for one in google_cloud.requests if "pageToken" in one.query]) == 3


async def test_a_job_that_changed_or_went_since_it_was_looked_at_is_left(google_cloud: GoogleCloud):
    system = scheduler(google_cloud)
    (made,) = await applied(system, DAILY)
    with pytest.raises(Conflict, match=DAILY.id):
        await system.apply(made)  # it is there by now
    (change,) = await system.changes([replace(DAILY, cron="0 7 * * *")], DOOR)
    google_cloud.jobs[DAILY.id]["timeZone"] = "Asia/Tokyo"
    with pytest.raises(Conflict):
        await system.apply(change)
    del google_cloud.jobs[DAILY.id]
    with pytest.raises(Conflict):
        await system.apply(change)
    assert [one.method for one in google_cloud.written()] == ["POST"]


async def test_a_job_that_appears_between_the_look_and_the_write_is_left(make):
    jobs = "/v1/projects/sample-1/locations/us-central1/jobs"
    taken = json_answer({"error": {"code": 409, "status": "ALREADY_EXISTS"}}, 409)
    missing = json_answer({"error": {"code": 404, "status": "NOT_FOUND"}}, 404)
    answers = {f"GET {jobs}": json_answer({}), f"GET {jobs}/{DAILY.id}": missing, f"POST {jobs}": taken}
    system, desk = make("cloud_scheduler", answers)
    with pytest.raises(Conflict, match="already"):
        await applied(system, DAILY)
    assert [one.method for one in desk.sent] == ["GET", "GET", "POST"]


async def test_what_is_refused_says_what_a_person_can_do(google_cloud: GoogleCloud):
    with pytest.raises(PersonNeeded, match="UNAUTHENTICATED"):
        await scheduler(google_cloud, access_token=f"{CANARY}-wrong").changes([DAILY], DOOR)
    with pytest.raises(NotFound, match="Cloud Scheduler"):
        await scheduler(google_cloud, project="another-1").changes([DAILY], DOOR)
    with pytest.raises(InvalidInput, match=r"ops-daily-health-check \(INVALID_ARGUMENT\)"):
        await applied(scheduler(google_cloud), replace(DAILY, timezone="Nowhere/City"))
    google_cloud.busy = 1
    with pytest.raises(RetryLater):
        await scheduler(google_cloud).changes([DAILY], DOOR)


@pytest.mark.parametrize("body", [{"items": []}, {"jobs": {}}, {"jobs": [], "nextPageToken": "again"}])
async def test_an_answer_that_is_not_documented_or_never_ends_is_not_taken_for_no_jobs(make, body):
    system, _ = make("cloud_scheduler", {"*": json_answer(body)})
    with pytest.raises(NeverWorks):
        await system.changes([DAILY], DOOR)


async def test_gcloud_reads_what_we_write_and_we_read_what_gcloud_writes(google_cloud: GoogleCloud, gcloud: Gcloud):
    system = scheduler(google_cloud)
    await applied(system, DAILY)
    ours = google_cloud.written()[-1].body
    told = gcloud("scheduler", "jobs", "describe", DAILY.id, f"--location={LOCATION}", "--format=json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["httpTarget"]["uri"] == DAILY.url
    google_cloud.jobs.clear()
    made = gcloud(
        *("scheduler", "jobs", "create", "http", DAILY.id, f"--location={LOCATION}", f"--schedule={DAILY.cron}"),
        *(f"--time-zone={DAILY.timezone}", f"--uri={DAILY.url}", "--http-method=POST", "--max-retry-attempts=3"),
        *(f"--headers=Authorization={DAILY.authorization}", "--attempt-deadline=660s"),
        f"--description={DAILY.description}",
    )
    assert made.returncode == 0, made.stderr
    theirs = google_cloud.written()[-1].body
    theirs["httpTarget"]["headers"].pop("User-Agent", None)
    theirs["retryConfig"].pop("maxRetryDuration", None)
    assert ours == theirs
    assert [one.action for one in await system.changes([DAILY], DOOR)] == [Action.NONE]


async def test_a_patch_of_gclouds_resets_nothing_and_is_drift_to_us(google_cloud: GoogleCloud, gcloud: Gcloud):
    system = scheduler(google_cloud)
    await applied(system, DAILY)
    changed = gcloud(
        *("scheduler", "jobs", "update", "http", DAILY.id, f"--location={LOCATION}"),
        "--update-headers=Authorization=Bearer other",
    )
    assert changed.returncode == 0, changed.stderr
    patch = google_cloud.written()[-1]
    assert (patch.method, patch.query["updateMask"]) == ("PATCH", "httpTarget.headers")
    (change,) = await applied(system, DAILY)
    assert [one.field for one in change.differences] == ["httpTarget.headers"]


def test_gcloud_takes_our_checksum_for_good_and_refuses_a_wrong_one(google_cloud: GoogleCloud, gcloud: Gcloud):
    google_cloud.secrets = {"CRON_SECRET": [b"the-secret-of-the-door"]}
    words = ("secrets", "versions", "access", "latest", "--secret=CRON_SECRET", "--format=json")
    told = gcloud(*words)
    assert told.returncode == 0, told.stderr
    assert base64.urlsafe_b64decode(json.loads(told.stdout)["payload"]["data"]) == b"the-secret-of-the-door"
    google_cloud.broken_checksums = 9
    assert gcloud(*words).returncode != 0
