"""Branches: how failures, stops, doubts and names go through them; on both engines, reading and acting."""

from __future__ import annotations

import asyncio

import pytest

from runs.conftest import House
from runs.test_steps import by_id, playbook

TOOL = pytest.mark.parametrize("tool", ["ask", "act"])


def foreach(items: str, inner: str, more: str = "", after: str = "") -> str:
    return playbook(
        f"""
  - id: each
    type: foreach
    items: "{items}"
    save_as: found{more}
    do:
{inner}
{after}"""
    )


async def test_after_the_first_failure_no_further_branch_that_acts_is_started(house: House) -> None:
    inner = """
      - {id: check, type: assert, that: "item !== 2"}
      - {id: do_it, type: tool_call, tool: act, with: {name: "n{{ item }}"}}
"""
    record = await house.run(foreach("[1, 2, 3, 4, 5]", inner, "\n    at_once: 1"))
    assert (record["state"], len(house.steered.acted)) == ("failed", 1)
    assert "1 of 5 branches failed, 3 were not started" in record["error"]["message"]


async def test_without_fail_fast_every_branch_that_acts_is_carried_out(house: House) -> None:
    inner = """
      - {id: check, type: assert, that: "item !== 2"}
      - {id: do_it, type: tool_call, tool: act, with: {name: "n{{ item }}"}}
"""
    record = await house.run(foreach("[1, 2, 3, 4, 5]", inner, "\n    at_once: 1\n    fail_fast: false"))
    assert (record["state"], len(house.steered.acted)) == ("failed", 4)


@TOOL
async def test_a_guard_that_is_unknown_in_a_branch_makes_the_run_partial(house: House, tool: str) -> None:
    house.steered.answers["lost"] = ...
    inner = f"""
      - {{id: look, type: tool_call, tool: ask, with: {{name: lost}}, save_as: lost}}
      - {{id: use, type: tool_call, tool: {tool}, when: "lost > 1"}}
"""
    record = await house.run(foreach("[1, 2]", inner))
    assert record["state"] == "partial"
    assert "use" in record["reason"]


@TOOL
async def test_a_step_that_failed_and_was_gone_on_from_in_a_branch_makes_the_run_partial(
    house: House, tool: str
) -> None:
    inner = f"""
      - {{id: wrong, type: assert, that: "item !== 2", on_error: continue}}
      - {{id: do_it, type: tool_call, tool: {tool}}}
"""
    record = await house.run(foreach("[1, 2]", inner))
    assert record["state"] == "partial"
    assert "wrong" in record["reason"]


@TOOL
async def test_a_run_that_is_cancelled_in_its_branches_is_cancelled_also_when_nothing_comes_after_them(
    house: House, tool: str
) -> None:
    house.steered.held = asyncio.Event()
    inner = f"""
      - {{id: slow, type: tool_call, tool: ask, with: {{hold: true}}}}
      - {{id: do_it, type: tool_call, tool: {tool}, with: {{name: done}}}}
"""
    run_id = await house.start(foreach("[1, 2, 3]", inner))
    await house.steered.asked.wait()
    house.operations.cancel(run_id)
    house.steered.held.set()
    record = await house.ended(run_id)
    assert record["state"] == "cancelled"
    assert house.steered.acted == []
    assert "done" not in house.steered.calls
    assert record["results"].get("found") != [None, None, None]


async def test_an_acting_loop_inside_an_acting_loop_sees_both_items(house: House) -> None:
    inner = """
      - id: inner
        type: foreach
        items: "['x', 'y']"
        as: letter
        do:
          - {id: do_it, type: tool_call, tool: act, with: {name: "{{ item }}{{ letter }}"}}
"""
    record = await house.run(foreach("[1, 2]", inner))
    assert record["state"] == "succeeded"
    assert record["results"]["found"] == [
        [{"done": "1x"}, {"done": "1y"}],
        [{"done": "2x"}, {"done": "2y"}],
    ]


async def test_a_reading_loop_inside_a_branch_that_acts(house: House) -> None:
    inner = """
      - id: inner
        type: foreach
        items: "['x', 'y']"
        as: letter
        save_as: read
        do:
          - {id: look, type: tool_call, tool: ask, with: {name: "{{ item }}{{ letter }}"}}
      - {id: do_it, type: tool_call, tool: act, with: {name: "{{ read.join('-') }}"}}
"""
    record = await house.run(foreach("[1, 2]", inner))
    assert record["results"]["found"] == [{"done": "1x-1y"}, {"done": "2x-2y"}]
    assert len([step for step in record["steps"] if step["id"] == "look"]) == 4


@TOOL
@pytest.mark.parametrize(
    ("items", "found"),
    [("[]", []), ("[1, 1, 1]", [1, 1, 1]), ("[3, 1, 2]", [3, 1, 2])],
)
async def test_empty_lists_duplicates_and_order(house: House, tool: str, items: str, found: list) -> None:
    inner = f"""
      - {{id: do_it, type: tool_call, tool: {tool}, with: {{name: "n{{{{ index }}}}"}}}}
      - {{id: give, type: set, values: {{v: "{{{{ item }}}}"}}}}
"""
    record = await house.run(foreach(items, inner))
    assert record["state"] == "succeeded"
    assert record["results"]["found"] == [{"v": value} for value in found]
    if tool == "act":
        assert len(house.steered.acted) == len(found)


@pytest.mark.parametrize(
    ("value", "code"), [(..., "unknown"), ({"a": 1}, "not_a_list"), (list(range(1001)), "too_many_items")]
)
@TOOL
async def test_what_is_no_list_or_too_long_fails_before_any_branch(
    house: House, tool: str, value: object, code: str
) -> None:
    house.steered.answers["list"] = value
    record = await house.run(
        playbook(f"""
  - {{id: look, type: tool_call, tool: ask, with: {{name: list}}, save_as: list}}
  - id: each
    type: foreach
    items: list
    do: [{{id: do_it, type: tool_call, tool: {tool}, with: {{name: done}}}}]
""")
    )
    assert (record["state"], record["error"]["class"]) == ("failed", code)
    assert (house.steered.acted, house.steered.calls) == ([], ["list"])


@TOOL
async def test_a_branch_has_its_own_on_error_and_messages_go_out_once_each(house: House, tool: str) -> None:
    inner = f"""
      - {{id: do_it, type: tool_call, tool: {tool}}}
      - id: tell
        type: notify
        channels: [email]
        to: [owner]
        subject: "Item {{{{ item }}}}"
        body: "Item {{{{ item }}}}"
      - id: wrong
        type: assert
        that: "item !== 2"
        on_error: {{steps: [{{id: mend, type: tool_call, tool: act, with: {{name: mended}}}}]}}
"""
    record = await house.run(foreach("[1, 2, 3]", inner))
    assert record["state"] == "partial"
    assert sorted(parcel.subject for parcel in house.mail.arrived) == ["Item 1", "Item 2", "Item 3"]
    assert len([step for step in record["steps"] if step["id"] == "mend"]) == 1


@TOOL
async def test_names_of_a_branch_do_not_leak_into_its_neighbour_or_the_rest(house: House, tool: str) -> None:
    after = """
  - {id: later, type: set, values: {item_: "{{ steps.each.output[1].v }}"}}
"""
    inner = f"""
      - {{id: do_it, type: tool_call, tool: {tool}}}
      - {{id: give, type: set, when: "item === 1", values: {{mine: "{{{{ item }}}}"}}}}
      - {{id: value, type: set, values: {{v: "{{{{ mine }}}} of {{{{ item }}}}"}}}}
"""
    record = await house.run(foreach("[1, 2]", inner, after=after))
    assert record["results"]["found"] == [{"v": "1 of 1"}, {"v": "unknown (give was skipped) of 2"}]
    assert by_id(record)["later"]["output"] == {"item_": "unknown (give was skipped) of 2"}


async def test_branches_that_act_have_what_is_left_of_the_time_of_their_run(house: House) -> None:
    house.steered.failures["it"] = 99
    began = house.clock.now()
    record = await house.run(
        playbook(
            """
  - id: first
    type: tool_call
    tool: ask
    on_error: continue
    retry: {max_attempts: 2, delay: 40s, backoff: constant, jitter: false}
  - id: each
    type: foreach
    items: "[1, 2, 3]"
    at_once: 1
    do:
      - id: slow
        type: tool_call
        tool: ask
        on_error: continue
        retry: {max_attempts: 2, delay: 15s, backoff: constant, jitter: false}
      - {id: do_it, type: tool_call, tool: act}
""",
            "policy: {timeout: 1m}\n",
        )
    )
    assert record["state"] == "partial"
    assert (house.clock.now() - began).total_seconds() == 40 + 15


async def test_a_report_in_a_branch_is_written_from_what_the_run_has_found_before_it(house: House) -> None:
    record = await house.run(
        playbook("""
  - {id: look, type: tool_call, tool: ask, with: {name: orders}, save_as: orders}
  - id: both
    type: parallel
    branches:
      one: [{id: write, type: synthesize, kind: report, title: Report}]
""")
    )
    text = by_id(record)["both"]["output"]["one"]
    assert "Answers found by this run: 1." in text, text
