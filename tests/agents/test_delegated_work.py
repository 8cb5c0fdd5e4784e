"""Delegated work with a typed result: rounds of tools, lies, misfits; over the vendors' own wire formats."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.delegated import LOGS, OUTPUT, SIDE, TOOLS, Answers, bench, filled_without_a_model, good
from agents.scripted_vendors import Call, Turn
from opsbook.agents.roster import Roster
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.values import Unknown
from opsbook.sdk.work import ToolRequest, Wanted


async def test_a_typed_answer_stands_beside_the_tools_answer_with_the_facts_that_each_field_rests_on() -> None:
    async with bench(good) as made:
        done = await made.done()
    assert done.value == {
        "logs": LOGS,
        "systems": 1,
        "failures": 7,
        "side": "theirs",
        "finding": "Aeropay is offline after 7 failures.",
    }
    fields = done.details["fields"]
    assert fields["systems"] == {"from": "formula", "facts": []}
    assert fields["failures"]["from"] == fields["finding"]["from"] == "model"
    by_id = {fact["id"]: fact for fact in done.details["facts"]}
    assert [by_id[one]["label"] for one in fields["finding"]["facts"]] == ["Aeropay: status", "Aeropay: failures"]
    assert done.details["written_by"].startswith("Answered by claude-haiku-5-5 for linus;")
    assert done.details["tools"]["logs"]["tool"] == "look"
    assert done.cost["requests"] == 1


async def test_a_model_may_ask_its_agents_reading_tools_by_the_gateway_and_their_answers_are_facts_too() -> None:
    def digs(turn: Turn) -> Any:
        if not turn.said:
            return Call("dig", {"system": "aeropay"})
        return good(turn, finding=f"There were {turn.token('errors')} errors.")

    async with bench(digs) as made:
        done = await made.done()
        assert [row["tool"] for row in made.meter.calls.of_run("run_1")] == ["dig"]
    assert done.value["finding"] == "There were 61 errors."
    assert [(row.name, row.agent, row.ok) for row in made.rows] == [("look", "linus", True), ("dig", "linus", True)]
    assert done.details["asked"] == [{"tool": "dig", "args": {"system": "aeropay"}, "source": "a test", "error": None}]
    assert done.cost["requests"] == 2


async def test_another_servers_tool_is_spoken_as_vendors_take_names_and_only_its_figures_reach_the_model() -> None:
    def counts(turn: Turn) -> Any:
        return good(turn) if turn.said else Call("others_count", {"system": "aeropay"})

    async with bench(counts) as made:
        linus = made.desk.roster.get("linus")
        can = linus.can.model_copy(update={"tools": frozenset({"look", "others.count"})})
        made.desk.roster = Roster({**made.desk.roster.agents, "linus": replace(linus, can=can)})
        done = await made.done()
    assert all(set(turn.tools) == {"look", "others_count", "answer"} for turn in made.vendors.turns)
    assert [row.name for row in made.rows] == ["look", "others.count"]
    assert [one["tool"] for one in done.details["asked"]] == ["others.count"]
    assert "Ignore" not in str(made.vendors.turns)
    assert done.value["failures"] == 7


async def test_what_acts_what_is_not_on_the_list_and_what_delegates_is_never_offered_and_never_called() -> None:
    def obeys(turn: Turn) -> Any:
        if not turn.said:
            return Call("dig")
        return Call(("act", "foreign", "delegate")[len(turn.said) % 3], {"system": "mallory"})

    async with bench(obeys) as made:
        done = await made.done()
    assert all(set(turn.tools) == {"look", "dig", "who", "answer"} for turn in made.vendors.turns)
    assert TOOLS["act"].asked == TOOLS["foreign"].asked == []
    assert {row.name for row in made.rows} == {"look", "dig"}
    filled_without_a_model(done, "UnexpectedModelBehavior")
    assert "mallory" not in str(done.value)


async def test_a_tool_that_acts_is_carried_out_where_the_playbook_names_it_and_not_in_a_dry_run() -> None:
    named = (ToolRequest("act", {}, "logs"),)
    output = {"told": Wanted("boolean", otherwise="logs.done")}
    async with bench(lambda turn: {}) as made:
        live = await made.done(tools=named, output=output)
        dry = await made.done(tools=named, output=output, dry_run=True, run_id="run_2")
    assert (live.value["told"], dry.value["told"]) == (True, False)
    assert TOOLS["act"].asked == ["aeropay"]
    assert [row.dry_run for row in made.rows] == [False, True]


@pytest.mark.parametrize(
    ("lie", "told"),
    [
        ({"finding": "It failed 9 times."}, "'9' stands outside a token"),
        ({"finding": "It failed nine times."}, "'nine' stands outside a token"),
        ({"finding": "Its failures doubled."}, "'doubled' stands outside a token"),
        ({"finding": "Northwind Bank broke it."}, "No fact is about Northwind Bank"),
        ({"finding": "Aeropay is degraded."}, "No fact says degraded"),
        ({"finding": "Write to mallory@example.com."}, "'mallory@example.com' stands outside a token"),
        ({"finding": "See [[f99]]."}, "There is no token f99"),
        ({"failures": 7}, "write the token"),
        ({"failures": "[[f99]]"}, "There is no fact f99"),
        ({"side": "theirs"}, "an object with value and rests_on"),
        ({"side": {"value": "mine", "rests_on": ["[[f1]]"]}}, "one of ours, theirs, unclear"),
        ({"side": {"value": "ours", "rests_on": []}}, "one at least"),
        ({"side": {"value": "ours", "rests_on": ["[[f77]]"]}}, "There is no fact f77"),
        ({"systems": "[[f1]]"}, "There is no field systems"),
        ({"finding": ["a"]}, "this is a text"),
    ],
)
async def test_a_lie_or_a_misfit_is_sent_back_once_and_then_the_rules_answer(lie: dict[str, Any], told: str) -> None:
    async with bench(lambda turn: good(turn, **lie)) as made:
        done = await made.done()
    assert len(made.vendors.turns) == 2
    assert told in made.vendors.turns[1].said[-1]
    filled_without_a_model(done, "UnexpectedModelBehavior")


async def test_a_mended_answer_is_used() -> None:
    def mends(turn: Turn) -> Any:
        return good(turn) if turn.said else {"finding": "It failed 9 times."}

    async with bench(mends) as made:
        done = await made.done()
    assert done.value["finding"] == "Aeropay is offline after 7 failures."
    assert len(made.vendors.turns) == 2


async def test_a_figure_of_another_unit_is_no_value_of_a_field() -> None:
    async with bench(lambda turn: good(turn, failures=turn.token("Aeropay: uptime"))) as made:
        await made.done()
    assert "is a figure in ratio, not in count" in made.vendors.turns[1].said[-1]


async def test_a_field_that_the_model_leaves_out_is_its_rule_or_unknown_and_never_empty() -> None:
    async with bench(lambda turn: {}) as made:
        done = await made.done()
    assert done.value["side"] == "unclear"
    assert done.value["finding"] == Unknown("the agent found no fact that tells it").as_json()
    assert done.details["fields"]["side"]["from"] == "otherwise"


async def test_lists_and_objects_are_read_part_by_part() -> None:
    one = Wanted("object", properties={"name": Wanted("string"), "failures": Wanted("number", unit="count")})
    output = {"found": Wanted("array", items=one, max_items=2)}

    def lists(turn: Turn) -> Any:
        entry = {"name": turn.token("Aeropay: name"), "failures": turn.token("Aeropay: failures")}
        return {"found": [entry, entry, entry] if not turn.said else [entry]}

    async with bench(lists) as made:
        done = await made.done(output=output)
    assert "at most 2 entries" in made.vendors.turns[1].said[-1]
    assert done.value["found"] == [{"name": "Aeropay", "failures": 7}]


async def test_without_a_key_nothing_is_asked_and_the_rules_answer_and_say_so() -> None:
    async with bench(good, keys="") as made:
        done = await made.done(output={**OUTPUT, "logs.systems": Wanted("number")})
    assert made.vendors.turns == []
    assert done.value["side"] == "unclear"
    assert done.value["logs.systems"] == 1
    assert done.value["failures"] == Unknown("only a model could tell it, and none has").as_json()
    assert done.details["written_by"] == "Filled from what the tools found; no model was asked."
    assert done.cost == {}
    assert done.warnings == ()


async def test_where_the_tools_found_nothing_no_model_is_asked_and_the_whole_value_is_unknown() -> None:
    dark = Answers("look", Unknown("nobody probed").as_json())
    async with bench(good) as made:
        TOOLS["look"], kept = dark, TOOLS["look"]
        try:
            done = await made.done(tools=(ToolRequest("look"),), output={"side": SIDE})
        finally:
            TOOLS["look"] = kept
    assert done.value == Unknown("nobody probed").as_json()
    assert made.vendors.turns == []


@pytest.mark.parametrize("tools", [(ToolRequest("look"),), (ToolRequest("dig"),)])
async def test_fields_need_a_place_of_their_own_in_the_value(tools: tuple[ToolRequest, ...]) -> None:
    async with bench(good) as made:
        with pytest.raises(InvalidInput) as refused:
            await made.done(tools=tools, output={"errors": Wanted("number"), "note": Wanted("string")})
    assert "as:" in refused.value.cure
    assert made.vendors.turns == []
