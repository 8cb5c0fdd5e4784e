"""The people of a deployment, what is kept for them, and the ways out by which they are reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from opsbook.agents.letters import unbacked
from opsbook.app.world import World
from opsbook.effects.delivery import Door
from opsbook.effects.ledger import Ledger
from opsbook.inbox.amending import Amendments
from opsbook.inbox.approvals import Approvals
from opsbook.inbox.campaigns import Campaigns
from opsbook.inbox.notifications import Notifications
from opsbook.inbox.passes import Passes
from opsbook.inbox.people import People, Person
from opsbook.inbox.summons import Summons
from opsbook.inbox.threads import Threads
from opsbook.records.alerts import Alerts
from opsbook.records.approvals import Approvals as ApprovalRows
from opsbook.records.keys import Keys
from opsbook.runs.alerts import Alerting
from opsbook.runs.operations import Operations
from opsbook.runs.segment import OVER
from opsbook.sdk.clock import Ids
from opsbook.sdk.effects import Connector
from opsbook.sdk.integration import Integration
from opsbook.settings import Settings


@dataclass(frozen=True)
class Inbox:
    """`door` is the one way out; `alerting` uses it and the threads."""

    people: People
    threads: Threads
    notifications: Notifications
    approvals: Approvals
    campaigns: Campaigns
    amendments: Amendments
    door: Door
    alerts: Alerts
    alerting: Alerting


def inbox_of(
    settings: Settings, world: World, ids: Ids, operations: Operations, integrations: Mapping[str, Integration[Any]]
) -> Inbox:
    records, clock, people = operations.records, world.clock, _people(settings, integrations)
    store = records.store
    threads, notifications = Threads(store, people, clock, ids), Notifications(store, clock, ids)
    carriers = _connectors(integrations, notifications, settings.email_order)
    door = Door(Ledger(records.effects, clock, world.sleep), carriers, people)
    approvals = _approvals(settings, world, ids, operations, people, door)
    campaigns = Campaigns(store, clock, ids, approvals, settings.postal_address, settings.public_url, check=unbacked)
    alerts = Alerts(store)
    return Inbox(
        people=people,
        threads=threads,
        notifications=notifications,
        approvals=approvals,
        campaigns=campaigns,
        amendments=Amendments(store, approvals, clock),
        door=door,
        alerts=alerts,
        alerting=Alerting(alerts, door, threads, settings.watchers or tuple(settings.people), clock, ids),
    )


def _approvals(
    settings: Settings, world: World, ids: Ids, operations: Operations, people: People, door: Door
) -> Approvals:
    store, clock, rules = operations.records.store, world.clock, settings.approvals.rules
    rows, passes = ApprovalRows(store), Passes(Keys(store), clock, settings.public_url, world.chance)
    summons = Summons(rows, people, door, passes, rules)
    return Approvals(rows, people, summons, passes, rules, clock, ids, OVER, operations.wake)


def _people(settings: Settings, integrations: Mapping[str, Integration[Any]]) -> People:
    known = {
        name: Person(
            name,
            person.email,
            person.slack_user,
            person.roles,
            person.phone,
            person.os_user,
            person.approve_token_sha256,
        )
        for name, person in settings.people.items()
    }
    slack = integrations["slack"].config
    return People(known, slack_channel=slack.alert_channel if slack else None)


def _connectors(
    integrations: Mapping[str, Integration[Any]], notifications: Notifications, email_order: Sequence[str]
) -> dict[str, list[Connector]]:
    """The ways out by channel: systems in the order for mail, the others after them by id; the dashboard is our own.

    What stands in for a way out is one only where there is no other: a message that it took has reached nobody.
    """
    found: dict[str, list[Connector]] = {notifications.channel: [notifications]}
    place = {key: number for number, key in enumerate(email_order)}
    ordered = sorted(integrations.values(), key=lambda one: (one.stands_in, place.get(one.id, len(place)), one.id))
    for system in ordered:
        for connector in system.connectors():
            if not (system.stands_in and connector.channel in found):
                found.setdefault(connector.channel, []).append(connector)
    return found
