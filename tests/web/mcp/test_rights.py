"""Every tool for every set of rights: what is not given is refused, is not shown, and does nothing."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from opsbook.sdk.tool import EffectClass
from opsbook.settings.mcp import Right
from opsbook.web.mcp.offers import OFFERS
from opsbook.web.mcp.reading import readable
from web.mcp.asking import EVERYTHING, HELLO, SUBSETS, agent, name_of, words, wrote_a_report
from web.serving import Served

READS = "getSystemHealth"


async def arguments(served: Served) -> dict[str, dict[str, Any]]:
    """For each tool the arguments of a call that works for who may make it."""
    run = await wrote_a_report(served)
    one, playbook = {"run_id": run}, {"playbook_id": HELLO}
    return {
        "list_playbooks": {},
        "describe_playbook": playbook,
        "dry_run_playbook": playbook,
        "run_playbook": playbook,
        "run_status": one,
        "list_runs": {},
        "run_report": one,
        READS: {},
    }


def needed(tool: str) -> str:
    return OFFERS[tool].right.value if tool in OFFERS else Right.READ.value


async def test_a_tool_works_for_those_who_have_its_right_and_for_nobody_else(served: Served, port: int):
    calls = await arguments(served)
    assert set(calls) == {*OFFERS, READS}
    seen: dict[tuple[str, ...], dict[str, bool]] = {}
    for rights in SUBSETS:
        async with agent(port, name_of(rights)) as client:
            answers = {tool: await client.call_tool(tool, given) for tool, given in calls.items()}
        seen[rights] = {tool: not answer.is_error for tool, answer in answers.items()}
        refusals = [words(answer) for tool, answer in answers.items() if needed(tool) not in rights]
        assert all("(no_right)" in text and "takes the right" in text for text in refusals)
    assert seen == {rights: {tool: needed(tool) in rights for tool in calls} for rights in SUBSETS}


async def test_who_may_not_run_starts_no_run_with_effects_whatever_it_calls(served: Served, port: int):
    for rights in SUBSETS:
        if "run" in rights:
            continue
        async with agent(port, name_of(rights)) as client:
            for tool in OFFERS:
                await client.call_tool(tool, {"playbook_id": HELLO})
            for tool in served.app.gateway.tools:
                await client.call_tool(tool, {})
    runs = served.app.records.runs.latest(limit=200)
    assert {run["actor"] for run in runs} == {"mcp:agent-dryrun", "mcp:agent-read-dryrun"}
    assert all(run["dry_run"] for run in runs)
    assert served.app.records.effects.of_run(runs[0]["id"]) == []


@pytest.mark.parametrize("rights", SUBSETS, ids=name_of)
async def test_only_what_may_be_called_is_shown(served: Served, port: int, rights: tuple[str, ...]):
    async with agent(port, name_of(rights)) as client:
        shown = {tool.name for tool in (await client.list_tools()).tools}
        resources = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates
    reads = set(readable(served.app.gateway.tools)) if "read" in rights else set()
    assert shown == {tool for tool in OFFERS if needed(tool) in rights} | reads
    assert bool(resources) is bool(templates) is ("read" in rights)


async def test_no_right_opens_a_tool_that_acts(served: Served, port: int):
    acting = [name for name, tool in served.app.gateway.tools.items() if tool.effect is not EffectClass.READ]
    assert acting
    async with agent(port, EVERYTHING) as client:
        for name in acting:
            answer = await client.call_tool(name, {})
            assert answer.is_error
            assert "(tool_not_allowed)" in words(answer)


async def test_a_caller_sees_its_own_playbooks_and_their_runs_and_no_others(served: Served, port: int):
    run = await wrote_a_report(served)
    async with agent(port, "narrow") as client:
        listed = (await client.call_tool("list_playbooks", {})).structured_content
        assert [one["id"] for one in listed["items"]] == [HELLO]
        for tool in ("describe_playbook", "dry_run_playbook", "run_playbook"):
            for playbook_id in ("takes_long", "is_off", "no_such"):
                answer = await client.call_tool(tool, {"playbook_id": playbook_id})
                assert answer.is_error
                assert words(answer).startswith(f"There is no playbook {playbook_id}.")
        for tool in ("run_status", "run_report"):
            there, nowhere = [await client.call_tool(tool, {"run_id": one}) for one in (run, "run_0000")]
            assert words(there) == words(nowhere)
        assert (await client.call_tool("list_runs", {"playbook_id": "writes"})).is_error
        await client.call_tool("run_playbook", {"playbook_id": HELLO})
        runs = (await client.call_tool("list_runs", {})).structured_content
        assert [one["playbook_id"] for one in runs["items"]] == [HELLO]
        assert [str(one.uri) for one in (await client.list_resources()).resources] == [f"opsbook://playbooks/{HELLO}"]


async def test_a_token_that_names_no_playbook_sees_none(port: int):
    async with agent(port, "bare") as client:
        assert (await client.call_tool("list_playbooks", {})).structured_content == {"items": []}
        assert (await client.call_tool("run_playbook", {"playbook_id": HELLO})).is_error


async def test_every_answer_is_as_its_schema_says(served: Served, port: int):
    calls = await arguments(served)
    async with agent(port) as client:
        schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
        for tool, given in calls.items():
            answer = await client.call_tool(tool, given)
            jsonschema.validate(answer.structured_content, schemas[tool])
