"""What each step type does in a run, on every engine."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from runs.conftest import House

HEAD = "id: sample_playbook\nname: Sample\nagent: leo\n"


def playbook(steps: str, more: str = "") -> str:
    return f"{HEAD}{more}steps:\n{steps}"


def by_id(record: dict) -> dict:
    return {step["id"]: step for step in record["steps"]}


async def test_values_go_from_step_to_step(house: House) -> None:
    house.steered.answers["orders"] = [3, 4]
    record = await house.run(
        playbook("""
  - {id: ask_orders, type: tool_call, tool: ask, with: {name: orders}, save_as: orders}
  - {id: sums, type: set, values: {total: "{{ orders[0] + orders[1] }}", said: "{{ orders.length }} orders"}}
  - {id: right, type: assert, that: "total === 7 && said === '2 orders'"}
  - {id: by_step, type: assert, that: "steps.ask_orders.output[1] === 4 && steps.ask_orders.figures.asked.value === 1"}
""")
    )
    assert record["state"] == "succeeded"
    assert record["results"] == {"orders": [3, 4]}
    assert [step["status"] for step in record["steps"]] == ["completed"] * 4
    assert record["steps_executed"] == 4


async def test_a_condition_sets_its_flag_before_any_guard_reads_it(house: House) -> None:
    record = await house.run(
        playbook("""
  - {id: look, type: condition, if: "1 > 0", sets: found}
  - {id: taken, type: set, when: found, values: {a: 1}}
  - {id: skipped, type: set, when: "!found", values: {b: 1}}
""")
    )
    steps = by_id(record)
    assert (steps["taken"]["status"], steps["skipped"]["status"], steps["skipped"]["reason"]) == (
        "completed",
        "skipped",
        "guard",
    )
    assert record["conditions"] == {"found": True}
    assert (record["state"], record["steps_executed"]) == ("succeeded", 2)


async def test_a_condition_takes_one_block_and_an_unknown_one_takes_none(house: House) -> None:
    house.steered.answers["lost"] = ...
    record = await house.run(
        playbook("""
  - {id: ask_lost, type: tool_call, tool: ask, with: {name: lost}, save_as: lost}
  - id: known
    type: condition
    if: "true"
    then: [{id: yes_step, type: set, values: {a: 1}}]
    else: [{id: no_step, type: set, values: {a: 2}}]
  - id: unknown_one
    type: condition
    if: lost > 3
    sets: flag
    then: [{id: never, type: set, values: {c: 1}}]
    else: [{id: never_too, type: set, values: {c: 1}}]
  - {id: guarded, type: set, when: flag, values: {d: 1}}
""")
    )
    steps = by_id(record)
    assert set(steps) == {"ask_lost", "known", "yes_step", "unknown_one", "guarded"}
    assert steps["guarded"]["reason"].startswith("unknown")
    assert record["state"] == "partial"
    assert record["conditions"] == {"flag": "unknown"}


async def test_switch_takes_the_first_case_that_fits(house: House) -> None:
    record = await house.run(
        playbook("""
  - {id: word, type: set, values: {level: high}}
  - id: choose
    type: switch
    on: level
    cases:
      - {is: low, do: [{id: is_low, type: set, values: {a: 1}}]}
      - {is: high, do: [{id: is_high, type: set, values: {a: 2}}]}
    else: [{id: neither, type: set, values: {a: 3}}]
""")
    )
    assert set(by_id(record)) == {"word", "choose", "is_high"}


async def test_parallel_branches_run_beside_each_other_and_give_an_object(house: House) -> None:
    record = await house.run(
        playbook("""
  - id: both
    type: parallel
    save_as: found
    branches:
      left: [{id: l, type: tool_call, tool: ask, with: {name: left}}]
      right: [{id: r, type: tool_call, tool: ask, with: {name: right}}]
""")
    )
    assert record["results"]["found"] == {"left": "left", "right": "right"}
    assert house.steered.most_at_once == 2


async def test_foreach_keeps_the_order_of_its_list_and_its_limit(house: House) -> None:
    names = [f"n{number}" for number in range(12)]
    house.steered.answers["names"] = names
    record = await house.run(
        playbook("""
  - {id: list_names, type: tool_call, tool: ask, with: {name: names}, save_as: names}
  - id: each
    type: foreach
    items: names
    as: one
    at_once: 3
    save_as: found
    do: [{id: ask_one, type: tool_call, tool: ask, with: {name: "{{ one }}"}}]
""")
    )
    assert record["results"]["found"] == names
    assert house.steered.most_at_once == 3


async def test_branches_that_act_do_so_once_each(house: House) -> None:
    house.steered.answers["names"] = ["a", "b", "a"]
    record = await house.run(
        playbook("""
  - {id: list_names, type: tool_call, tool: ask, with: {name: names}, save_as: names}
  - id: each
    type: foreach
    items: names
    save_as: found
    do:
      - {id: look, type: tool_call, tool: ask, with: {name: "{{ item }}"}}
      - {id: do_one, type: tool_call, tool: act, with: {name: "{{ item }}"}}
""")
    )
    assert record["results"]["found"] == [{"done": "a"}, {"done": "b"}, {"done": "a"}]
    assert len(house.steered.acted) == 3
    assert record["state"] == "succeeded"


async def test_a_failing_branch_fails_its_step_and_names_the_reason(house: House) -> None:
    house.steered.failures["b"] = 9
    record = await house.run(
        playbook("""
  - id: both
    type: parallel
    branches:
      left: [{id: l, type: tool_call, tool: ask, with: {name: a}}]
      right: [{id: r, type: tool_call, tool: ask, with: {name: b}}]
""")
    )
    assert record["state"] == "failed"
    assert record["error"]["class"] == "branch_failed"
    assert "busy" in record["error"]["message"]


async def test_a_tool_call_says_which_tool_was_asked_even_where_its_answer_is_unknown(house: House) -> None:
    house.steered.answers["lost"] = ...
    record = await house.run(playbook("\n  - {id: ask_lost, type: tool_call, tool: ask, with: {name: lost}}\n"))
    assert by_id(record)["ask_lost"]["details"]["tool"] == "ask"


async def test_delegate_lets_another_agent_ask_its_tool(house: House) -> None:
    house.steered.answers["it"] = {"status": "well"}
    record = await house.run(
        playbook("""
  - {id: investigate, type: delegate, to: linus, task: "Look at it.", save_as: investigation}
""")
    )
    assert record["results"]["investigation"] == {"status": "well"}
    assert by_id(record)["investigate"]["details"]["agent"] == "linus"


async def test_notify_delivers_to_each_channel_and_keeps_a_row_for_each(house: House) -> None:
    record = await house.run(
        playbook("""
  - {id: tell, type: notify, channels: [dashboard, email], to: [owner], subject: Report, body: "All **well**."}
""")
    )
    assert [(row["channel"], row["state"]) for row in by_id(record)["tell"]["deliveries"]] == [
        ("dashboard", "done"),
        ("email", "done"),
    ]
    assert house.mail.arrived[0].to == "owner@example.com"
    assert "<strong>well</strong>" in str(house.mail.arrived[0].html)
    assert len(record["effects"]) == 2


async def test_a_lost_mail_is_uncertain_and_the_run_is_no_success(house: House) -> None:
    house.mail.fault = "lost"
    record = await house.run(
        playbook("""
  - {id: tell, type: notify, channels: [email], to: [owner], subject: Report, body: Words}
""")
    )
    assert record["effects"][0]["state"] == "uncertain"
    assert (record["state"], record["reason"]) == ("partial", "1 effect nobody can vouch for")
    assert "may or may not have arrived" in by_id(record)["tell"]["warnings"][0]
    assert len(house.mail.arrived) == 1


async def test_a_thread_carries_its_report_and_its_owner(house: House) -> None:
    record = await house.run(
        playbook("""
  - {id: text, type: set, values: {report: "# All well"}}
  - id: open
    type: create_thread
    thread_type: growth_review
    title: Review of {{ today }}
    assign_to: [owner]
    attach: [{title: Report, value: report}]
""")
    )
    thread = house.threads.get(by_id(record)["open"]["output"]["thread_id"])
    assert thread["title"] == "Review of 2026-11-24"
    assert thread["artifacts"][0]["data"] == "# All well"


async def test_a_wait_lets_go_of_its_worker_and_goes_on_when_its_time_has_come(house: House) -> None:
    run_id = await house.start(
        playbook("""
  - {id: before, type: tool_call, tool: ask, save_as: found}
  - {id: pause, type: wait, for: 2h}
  - {id: after, type: set, values: {said: "{{ found }}"}}
""")
    )
    parked = await house.ended(run_id)
    assert (parked["state"], by_id(parked)["pause"]["status"]) == ("waiting", "parked")
    await house.clockwork.round(house.clock.now() + timedelta(hours=1))
    assert house.record(run_id)["state"] == "waiting"
    house.clock.forward(timedelta(hours=2))
    await house.clockwork.round(house.clock.now())
    record = await house.ended(run_id)
    assert (record["state"], by_id(record)["after"]["output"]) == ("succeeded", {"said": "it"})
    assert house.steered.calls == ["it"]


async def test_a_child_playbook_gives_its_results_to_its_parent(house: House) -> None:
    house.publish(
        "id: child_one\nname: Child\nagent: leo\ninputs: {word: {type: string, required: true}}\n"
        "steps:\n  - {id: say, type: tool_call, tool: ask, with: {name: '{{ inputs.word }}'}, save_as: said}\n"
    )
    run_id = await house.start(
        playbook("""
  - {id: go, type: playbook, playbook: child_one, inputs: {word: hello}, save_as: child}
  - {id: right, type: assert, that: "child.said === 'hello'"}
""")
    )
    for _ in range(200):
        await house.clockwork.round(house.clock.now())
        if house.record(run_id)["state"] not in ("queued", "running", "waiting"):
            break
        await asyncio.sleep(0.01)
    record = house.record(run_id)
    assert record["state"] == "succeeded", record["error"]


async def test_synthesize_writes_from_what_the_run_has_found_and_says_that_no_model_was_asked(house: House) -> None:
    house.steered.answers["shops"] = ["North Pier", "Mill Yard"]
    house.steered.answers["lost"] = ...
    record = await house.run(
        playbook("""
  - {id: ask_shops, type: tool_call, tool: ask, with: {name: shops}, save_as: shops}
  - {id: ask_lost, type: tool_call, tool: ask, with: {name: lost}, save_as: lost}
  - {id: write, type: synthesize, kind: report, title: "Shops of {{ today }}", save_as: report}
""")
    )
    text = record["results"]["report"]
    assert text.startswith("# Shops of 2026-11-24\n")
    assert "North Pier" in text
    assert "- lost: nobody knows" in text
    assert "no model was asked" in text
    assert {fact["text"] for fact in by_id(record)["write"]["details"]["facts"]} >= {"North Pier", "Mill Yard"}
