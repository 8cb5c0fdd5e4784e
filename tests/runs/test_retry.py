"""Another attempt of a run that failed: the same run goes on, and what it did is not done again."""

from __future__ import annotations

import asyncio

from runs.conftest import House
from runs.test_steps import by_id, playbook

FAILS_LATE = """
  - {id: look, type: tool_call, tool: ask, with: {name: first}, save_as: found}
  - {id: do_it, type: tool_call, tool: act}
  - {id: tell, type: notify, channels: [email], to: [owner], subject: Report, body: "{{ found }}"}
  - {id: fragile, type: tool_call, tool: ask, with: {name: fragile}, save_as: late}
  - {id: after, type: set, values: {said: "{{ found }} {{ late }}"}}
finally:
  - {id: clean, type: tool_call, tool: ask, with: {name: clean}}
"""


async def again(house: House, run_id: str) -> dict:
    assert await house.operations.retry(run_id) is not None
    return await house.ended(run_id)


async def test_it_goes_on_at_what_failed_and_effects_are_not_repeated(house: House) -> None:
    house.steered.failures["fragile"] = 1
    first = await house.run(playbook(FAILS_LATE))
    assert (first["state"], first["attempt"]) == ("failed", 1)
    house.steered.answers["first"] = "changed"
    second = await again(house, first["id"])
    assert (second["id"], second["state"], second["attempt"]) == (first["id"], "succeeded", 2)
    assert by_id(second)["after"]["output"] == {"said": "first fragile"}
    assert (len(house.steered.acted), len(house.mail.arrived)) == (1, 1)
    assert house.steered.calls == ["first", "fragile", "clean", "fragile", "clean"]
    assert [(one["attempt"], one["state"], one["error"]["step"]) for one in second["earlier"]] == [
        (1, "failed", "fragile")
    ]


async def test_it_may_fail_again_and_each_attempt_is_counted(house: House) -> None:
    house.steered.failures["fragile"] = 2
    run = await house.run(playbook(FAILS_LATE))
    run = await again(house, run["id"])
    assert (run["state"], run["attempt"]) == ("failed", 2)
    run = await again(house, run["id"])
    assert (run["state"], run["attempt"], len(run["earlier"])) == ("succeeded", 3, 2)


async def test_a_mail_that_was_refused_is_sent_by_the_next_attempt_and_a_lost_one_is_not(house: House) -> None:
    house.mail.fault = "refused"
    run = await house.run(playbook(FAILS_LATE))
    assert run["state"] == "failed"
    assert (await again(house, run["id"]))["state"] == "succeeded"
    assert len(house.mail.arrived) == 1


async def test_what_did_not_fail_is_not_taken_up(house: House) -> None:
    run = await house.run(playbook("  - {id: look, type: tool_call, tool: ask}\n"))
    assert await house.operations.retry(run["id"]) is None
    assert house.record(run["id"])["attempt"] == 1


async def test_of_many_who_ask_one_takes_it_up(house: House) -> None:
    house.steered.failures["fragile"] = 1
    run = await house.run(playbook(FAILS_LATE))
    answers = await asyncio.gather(*(house.operations.retry(run["id"]) for _ in range(20)))
    assert sum(answer is not None for answer in answers) == 1
    assert (await house.ended(run["id"]))["attempt"] == 2


async def test_branches_that_acted_do_not_act_again(house: House) -> None:
    house.steered.failures["b"] = 1
    run = await house.run(
        playbook("""
  - id: each
    type: foreach
    items: "['a', 'b', 'c']"
    at_once: 1
    fail_fast: false
    save_as: done
    do:
      - {id: do_one, type: tool_call, tool: act, with: {name: "{{ item }}"}}
      - {id: look, type: tool_call, tool: ask, with: {name: "{{ item }}"}}
""")
    )
    assert run["state"] == "failed"
    run = await again(house, run["id"])
    assert (run["state"], run["results"]["done"]) == ("succeeded", ["a", "b", "c"])
    assert len(house.steered.acted) == 3


async def test_what_was_skipped_for_an_unknown_is_looked_at_again(house: House) -> None:
    house.steered.failures["flag"] = 1
    run = await house.run(
        playbook("""
  - {id: look, type: tool_call, tool: ask, with: {name: flag}, save_as: flag, on_error: continue}
  - {id: guarded, type: tool_call, tool: act, when: 'flag === "flag"'}
  - {id: wrong, type: assert, that: 'flag === "flag"'}
""")
    )
    assert (run["state"], by_id(run)["guarded"]["status"]) == ("failed", "skipped")
    run = await again(house, run["id"])
    assert (run["state"], by_id(run)["guarded"]["status"]) == ("succeeded", "completed")


async def test_a_child_that_failed_is_taken_up_with_its_parent(house: House) -> None:
    house.steered.failures["fragile"] = 1
    house.publish(
        "id: child_one\nname: Child\nagent: leo\n"
        "steps:\n  - {id: say, type: tool_call, tool: ask, with: {name: fragile}, save_as: said}\n"
    )
    run_id = await house.start(playbook("  - {id: go, type: playbook, playbook: child_one, save_as: child}\n"))
    assert await over(house, run_id) == "failed"
    assert await house.operations.retry(run_id) is not None
    assert await over(house, run_id) == "succeeded"
    assert sorted(row["attempt"] for row in house.records.runs.latest()) == [2, 2]


async def over(house: House, run_id: str) -> str:
    for _ in range(400):
        await house.clockwork.round(house.clock.now())
        if (state := house.record(run_id)["state"]) not in ("queued", "running", "waiting"):
            return str(state)
        await asyncio.sleep(0.005)
    raise AssertionError("the run came to no end")
