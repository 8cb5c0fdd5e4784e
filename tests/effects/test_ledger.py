"""Exactly once, or visibly uncertain: every class, with a fault at every place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from opsbook.effects.ledger import Effect, Ledger, effect_key
from opsbook.records.effects import Effects
from opsbook.records.segments import Segments
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Receipt, Refused
from opsbook.sdk.errors import Conflict, NeverWorks


class Died(BaseException):
    """The process is gone: nothing after this line happens."""


@dataclass
class Provider:
    """A provider of a class, which counts what arrived; `fault` says where the next send goes wrong."""

    effect_class: ConnectorClass
    name: str = "sample"
    channel: str = "email"
    search_after: timedelta = timedelta(seconds=60)
    arrived: list[str] = field(default_factory=list)
    fault: str | None = None

    async def send(self, parcel: Parcel) -> Receipt:
        fault, self.fault = self.fault, None
        if fault == "before":
            raise Died
        if fault == "refused":
            raise Refused("rejected", "No such mailbox.")
        repeat = parcel.key in self.arrived and self.effect_class in (ConnectorClass.A, ConnectorClass.B)
        if not repeat:
            self.arrived.append(parcel.key)
        if fault == "after":
            raise Died
        if fault == "lost":
            raise Lost("The connection broke after the message had left.")
        return Receipt(f"id-{len(self.arrived)}")

    async def find(self, key: str) -> Receipt | None:
        return Receipt("found") if key in self.arrived else None


@pytest.fixture
def store(tmp_path):
    opened = Store(f"sqlite:///{tmp_path}/a.db")
    metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def clock():
    return SteppedClock(datetime(2026, 11, 24, 9, tzinfo=UTC))


@pytest.fixture
def ledger(store, clock):
    async def sleep(seconds: float) -> None:
        clock.forward(timedelta(seconds=seconds))

    return Ledger(Effects(store), clock, sleep)


def effect(text: str = "Hello", item: str = "email:owner") -> Effect:
    key = effect_key("run_1", "steps/0", item)
    return Effect("run_1", "steps/0", item, Parcel(key, "owner@example.com", "Subject", text))


async def carry_out(ledger, provider, fault=None, times=2, one=None):
    """Once with the fault, then again as a recovery does. Answers the last row."""
    provider.fault = fault
    row = None
    for _ in range(times):
        try:
            row = await ledger.carry_out(one or effect(), provider, None)
        except Died:
            continue
    return row


ALL = [ConnectorClass.A, ConnectorClass.B, ConnectorClass.C, ConnectorClass.D]


@pytest.mark.parametrize("kind", ALL)
async def test_what_is_done_is_not_done_again(ledger, kind):
    provider = Provider(kind)
    row = await carry_out(ledger, provider, times=5)
    assert (row["state"], len(provider.arrived), row["provider_id"]) == ("done", 1, "id-1")


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("fault", ["before", "after", "lost"])
async def test_a_fault_never_sends_twice_and_is_never_silently_lost(ledger, kind, fault):
    provider = Provider(kind)
    row = await carry_out(ledger, provider, fault)
    assert len(provider.arrived) <= 1
    if kind is ConnectorClass.D:
        assert row["state"] == "uncertain"
    else:
        assert (row["state"], len(provider.arrived)) == ("done", 1)


async def test_a_searchable_provider_is_searched_only_after_its_index_delay(ledger, clock):
    provider = Provider(ConnectorClass.C)
    began = clock.now()
    await carry_out(ledger, provider, "after")
    assert clock.now() - began >= provider.search_after


@dataclass
class Deaf(Provider):
    """Its line breaks before anything arrives, every time."""

    tried: int = 0

    async def send(self, parcel: Parcel) -> Receipt:
        self.tried += 1
        raise Lost("The connection broke while the message was on its way.")


async def test_an_answer_that_is_lost_twice_is_uncertain_and_not_searched_for_again(ledger, clock):
    provider = Deaf(ConnectorClass.C)
    began = clock.now()
    row = await carry_out(ledger, provider, times=3)
    assert (row["state"], provider.tried) == ("uncertain", 2)
    assert clock.now() - began == provider.search_after


async def test_a_refusal_is_failed_and_may_be_tried_again(ledger):
    provider = Provider(ConnectorClass.D)
    first = await carry_out(ledger, provider, "refused", times=1)
    assert (first["state"], first["error"]["code"]) == ("failed", "rejected")
    again = await carry_out(ledger, provider, times=1)
    assert (again["state"], again["attempts"], len(provider.arrived)) == ("done", 2, 1)


async def test_another_content_under_a_started_key_is_refused_and_not_sent(ledger):
    provider = Provider(ConnectorClass.A)
    await carry_out(ledger, provider, times=1)
    with pytest.raises(Conflict):
        await ledger.carry_out(effect("Other words"), provider, None)
    assert len(provider.arrived) == 1


async def test_a_worker_that_was_taken_over_can_record_and_send_nothing(ledger, store, clock):
    provider = Provider(ConnectorClass.D)
    old, _ = await Segments(store).enter("run_1/s1", "run_1", clock.now())
    await Segments(store).enter("run_1/s1", "run_1", clock.now())
    with pytest.raises(NeverWorks, match="taken this run over"):
        await ledger.carry_out(effect(), provider, old)
    assert provider.arrived == []


async def test_a_person_settles_what_is_uncertain_once(ledger, clock):
    provider = Provider(ConnectorClass.D)
    row = await carry_out(ledger, provider, "after")
    assert ledger.effects.unsettled("run_1") == 1
    assert ledger.effects.settle(row["key"], "done", "owner", "seen in the mailbox", clock.now())["state"] == "done"
    assert ledger.effects.settle(row["key"], "failed", "owner", "changed my mind", clock.now()) is None
    assert ledger.effects.unsettled("run_1") == 0


def test_a_key_depends_on_run_step_and_recipient_and_on_nothing_else():
    keys = {effect_key(run, path, item) for run in "ab" for path in "cd" for item in "ef"}
    assert len(keys) == 8
    assert effect_key("a", "c", "e") == effect_key("a", "c", "e")
