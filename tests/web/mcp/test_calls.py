"""What other agents get: runs once for a key, progress, causes and cures, and rows of what they asked."""

from __future__ import annotations

import asyncio
import json

import pytest
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS
from pydantic import BaseModel
from sqlalchemy import select

from opsbook.records.tables.runs import calls
from opsbook.sdk.errors import InvalidInput
from opsbook.settings.mcp import EVERY, Right
from opsbook.web.house import House
from opsbook.web.mcp.answers import MOST_CHARACTERS, answered
from opsbook.web.mcp.asked import Elsewhere
from opsbook.web.mcp.caller import Caller
from opsbook.web.mcp.server import Desk
from web.mcp.asking import EVERYTHING, HELLO, agent, name_of, publish, words, wrote_a_report
from web.serving import Served

MODES = ["auto", "legacy"]


@pytest.mark.parametrize("mode", MODES)
async def test_a_playbook_is_run_to_its_end_and_told_how_far_it_has_come(served: Served, port: int, mode: str):
    heard: list[tuple[float, str | None]] = []

    async def hear(progress: float, _: float | None, message: str | None) -> None:
        heard.append((progress, message))

    async with agent(port, mode=mode) as client:
        wanted = {"playbook_id": HELLO, "inputs": {"name": "Ada"}}
        run = (await client.call_tool("run_playbook", wanted, progress_callback=hear)).structured_content
        again = (await client.call_tool("run_status", {"run_id": run["id"]})).structured_content
    assert (run["state"], run["verdict"], run["over"], run["dry_run"]) == ("succeeded", "met", True, False)
    assert [step["id"] for step in run["steps"]] == ["greet"]
    assert again == run
    assert heard == [(1, "greet completed")]
    kept = served.app.operations.get(run["id"])
    assert (kept["actor"], kept["trigger"], kept["inputs"]) == (f"mcp:{EVERYTHING}", "api", {"name": "Ada"})


async def test_the_same_key_is_the_same_run_however_often_and_at_once(served: Served, port: int):
    wanted = {"playbook_id": HELLO, "idempotency_key": "monday"}
    async with agent(port) as client:
        answers = await asyncio.gather(*(client.call_tool("run_playbook", wanted) for _ in range(10)))
        told = [answer.structured_content for answer in answers]
        other = await client.call_tool("run_playbook", {**wanted, "inputs": {"name": "somebody else"}})
    assert len({one["id"] for one in told}) == 1
    assert sorted(one["duplicate"] for one in told) == [False] + [True] * 9
    assert len(served.app.records.runs.latest()) == 1
    assert other.is_error
    assert (
        words(other) == "This key was used for another request. Use a new key for a new request. (idempotency_conflict)"
    )


async def test_two_callers_keys_are_never_the_same_one(served: Served, port: int):
    wanted = {"playbook_id": HELLO, "idempotency_key": "monday"}
    found = set()
    for name in (EVERYTHING, name_of(("run",))):
        async with agent(port, name) as client:
            found.add((await client.call_tool("run_playbook", wanted)).structured_content["id"])
    assert len(found) == 2


async def test_a_run_that_waits_is_not_waited_for(served: Served, port: int):
    async with agent(port) as client:
        answer = await client.call_tool("run_playbook", {"playbook_id": "takes_long", "wait_seconds": 60})
    assert answer.structured_content["state"] == "waiting"
    assert answer.structured_content["over"] is False


async def test_a_server_that_takes_leave_answers_with_what_is_known(served: Served, port: int):
    publish(served, "pauses", {"id": "pause", "type": "wait", "for": "50s"})
    served.site.state.house.draining.set()
    async with asyncio.timeout(20), agent(port) as client:
        answer = await client.call_tool("run_playbook", {"playbook_id": "pauses", "wait_seconds": 60})
    assert answer.structured_content["over"] is False


async def test_a_failed_run_is_an_answer_that_says_why_and_not_an_error_of_the_call(port: int):
    async with agent(port) as client:
        answer = await client.call_tool("run_playbook", {"playbook_id": "always_fails"})
    told = answer.structured_content
    assert not answer.is_error
    assert told["state"] == "failed"
    assert told["steps"][0]["error"]["message"] == "One is not more."


async def test_a_disabled_playbook_is_tried_but_not_run(port: int):
    async with agent(port) as client:
        tried = await client.call_tool("dry_run_playbook", {"playbook_id": "is_off"})
        run = await client.call_tool("run_playbook", {"playbook_id": "is_off"})
    assert (tried.structured_content["state"], tried.structured_content["dry_run"]) == ("succeeded", True)
    assert words(run).startswith("is_off is disabled.")
    assert words(run).endswith("(disabled)")


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("describe_playbook", {}, "describe_playbook needs the argument playbook_id. (invalid_input)"),
        ("list_runs", {"limt": 3}, "list_runs takes no argument limt. Did you mean limit? (invalid_input)"),
        ("list_runs", {"limit": 5000}, "less than or equal to 50"),
        ("list_runs", {"cursor": "' or 1=1"}, "argument cursor"),
        ("run_playbook", {"playbook_id": HELLO, "inputs": {"nme": "Ada"}}, "There is no input nme. Inputs here: name."),
        ("run_playbook", {"playbook_id": "../../etc"}, "There is no such playbook."),
        ("run_status", {"run_id": "run_0"}, "There is no such run. list_runs shows those that you can see."),
        ("getSystemHealht", {}, "There is no such tool. Did you mean getSystemHealth? (no_tool)"),
        ("getSignupAnalytics", {"days": 0}, "getSignupAnalytics refuses its argument days"),
    ],
)
async def test_a_mistake_is_told_with_its_cause_and_its_cure(port: int, tool: str, given: dict[str, object], said: str):
    async with agent(port) as client:
        answer = await client.call_tool(tool, given)
    assert answer.is_error
    assert said in words(answer)
    assert "Traceback" not in words(answer)


async def test_a_tool_that_reads_answers_through_the_gateway_and_leaves_its_row(served: Served, port: int):
    async with agent(port) as client:
        answer = await client.call_tool("getSignupAnalytics", {"days": 7})
        refused = await client.call_tool("getSignupAnalytics", {"dys": 7})
    told = answer.structured_content
    assert told["source"] == "warehouse: users, leads, events"
    assert told["figures"]["total"]["status"] == "unknown"  # nothing was loaded: it is not 0
    assert json.loads(words(answer)) == told
    assert refused.is_error
    await served.app.store.shared(lambda _: None)  # rows of calls go with the next commit
    kept = kept_calls(served)
    assert [(row["name"], row["ok"], row["error_code"]) for row in kept] == [
        ("getSignupAnalytics", True, None),
        ("getSignupAnalytics", False, "invalid_input"),
    ]
    assert {row["agent"] for row in kept} == {f"mcp:{EVERYTHING}"}


def kept_calls(served: Served) -> list[dict[str, object]]:
    with served.app.store.reading() as connection:
        return [dict(row) for row in connection.execute(select(calls).order_by(calls.c.started_at)).mappings()]


async def test_a_report_is_read_as_a_tools_answer_and_as_a_resource(served: Served, port: int):
    run_id = await wrote_a_report(served)
    async with agent(port) as client:
        told = (await client.call_tool("run_report", {"run_id": run_id})).structured_content
        contents = (await client.read_resource(f"opsbook://runs/{run_id}/report")).contents[0]
        hello = (await client.call_tool("run_playbook", {"playbook_id": HELLO})).structured_content
        none = await client.call_tool("run_report", {"run_id": hello["id"]})
    assert told["reports"][0]["markdown"] == contents.text
    assert contents.mime_type == "text/markdown"
    assert "wrote no report" in words(none)


async def test_a_playbook_is_a_resource_with_its_text_as_published(port: int):
    async with agent(port) as client:
        listed = (await client.list_resources()).resources
        text = (await client.read_resource(f"opsbook://playbooks/{HELLO}")).contents[0].text
    assert [str(one.uri) for one in listed if HELLO in str(one.uri)] == [f"opsbook://playbooks/{HELLO}"]
    assert text == f"# {HELLO}\n"


@pytest.mark.parametrize(
    "uri", ["opsbook://playbooks/none", "opsbook://runs/run_0/report", "file:///etc/passwd", "x:y"]
)
async def test_a_resource_that_is_not_there_is_an_error_with_its_cure(port: int, uri: str):
    async with agent(port) as client:
        found = (await asyncio.gather(client.read_resource(uri), return_exceptions=True))[0]
    assert isinstance(found, MCPError)
    assert found.code == INVALID_PARAMS
    assert "There is no" in found.message


async def test_pages_of_runs_hold_each_run_once(served: Served, port: int):
    async with agent(port) as client:
        started = [
            (await client.call_tool("run_playbook", {"playbook_id": HELLO})).structured_content["id"] for _ in range(5)
        ]
        seen, cursor = [], None
        while True:
            page = (await client.call_tool("list_runs", {"limit": 2, "cursor": cursor})).structured_content
            seen += [run["id"] for run in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
    assert seen == list(reversed(started))


def test_an_answer_is_bounded():
    class Told(BaseModel):
        text: str

    assert answered(Told(text="x" * (MOST_CHARACTERS - 20))).structured_content
    with pytest.raises(InvalidInput, match="Ask for less"):
        answered(Told(text="x" * MOST_CHARACTERS))


async def test_a_fault_of_ours_is_told_by_its_kind_alone_and_the_log_has_the_rest(served: Served, caplog):
    everything = Caller("tester", frozenset(Right), frozenset({EVERY}))
    broken_house = House(served.app, None)  # type: ignore[arg-type]
    async with Client(Desk(broken_house, Elsewhere(), lambda _: everything).server()) as client:
        answer = await client.call_tool("describe_playbook", {"playbook_id": HELLO})
    assert answer.is_error
    assert words(answer) == "Something broke here (AttributeError). The server's log has the rest. (internal)"
    assert "a call of mcp:tester broke" in caplog.text
