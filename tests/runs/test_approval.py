"""Runs that wait for a person: for days, over restarts, to exactly one outcome; what is not approved does not go on."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from inbox.approving import approve, reject
from opsbook.runs.engine import Elsewhere
from opsbook.sdk.errors import Conflict, InvalidDefinition
from runs.conftest import House, house_of
from runs.test_steps import by_id, playbook
from runs.test_waiting import turn

DAY = timedelta(days=1)


def asking(more: str = "", keys: str = "to: [approver], ") -> str:
    return playbook(f"""
  - {{id: read_it, type: tool_call, tool: ask, with: {{name: read}}, save_as: found}}
  - {{id: may_we, type: approval, {keys}title: Go on, message: "May we act on {{{{ found }}}}?", of: found,
     save_as: asked{more}}}
  - {{id: go, type: tool_call, tool: act, with: {{name: go}}, when: asked.decision === "approved"}}
""")


async def parked(house: House, text: str) -> tuple[str, dict[str, Any]]:
    """The id of a run that waits, and the approval it waits for."""
    run_id = await house.start(text)
    record = await house.ended(run_id)
    assert record["state"] == "waiting", record["error"]
    (approval,) = house.approvals.rows.of_run(run_id)
    return run_id, approval


async def test_a_run_waits_for_days_and_goes_on_with_what_was_decided(house: House) -> None:
    run_id, approval = await parked(house, asking())
    assert sorted(parcel.to for parcel in house.mail.arrived) == ["ops@example.com", "owner@example.com"]
    for _ in range(3):
        house.clock.forward(timedelta(hours=12))
        await house.clockwork.round(house.clock.now())
    assert house.operations.get(run_id)["state"] == "waiting"
    await house.approvals.decide(approval["id"], "ops", approve(note="Go."))
    record = await turn(house, run_id)
    assert (record["state"], len(house.steered.acted)) == ("succeeded", 1)
    value = by_id(record)["may_we"]["output"]
    assert set(value) == {"decision", "by", "at", "via", "form", "note", "decisions"}
    assert (value["decision"], value["by"], value["via"], value["note"]) == ("approved", "ops", "cli", "Go.")
    assert record["results"]["asked"] == value


async def test_what_is_decided_about_is_what_the_run_had_read(house: House) -> None:
    house.steered.answers["read"] = {"limit": 12}
    text = asking().replace("{{ found }}", "{{ found.limit }}")
    _, approval = await parked(house, text)
    assert house.approvals.frozen(approval)["value"] == {"limit": 12}
    assert "May we act on 12?" in house.mail.arrived[0].text


async def test_a_rejection_fails_the_step_with_its_reason_and_nothing_after_it_is_done(house: House) -> None:
    run_id, approval = await parked(house, asking())
    await house.approvals.decide(approval["id"], "ops", reject("Not this week."))
    record = await turn(house, run_id)
    assert (record["state"], house.steered.acted) == ("failed", [])
    assert by_id(record)["may_we"]["error"]["class"] == "rejected"
    assert "ops rejected it: Not this week." in record["error"]["message"]


async def test_where_the_document_says_so_a_rejection_is_a_value_that_guards_read(house: House) -> None:
    run_id, approval = await parked(house, asking(", unless_approved: continue"))
    await house.approvals.decide(approval["id"], "ops", reject("No."))
    record = await turn(house, run_id)
    assert (record["state"], house.steered.acted) == ("succeeded", [])
    assert record["results"]["asked"]["decision"] == "rejected"
    assert by_id(record)["go"]["reason"] == "guard"


async def test_nobody_in_time_fails_the_step(house: House) -> None:
    run_id, _ = await parked(house, asking(", deadline: 2d"))
    house.clock.forward(2 * DAY)
    await house.clockwork.round(house.clock.now())
    record = await turn(house, run_id)
    assert (record["state"], by_id(record)["may_we"]["error"]["class"]) == ("failed", "expired")
    assert house.steered.acted == []


async def test_after_an_escalation_those_who_were_brought_in_decide(house: House) -> None:
    run_id, approval = await parked(
        house, asking(", deadline: 1d, on_deadline: escalate, escalate_to: [boss]", "to: [ops], ")
    )
    house.clock.forward(DAY)
    await house.clockwork.round(house.clock.now())
    assert house.mail.arrived[-1].to == "boss@example.com"
    await house.approvals.decide(approval["id"], "boss", approve())
    assert (await turn(house, run_id))["state"] == "succeeded"


async def test_two_who_decide_at_once_make_one_outcome(house: House) -> None:
    run_id, approval = await parked(house, asking())
    both = await asyncio.gather(
        house.approvals.decide(approval["id"], "ops", approve()),
        house.approvals.decide(approval["id"], "owner", reject()),
        return_exceptions=True,
    )
    assert [type(one) for one in both if isinstance(one, BaseException)] == [Conflict]
    record = await turn(house, run_id)
    approved = house.approvals.get(approval["id"])["state"] == "approved"
    assert (record["state"], len(house.steered.acted)) == (("succeeded", 1) if approved else ("failed", 0))


async def test_a_decision_without_a_server_is_taken_up_by_the_next_one(tmp_path: Path, template: Path) -> None:
    shutil.copy(template, tmp_path / "a.db")
    async with house_of(tmp_path / "a.db", "durable") as house:
        run_id, approval = await parked(house, asking())
    async with house_of(tmp_path / "a.db", "memory") as command:
        command.operations.engine = Elsewhere()
        await command.approvals.decide(approval["id"], "ops", approve())
        assert command.operations.get(run_id)["state"] == "queued"
    async with house_of(tmp_path / "a.db", "durable") as house:
        record = await turn(house, run_id)
        assert (record["state"], len(house.steered.acted)) == ("succeeded", 1)


async def test_a_decision_that_comes_before_the_run_has_parked_is_not_lost(house: House) -> None:
    run_id, approval = await parked(house, asking())
    (wait,) = house.records.waits.open_of(run_id)
    with house.store.transaction() as connection:  # as if the process had died between asking and parking
        connection.exec_driver_sql("update waits set state = 'gone', subject = null")
    await house.approvals.decide(approval["id"], "ops", approve())
    with house.store.transaction() as connection:
        connection.exec_driver_sql(f"update waits set state = 'open', subject = '{wait['subject']}'")
    record = await turn(house, run_id)
    assert (record["state"], len(house.steered.acted)) == ("succeeded", 1)


async def test_when_the_run_is_cancelled_its_question_is_void(house: House) -> None:
    run_id, approval = await parked(house, asking())
    house.operations.cancel(run_id)
    with pytest.raises(Conflict, match="does not wait for this any more"):
        await house.approvals.decide(approval["id"], "ops", approve())
    assert (await turn(house, run_id))["state"] == "cancelled"
    assert house.approvals.get(approval["id"])["state"] == "voided"


async def test_a_cancelled_runs_question_is_voided_by_the_round_when_nobody_tries(house: House) -> None:
    run_id, approval = await parked(house, asking())
    house.operations.cancel(run_id)
    await turn(house, run_id)
    await house.clockwork.round(house.clock.now())
    assert house.approvals.get(approval["id"])["state"] == "voided"


async def test_the_next_attempt_of_a_rejected_run_asks_again(house: House) -> None:
    run_id, approval = await parked(house, asking())
    await house.approvals.decide(approval["id"], "ops", reject())
    await turn(house, run_id)
    await house.operations.retry(run_id)
    assert (await house.ended(run_id))["state"] == "waiting"
    (again,) = house.approvals.rows.of_run(run_id)
    assert again["id"] != approval["id"]
    await house.approvals.decide(again["id"], "ops", approve())
    assert (await turn(house, run_id))["state"] == "succeeded"


async def test_whoever_started_the_run_is_not_asked_and_may_not_decide(house: House) -> None:
    run_id = await house.start(asking(), actor="person:ops")
    await house.ended(run_id)
    assert [parcel.to for parcel in house.mail.arrived] == ["owner@example.com"]


async def test_a_dry_run_asks_nobody_and_says_whom_it_would_ask(house: House) -> None:
    record = await house.run(asking(), dry_run=True)
    assert (record["state"], house.approvals.rows.latest(), house.mail.arrived) == ("succeeded", [], [])
    step = by_id(record)["may_we"]
    assert step["details"] == {"would_ask": ["owner", "ops"], "quorum": 1}
    assert "as if this were approved" in step["warnings"][0]
    assert (by_id(record)["go"]["output"], house.steered.acted) == ({"would_do": "go", "dry_run": True}, [])


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("to: [], message: May we?", "to"),
        ("to: [ops], message: May we?, on_deadline: escalate", "belong together"),
        ("to: [ops], message: May we?, escalate_to: [boss]", "belong together"),
        ("to: [ops], message: May we?, quorum: 0", "quorum"),
        ("to: [ops], message: May we?, form: {days: {type: date}}", "type"),
        ("to: [ops], message: May we?, deadline: soon", "Not a duration"),
        ("to: [ops], message: May we?, whom: [boss]", "whom"),
    ],
)
def test_what_makes_no_sense_is_refused_before_it_runs(house: House, keys: str, said: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        house.publish(playbook(f"  - {{id: may_we, type: approval, {keys}}}\n"))
    told = [f"{problem.path}: {problem.sentence}" for problem in refused.value.problems]
    assert any(said in one for one in told), told


def test_a_branch_cannot_wait_for_a_person(house: House) -> None:
    inner = "{id: may_we, type: approval, to: [ops], message: May we?}"
    with pytest.raises(InvalidDefinition) as refused:
        house.publish(playbook(f"  - {{id: each, type: foreach, items: '[1]', do: [{inner}]}}\n"))
    assert "branch" in str(refused.value.problems[0])


async def test_somebody_whom_nobody_knows_fails_the_step_before_anybody_is_asked(house: House) -> None:
    record = await house.run(asking(keys="to: [approver, bosss], "))
    assert (record["state"], record["error"]["class"]) == ("failed", "unknown_person")
    assert "boss" in record["error"]["cure"]
    assert house.approvals.rows.latest() == []
