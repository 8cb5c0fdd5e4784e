"""Messages to people: every recipient once, through the first connector that takes it, and no claim beyond that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from opsbook.effects.delivery import Door, DryDoor, Origin
from opsbook.effects.ledger import Ledger, effect_key
from opsbook.records.effects import Effects
from opsbook.records.store import Store
from opsbook.records.tables import metadata
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.effects import ConnectorClass, Lost, Parcel, Receipt, Refused
from opsbook.sdk.errors import Conflict, InvalidInput, PersonNeeded
from opsbook.sdk.work import Message


class Died(BaseException):
    """The process is gone: nothing after this line happens."""


@dataclass
class Mailer:
    """A provider of mail. `faults` says what becomes of the next sends, in order; then it works."""

    name: str
    effect_class: ConnectorClass = ConnectorClass.D
    channel: str = "email"
    search_after: timedelta = timedelta(seconds=60)
    arrived: list[Parcel] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> Receipt:
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "before":
            raise Died
        if fault == "lost":
            raise Lost("The connection broke after the message had left.")
        if fault and fault != "after":
            raise Refused(fault, "Not taken.", permanent=fault != "rate_limited")
        repeat = self.effect_class is ConnectorClass.A and any(parcel.key == one.key for one in self.arrived)
        if not repeat:
            self.arrived.append(parcel)
        if fault == "after":
            raise Died
        return Receipt(f"{self.name}-{len(self.arrived)}")

    async def find(self, key: str) -> Receipt | None:
        return next((Receipt(f"{self.name}-found") for one in self.arrived if one.key == key), None)


class Book:
    """Everybody is at NAME@example.com; `nobody` cannot be reached."""

    def of(self, channel: str, to: Sequence[str]) -> Sequence[tuple[str, str]]:
        return [(name, "" if name == "nobody" else f"{name}@example.com") for name in to]


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
def make_door(store, clock):
    async def sleep(seconds: float) -> None:
        clock.forward(timedelta(seconds=seconds))

    def make(*mailers: Mailer) -> Door:
        channels = {"email": mailers} if mailers else {}
        return Door(Ledger(Effects(store), clock, sleep), channels, Book())

    return make


def origin(run_id: str = "run_1") -> Origin:
    return Origin(run_id, "3.tell", None, lambda item: effect_key(run_id, "3.tell", item))


def message(*to: str, body: str = "All **well**.", dedup_key: str | None = None) -> Message:
    return Message(("email",), to or ("ada",), "Health", body, "high", dedup_key)


async def test_each_recipient_gets_the_message_once_however_often_it_is_delivered(make_door):
    mailer = Mailer("first")
    door = make_door(mailer)
    rows = [await door.deliver(message("ada", "bob"), origin()) for _ in range(3)]
    assert [parcel.to for parcel in mailer.arrived] == ["ada@example.com", "bob@example.com"]
    assert rows[0] == rows[2]
    assert [(row["state"], row["connector"], row["provider_id"]) for row in rows[2]] == [
        ("done", "first", "first-1"),
        ("done", "first", "first-2"),
    ]


async def test_mail_is_written_as_html_too_and_markup_in_it_stays_text(make_door):
    mailer = Mailer("first")
    await make_door(mailer).deliver(message(body="All **well** <script>alert(1)</script>"), origin())
    sent = mailer.arrived[0]
    assert sent.html is not None
    assert "<strong>well</strong>" in sent.html
    assert "<script>" not in sent.html
    assert sent.severity == "high"


async def test_a_channel_without_a_connector_failed_and_says_so(make_door):
    (row,) = await make_door().deliver(message(), origin())
    assert (row["state"], row["error"], row["permanent"]) == ("failed", "not_configured", True)


async def test_somebody_who_cannot_be_reached_fails_and_the_others_get_theirs(make_door):
    mailer = Mailer("first")
    rows = await make_door(mailer).deliver(message("nobody", "ada"), origin())
    assert [(row["state"], row["error"]) for row in rows] == [("failed", "no_address"), ("done", None)]
    assert [parcel.to for parcel in mailer.arrived] == ["ada@example.com"]


async def test_a_message_to_nobody_is_refused_before_anything_leaves(make_door):
    with pytest.raises(InvalidInput, match="no recipient on email"):
        await make_door(Mailer("first")).deliver(Message(("email",), (), "Health", "Well."), origin())


async def test_about_the_same_thing_nobody_is_told_twice_within_six_hours(make_door, clock):
    mailer = Mailer("first")
    door = make_door(mailer)
    await door.deliver(message(dedup_key="mailjet down"), origin("run_1"))
    (row,) = await door.deliver(message(dedup_key="mailjet down"), origin("run_2"))
    assert row["state"] == "quiet"
    (again,) = await door.deliver(message(dedup_key="mailjet down"), origin("run_1"))
    assert again["state"] == "done"
    clock.forward(timedelta(hours=6, seconds=1))
    (later,) = await door.deliver(message(dedup_key="mailjet down"), origin("run_3"))
    assert (later["state"], len(mailer.arrived)) == ("done", 2)


async def test_what_is_about_the_same_thing_follows_its_first_message_for_a_week(make_door, clock):
    mailer = Mailer("first")
    door = make_door(mailer)
    for number, days in enumerate((0, 1, 5, 2, 1)):
        clock.forward(timedelta(days=days))
        await door.deliver(message(dedup_key="mailjet down"), origin(f"run_{number}"))
    assert [parcel.follows for parcel in mailer.arrived] == [None, "first-1", "first-1", None, "first-4"]


async def test_an_alerts_end_follows_its_opening_although_their_keys_differ(make_door):
    first, second = Mailer("first"), Mailer("second")
    for number, what in enumerate(("opened", "closed")):
        told = replace(message(dedup_key=f"alert:1:{what}"), about="alert:1")
        await make_door(first).deliver(told, origin(f"run_{number}"))
    await make_door(first).deliver(replace(message(), about="alert:2"), origin("run_2"))
    await make_door(second).deliver(replace(message(), about="alert:1"), origin("run_3"))
    assert [parcel.follows for parcel in first.arrived] == [None, "first-1", None]
    assert [parcel.follows for parcel in second.arrived] == [None]  # another way out has no such message


async def test_what_has_begun_is_settled_even_when_another_run_has_told_the_same_meanwhile(make_door):
    mailer = Mailer("first", ConnectorClass.A, faults=["after"])
    door = make_door(mailer)
    with pytest.raises(Died):
        await door.deliver(message(dedup_key="mailjet down"), origin("run_1"))
    await door.deliver(message(dedup_key="mailjet down"), origin("run_2"))
    (row,) = await door.deliver(message(dedup_key="mailjet down"), origin("run_1"))
    assert row["state"] == "done"
    assert door.ledger.effects.unsettled("run_1") == 0


@pytest.mark.parametrize("reason", ["credentials", "not_configured", "account", "vendor_policy", "quota"])
async def test_a_provider_that_refuses_for_its_own_reason_is_replaced_and_the_row_says_so(make_door, reason):
    first, second = Mailer("first", faults=[reason]), Mailer("second")
    door = make_door(first, second)
    (row,) = await door.deliver(message(), origin())
    assert (row["state"], row["connector"]) == ("done", "second")
    assert row["failed_over_from"] == [{"connector": "first", "error": reason}]
    ledger = {one["connector"]: one["state"] for one in door.ledger.effects.of_run("run_1")}
    assert ledger == {"first": "failed", "second": "done"}


@pytest.mark.parametrize("reason", ["rejected", "rate_limited", "too_large"])
async def test_a_refusal_that_is_not_the_providers_own_stays_with_it(make_door, reason):
    first, second = Mailer("first", faults=[reason]), Mailer("second")
    (row,) = await make_door(first, second).deliver(message(), origin())
    assert (row["state"], row["error"], row["permanent"]) == ("failed", reason, reason != "rate_limited")
    assert second.arrived == []
    assert "failed_over_from" not in row


@pytest.mark.parametrize("kind", [ConnectorClass.C, ConnectorClass.D])
async def test_where_nobody_knows_whether_it_left_no_other_provider_is_tried(make_door, kind):
    first, second = Mailer("first", kind, faults=["lost", "lost"]), Mailer("second")
    door = make_door(first, second)
    for _ in range(2):
        (row,) = await door.deliver(message(), origin())
        assert (row["state"], row["connector"]) == ("uncertain", "first")
    assert second.arrived == []


async def test_when_all_refuse_the_last_refusal_is_the_answer(make_door):
    door = make_door(Mailer("first", faults=["credentials"]), Mailer("second", faults=["account"]))
    (row,) = await door.deliver(message(), origin())
    assert (row["state"], row["connector"], row["error"]) == ("failed", "second", "account")
    assert row["failed_over_from"] == [{"connector": "first", "error": "credentials"}]


async def test_a_provider_that_works_again_does_not_repeat_what_its_stand_in_sent(make_door):
    first, second = Mailer("first", faults=["credentials"]), Mailer("second")
    door = make_door(first, second)
    await door.deliver(message(), origin())
    (row,) = await door.deliver(message(), origin())
    assert (row["connector"], len(first.arrived), len(second.arrived)) == ("second", 0, 1)
    assert row["failed_over_from"] == [{"connector": "first", "error": "credentials"}]


async def test_a_changed_order_of_providers_sends_nothing_again(make_door):
    first, second = Mailer("first", faults=["credentials"]), Mailer("second")
    await make_door(first, second).deliver(message(), origin())
    (row,) = await make_door(second, first).deliver(message(), origin())
    assert (row["state"], len(first.arrived), len(second.arrived)) == ("done", 0, 1)


@pytest.mark.parametrize("kind", [ConnectorClass.A, ConnectorClass.C, ConnectorClass.D])
@pytest.mark.parametrize("died", ["before", "after"])
@pytest.mark.parametrize("which", ["first", "second"])
async def test_a_death_at_any_point_sends_at_most_once_over_all_providers(make_door, kind, died, which):
    first, second = Mailer("first", kind), Mailer("second", kind)
    if which == "first":
        first.faults = [died]
    else:
        first.faults, second.faults = ["credentials", "credentials"], [died]
    door = make_door(first, second)
    with pytest.raises(Died):
        await door.deliver(message(), origin())
    (row,) = await door.deliver(message(), origin())
    assert len(first.arrived) + len(second.arrived) <= 1
    assert row["connector"] == which
    assert row["state"] == ("uncertain" if kind is ConnectorClass.D else "done")
    assert (row["state"] == "uncertain") or len(first.arrived) + len(second.arrived) == 1


async def test_a_repeat_that_is_refused_proves_nothing_about_the_try_that_may_have_left(make_door):
    first, second = Mailer("first", ConnectorClass.A, faults=["after", "credentials"]), Mailer("second")
    door = make_door(first, second)
    with pytest.raises(Died):
        await door.deliver(message(), origin())
    (row,) = await door.deliver(message(), origin())
    assert (row["state"], len(first.arrived), second.arrived) == ("uncertain", 1, [])


async def test_what_a_removed_provider_did_stands_and_what_it_may_have_done_needs_a_person(make_door):
    first, second = Mailer("first"), Mailer("second")
    await make_door(first).deliver(message(), origin("run_1"))
    (row,) = await make_door(second).deliver(message(), origin("run_1"))
    assert (row["state"], row["connector"], second.arrived) == ("done", "first", [])
    first.faults = ["after"]
    with pytest.raises(Died):
        await make_door(first).deliver(message(), origin("run_2"))
    with pytest.raises(PersonNeeded, match="first"):
        await make_door(second).deliver(message(), origin("run_2"))
    assert second.arrived == []


async def test_other_words_under_the_same_effect_are_refused(make_door):
    mailer = Mailer("first")
    door = make_door(mailer)
    await door.deliver(message(), origin())
    with pytest.raises(Conflict):
        await door.deliver(message(body="Something else."), origin())
    assert len(mailer.arrived) == 1


async def test_a_dry_run_says_whom_it_would_reach_and_whom_it_could_not(store):
    rows = await DryDoor(Book()).deliver(message("ada", "nobody"), origin())
    assert [(row["recipient"], row["state"]) for row in rows] == [
        ("ada@example.com", "would_send"),
        ("nobody", "would_fail"),
    ]
    assert Effects(store).of_run("run_1") == []
