"""The composition root: the only place where the rooms meet. Everything else is handed what it needs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from opsbook.agents.desk import Desk
from opsbook.agents.models import Models
from opsbook.agents.roster import Roster, load_roster
from opsbook.catalogue import catalog_of
from opsbook.effects.delivery import Door, DryDoor
from opsbook.effects.ledger import Ledger
from opsbook.inbox.campaigns import Campaigns
from opsbook.inbox.people import People, Person
from opsbook.inbox.threads import Threads
from opsbook.integrations.configuration import configure
from opsbook.integrations.monitor import Monitor
from opsbook.playbooks.catalog import Catalog
from opsbook.records.alerts import Alerts
from opsbook.records.effects import Effects
from opsbook.records.playbooks import Playbooks
from opsbook.records.runs import Runs
from opsbook.records.segments import Segments
from opsbook.records.slots import Slots
from opsbook.records.store import Store
from opsbook.records.waits import Waits
from opsbook.runs.acceptance import Acceptance
from opsbook.runs.alerts import Alerting
from opsbook.runs.clockwork import Clockwork
from opsbook.runs.engine import Engine
from opsbook.runs.events import Bus
from opsbook.runs.operations import Operations
from opsbook.runs.segment import RunBody
from opsbook.runs.services import Records, Services
from opsbook.sdk.clock import Clock, Ids, SystemClock
from opsbook.settings import Settings
from opsbook.tools.gateway import Gateway
