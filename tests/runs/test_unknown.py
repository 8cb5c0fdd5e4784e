"""What cannot be measured, at every place where a playbook may read it; and what a dry run leaves behind: nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from sqlalchemy import text

from runs.conftest import House
from runs.test_steps import by_id, playbook

LOOK = "  - {id: look, type: tool_call, tool: ask, with: {name: lost}, save_as: lost}\n"
PLACES = {
    "when": ("  - {id: use, type: tool_call, tool: act, when: lost > 1}\n", "partial", "skipped"),
    "if": (
        "  - {id: use, type: condition, if: lost > 1, then: [{id: t, type: tool_call, tool: act}]}\n",
        "partial",
        None,
    ),
    "switch on": (
        "  - {id: use, type: switch, on: lost, cases: [{is: 1, do: [{id: t, type: tool_call, tool: act}]}],"
        " else: [{id: e, type: tool_call, tool: act}]}\n",
        "partial",
        None,
    ),
    "switch when": (
        "  - {id: use, type: switch, cases: [{when: lost > 1, do: [{id: t, type: tool_call, tool: act}]}],"
        " else: [{id: e, type: tool_call, tool: act}]}\n",
        "partial",
        None,
    ),
    "items": (
        "  - {id: use, type: foreach, items: lost, do: [{id: t, type: tool_call, tool: act}]}\n",
        "failed",
        "failed",
    ),
    "items, gone on": (
        "  - {id: use, type: foreach, items: lost, on_error: continue, do: [{id: t, type: tool_call, tool: act}]}\n",
        "partial",
        "failed",
    ),
    "assert": ("  - {id: use, type: assert, that: lost > 1}\n", "failed", "failed"),
    "a tool's argument": (
        '  - {id: use, type: tool_call, tool: act, with: {name: "{{ lost }}"}}\n',
        "failed",
        "failed",
    ),
    "a recipient": (
        '  - {id: use, type: notify, channels: [email], to: ["{{ lost }}"], subject: S, body: B}\n',
        "failed",
        "failed",
    ),
    "all recipients": (
        '  - {id: use, type: notify, channels: [email], to: "{{ lost }}", subject: S, body: B}\n',
        "failed",
        "failed",
    ),
    "the end of a wait": ('  - {id: use, type: wait, until: "{{ lost }}"}\n', "failed", "failed"),
}


@pytest.mark.parametrize("place", PLACES)
async def test_what_is_unknown_takes_no_way_and_the_run_is_no_success(house: House, place: str) -> None:
    house.steered.answers["lost"] = ...
    steps, state, status = PLACES[place]
    record = await house.run(playbook(LOOK + steps))
    assert record["state"] == state
    assert by_id(record)["use"]["status"] == (status or "completed")
    assert "use" in record["reason"]
    assert (house.steered.acted, house.mail.arrived) == ([], [])


async def test_an_unknown_subject_line_and_body_say_so_in_words(house: House) -> None:
    house.steered.answers["lost"] = ...
    await house.run(
        playbook(
            LOOK + "  - {id: tell, type: notify, channels: [email], to: [owner],"
            ' subject: "{{ lost }}", body: "{{ lost }}"}\n'
        )
    )
    (mail,) = house.mail.arrived
    assert (mail.subject, mail.text) == ("unknown (nobody knows)", "unknown (nobody knows)")


async def test_messages_about_something_unknown_do_not_silence_each_other(house: House) -> None:
    house.steered.answers["lost"] = ...
    text = playbook(
        LOOK
        + '  - {id: tell, type: notify, channels: [email], to: [owner], subject: S, body: B, dedup_key: "{{ lost }}"}\n'
    )
    for _ in range(2):
        await house.run(text)
    assert len(house.mail.arrived) == 2


async def test_threads_about_something_unknown_are_not_thrown_together(house: House) -> None:
    house.steered.answers["lost"] = ...
    text = playbook(
        LOOK
        + '  - {id: open, type: create_thread, thread_type: general, title: "{{ lost }}", assign_to: [owner],'
        + ' dedup_key: "{{ lost }}"}\n'
    )
    for _ in range(2):
        await house.run(text)
    assert [thread["title"] for thread in house.threads.latest()] == ["unknown (nobody knows)"] * 2


RULES = """
success:
  - {id: enough, expr: lost > 1, warn: lost > 0}
alerts:
  - {id: expr_lost, expr: lost > 1, notify: [email]}
  - {id: subjects_lost, expr: 1 > 0, subjects: lost, notify: [email]}
"""


async def test_unknown_meets_no_criterion_and_alerts_nobody(house: House) -> None:
    house.steered.answers["lost"] = ...
    record = await house.run(playbook(LOOK + RULES))
    assert (record["state"], record["verdict"]) == ("succeeded", "unknown")
    assert [(row["rule"], row["state"]) for row in record["alerts"]] == [
        ("expr_lost", "unknown"),
        ("subjects_lost", "unknown"),
    ]
    assert house.mail.arrived == []


async def test_a_switch_takes_numbers_as_the_language_does(house: House) -> None:
    house.steered.answers["n"] = 2.0
    record = await house.run(
        playbook("""
  - {id: look, type: tool_call, tool: ask, with: {name: n}, save_as: n}
  - {id: use, type: switch, on: n, cases: [{is: 2, do: [{id: two, type: set, values: {a: 1}}]}]}
  - {id: flag, type: switch, on: "n === 2", cases: [{is: 1, do: [{id: one, type: set, values: {b: 1}}]}]}
""")
    )
    assert "two" in by_id(record)
    assert "one" not in by_id(record)


EVERYTHING = """
  - {id: look, type: tool_call, tool: ask, with: {name: list}, save_as: list}
  - {id: act, type: tool_call, tool: act}
  - {id: let, type: delegate, to: linus, task: Do., tools: [{tool: act, with: {name: x}}]}
  - {id: write, type: synthesize, kind: report, title: Report}
  - {id: tell, type: notify, channels: [dashboard, email], to: [owner], subject: S, body: B, dedup_key: k}
  - {id: open, type: create_thread, thread_type: general, title: T, assign_to: [owner], dedup_key: k}
  - {id: ask_if, type: condition, if: "list.length > 0", then: [{id: act_then, type: tool_call, tool: act}]}
  - {id: choose, type: switch, on: list.length, cases: [{is: 2, do: [{id: act_case, type: tool_call, tool: act}]}]}
  - {id: both, type: parallel, branches: {one: [{id: act_one, type: tool_call, tool: act}]}}
  - id: each
    type: foreach
    items: list
    do:
      - {id: tell_each, type: notify, channels: [email], to: [owner], subject: S, body: B}
      - {id: open_each, type: create_thread, thread_type: general, title: T, assign_to: [owner]}
  - {id: name, type: set, values: {a: 1}}
  - {id: sure, type: assert, that: "a === 1"}
  - {id: child, type: playbook, playbook: other_one}
  - {id: pause, type: wait, for: 1s}
finally:
  - {id: act_last, type: tool_call, tool: act}
alerts:
  - {id: some, expr: list.length > 0, subjects: list, key: "{{ subject }}", notify: [email, dashboard]}
"""
KEPT_EMPTY = ("effects", "contacts", "threads", "messages", "notifications", "alerts", "snapshots", "campaigns")


def rows_of(house: House, names: Iterable[str]) -> dict[str, int]:
    with house.store.reading() as connection:
        there = {row[0] for row in connection.execute(text("select name from sqlite_master where type = 'table'"))}
        found = [name for name in there if any(name.endswith(one) for one in names) and not name.startswith("dbos")]
        return {name: connection.execute(text(f"select count(*) from {name}")).scalar() or 0 for name in found}


async def test_a_dry_run_of_every_step_and_rule_leaves_nothing_behind(house: House) -> None:
    house.publish("id: other_one\nname: Other\nagent: leo\nsteps: [{id: act, type: tool_call, tool: act}]\n")
    house.steered.answers["list"] = ["a", "b"]
    run_id = await house.start(playbook(EVERYTHING), dry_run=True)
    for _ in range(20):
        record = await house.ended(run_id)
        if record["state"] not in ("queued", "running", "waiting"):
            break
        house.clock.forward(timedelta(seconds=2))
        await house.clockwork.round(house.clock.now())
    assert record["state"] == "succeeded", record["error"]
    counts = rows_of(house, KEPT_EMPTY)
    assert {"effects", "contacts", "threads", "notifications", "alerts"} <= set(counts)
    assert {name: count for name, count in counts.items() if count} == {}
    assert (house.steered.acted, house.mail.arrived) == ([], [])
    assert [row["id"] for row in house.records.runs.latest()] == [run_id]
