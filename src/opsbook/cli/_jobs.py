"""The scheduler's jobs that the published playbooks ask for, and the scheduler that is to keep them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from opsbook.app import App
from opsbook.playbooks.model import Playbook, Schedule
from opsbook.playbooks.zones import zone
from opsbook.runs.standing import Standing
from opsbook.sdk.errors import InvalidDefinition, InvalidInput, OpsbookError, PersonNeeded
from opsbook.sdk.scheduling import Action, Change, Job, JobScheduler
from opsbook.sdk.values import Unknown
from opsbook.settings import Settings

SCHEDULER = "cloud_scheduler"
RUNS = "ENABLED"
DOOR = "/api/cron/playbook-runner"
SHORTEST_DEADLINE, LONGEST_DEADLINE = timedelta(seconds=15), timedelta(minutes=30)  # what the scheduler takes
MARGIN = timedelta(seconds=60)  # above the playbook's own timeout
LONGEST_ADDRESS = 2083
LONGEST_DESCRIPTION = 500
UNIX_FIELD = re.compile(r"[0-9*,/\-]+|([A-Z]{3})([,\-][A-Z]{3})*", re.IGNORECASE)
ANYTIME = ["*", "*", "*", "*"]
HALF_A_YEAR = timedelta(days=182)  # in a zone that changes its clocks, two instants this far apart see both offsets


@dataclass(frozen=True)
class Plan:
    """The jobs, in the order of the playbooks' ids; `without` says of playbooks why they get none."""

    door: str
    jobs: tuple[Job, ...]
    without: tuple[str, ...] = ()


def scheduler_of(app: App) -> JobScheduler:
    """The scheduler. Raises `PersonNeeded` (`not_configured`) that names what is missing."""
    system = app.integrations[SCHEDULER]
    if not system.configured:
        missing = [name for name, word in system.credential_state().items() if word == "missing"]
        raise PersonNeeded(
            f"Cloud Scheduler is not configured: {', '.join(missing)} is missing.",
            cure="See docs/howto/cloud-scheduler.md.",
            code="not_configured",
        )
    if not isinstance(system, JobScheduler):
        raise TypeError(f"{SCHEDULER} keeps no jobs")
    return system


async def changes(app: App) -> tuple[Plan, list[Change]]:
    """What the playbooks ask for, and what has to happen for it to stand. Reads only."""
    scheduler = scheduler_of(app)
    plan = plan_of(app)
    return plan, await scheduler.changes(plan.jobs, plan.door)


async def drift(app: App) -> dict[str, Any]:
    """The ids of jobs that are not as the playbooks ask for, or do not run: `{"jobs": [...]}`.

    Where that cannot be told it is unknown, with the reason, and never an empty list.
    """
    try:
        _, found = await changes(app)
    except OpsbookError as error:
        return {"jobs": Unknown(str(error)).as_json()}
    still = {change.id for change in found if change.state not in (None, RUNS)}
    return {"jobs": [change.id for change in found if change.action is not Action.NONE or change.id in still]}


def plan_of(app: App) -> Plan:
    """A job for each schedule of each enabled playbook. Raises `InvalidInput` when there is no address or no secret."""
    door, secret = door_of(app.settings), _secret(app.settings)
    now = app.world.clock.now()
    standing = Standing(app.records.playbooks, app.catalog)
    jobs: list[Job] = []
    without: list[str] = []
    for row in app.records.playbooks.all():
        if not row["enabled"]:
            continue
        try:
            playbook = standing.read(row)
        except InvalidDefinition:
            without.append(f"{row['id']} is not valid here, so it gets no job: `opsbook doctor` says why.")
            continue
        for key, schedule in _schedules(playbook):
            if all(UNIX_FIELD.fullmatch(part) for part in schedule.cron.split()):
                jobs.append(_job(key, playbook, schedule, door, secret, now))
            else:
                without.append(f"{playbook.id} gets no job: Cloud Scheduler does not read {schedule.cron!r}.")
    return Plan(door, tuple(jobs), tuple(without))


def door_of(settings: Settings) -> str:
    """Where the scheduler knocks. Raises `InvalidInput` without an address that begins with https."""
    if not settings.public_url:
        raise InvalidInput(
            "There is no public_url, so the scheduler cannot be told where to knock.",
            field="public_url",
            cure="Set OPSBOOK_PUBLIC_URL to the address of this server, such as https://ops.example.com.",
        )
    if not settings.public_url.startswith("https://"):
        raise InvalidInput(
            "public_url does not begin with https, and the scheduler would send the secret in the clear.",
            field="public_url",
            cure="Put the server behind TLS and set OPSBOOK_PUBLIC_URL to its https address.",
        )
    return settings.public_url.rstrip("/") + DOOR


def _secret(settings: Settings) -> str:
    if settings.cron_secret is None:
        raise InvalidInput(
            "There is no cron secret, so the scheduler could not open the door.",
            field="cron_secret",
            cure="Set CRON_SECRET here and where the server runs; `openssl rand -hex 32` draws one.",
        )
    return settings.cron_secret.get_secret_value()


def _schedules(playbook: Playbook) -> Iterator[tuple[str, Schedule]]:
    """Each schedule with its job's id: the playbook's with dashes; from the second on a number, which none ends in."""
    found = [trigger.schedule for trigger in playbook.triggers if trigger.schedule is not None]
    for number, schedule in enumerate(found, 1):
        yield playbook.id.replace("_", "-") + (f"_{number}" if number > 1 else ""), schedule


def _job(key: str, playbook: Playbook, schedule: Schedule, door: str, secret: str, now: datetime) -> Job:
    url = f"{door}?playbookId={playbook.id}"
    if len(url) > LONGEST_ADDRESS:
        raise InvalidInput("public_url is too long for a job.", field="public_url")
    deadline = min(max(playbook.policy.timeout + MARGIN, SHORTEST_DEADLINE), LONGEST_DEADLINE)
    return Job(
        key,
        playbook.id,
        schedule.cron,
        zone_of(schedule, now),
        url,
        f"Bearer {secret}",
        math.ceil(deadline.total_seconds()),
        f"Kept by opsbook: {playbook.name}"[:LONGEST_DESCRIPTION],
    )


def zone_of(schedule: Schedule, now: datetime) -> str:
    """Its own, but for an hourly schedule, which means the same in UTC and has no doubled hour there in autumn."""
    local = zone(schedule.timezone)
    offsets = [moment.astimezone(local).utcoffset() or timedelta(0) for moment in (now, now + HALF_A_YEAR)]
    whole = all(offset % timedelta(hours=1) == timedelta(0) for offset in offsets)
    return "Etc/UTC" if schedule.cron.split()[1:] == ANYTIME and whole else schedule.timezone
