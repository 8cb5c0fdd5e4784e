"""`opsbook mcp`: other agents on the standard streams, tokens, and what other people's servers offer."""

from __future__ import annotations

import asyncio
import hashlib
import sys
import tomllib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters

from cli.commanding import HELLO, LONG_WAIT, Shell, command
from cli.serving import server
from opsbook.settings import Settings

PROGRAM = Path(__file__).parents[1] / "peers" / "mcp_server.py"


def asked(shell: Shell, work: Callable[[Client], Awaitable[Any]], *words: str, mode: str = "auto") -> Any:
    """What the work comes to with the official client, whose server is `opsbook mcp` in the shell's folder."""
    program, *args = command("mcp", *words)
    started = StdioServerParameters(command=program, args=args, env=shell.environment(), cwd=shell.folder)

    async def done() -> Any:
        async with Client(started, mode=mode) as client:
            found.append((await asyncio.gather(work(client), return_exceptions=True))[0])

    found: list[Any] = []
    asyncio.run(done())
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]


async def call(client: Client, tool: str, **given: Any) -> Any:
    answer = await client.call_tool(tool, given)
    text = "".join(getattr(part, "text", "") for part in answer.content)
    return text if answer.is_error else answer.structured_content


def test_an_agent_looks_and_tries_and_may_not_run(shell: Shell):
    shell.publish(HELLO)

    async def work(client: Client) -> None:
        names = {tool.name for tool in (await client.list_tools()).tools}
        assert {"list_playbooks", "dry_run_playbook", "getSystemHealth"} <= names
        assert "run_playbook" not in names
        listed = await call(client, "list_playbooks")
        assert [one["id"] for one in listed["items"]] == ["says_hello"]
        tried = await call(client, "dry_run_playbook", playbook_id="says_hello")
        assert (tried["state"], tried["dry_run"], tried["actor"]) == ("succeeded", True, "mcp:mcp")
        assert "takes the right run" in await call(client, "run_playbook", playbook_id="says_hello")

    asked(shell, work, mode="legacy")  # as the programs that people have today speak
    assert [run["dry_run"] for run in shell("runs", "list", "--json").json["items"]] == [True]


def test_an_agent_that_may_run_does_so_many_times_at_once_and_lets_go_of_the_store_between(shell: Shell):
    shell.publish(HELLO)

    async def work(client: Client) -> None:
        wanted = [call(client, "run_playbook", playbook_id="says_hello", idempotency_key=str(n % 3)) for n in range(6)]
        ran = await asyncio.gather(*wanted)
        assert {run["state"] for run in ran} == {"succeeded"}
        assert len({run["id"] for run in ran}) == 3
        with server(shell):  # the store is free for a server while nothing is carried out
            followed = await call(client, "run_playbook", playbook_id="says_hello", wait_seconds=60)
            assert followed["state"] == "succeeded"

    asked(shell, work, "--allow-runs")


def test_a_run_that_outlives_the_agent_is_taken_up_by_the_next_who_works(shell: Shell):
    shell.publish(LONG_WAIT)

    async def work(client: Client) -> str:
        return str((await call(client, "run_playbook", playbook_id="takes_long", wait_seconds=0))["id"])

    run_id = asked(shell, work, "--allow-runs")
    assert shell("runs", "show", run_id, "--json").json["state"] in ("queued", "running", "waiting")


def test_the_standard_output_holds_the_protocol_and_nothing_else(shell: Shell):
    answer = shell.process("mcp")
    assert (answer.code, answer.out) == (0, "")


def test_a_store_that_cannot_be_opened_is_told_on_the_error_output(shell: Shell):
    (shell.folder / "home").write_text("no folder")
    answer = shell.process("mcp")
    assert answer.code != 0
    assert answer.out == ""
    assert "Traceback" not in answer.err


def test_a_token_is_shown_once_and_only_its_hash_is_set(shell: Shell):
    answer = shell("mcp", "token", "assistant", "--right", "read", "--right", "dry_run", "--playbook", "says_hello")
    assert answer.code == 0
    token = answer.out.splitlines()[0].rpartition(": ")[2]
    set_ = answer.out[answer.out.index("[mcp.") :]
    settings = Settings.model_validate(tomllib.loads(set_)).mcp.tokens["assistant"]
    assert settings.sha256 == hashlib.sha256(token.encode()).hexdigest()
    assert settings.rights == ("read", "dry_run")
    assert settings.playbooks == ("says_hello",)
    assert token not in set_
    assert len(token) >= 43  # 32 random bytes
    assert shell("mcp", "token", "assistant", "--json").json["token"] != token
    assert shell("mcp", "token", "No Name").code == 2


def test_a_token_lets_an_agent_in_at_the_door_of_the_server(shell: Shell):
    shell.publish(HELLO)
    drawn = shell("mcp", "token", "assistant", "--json").json
    shell.write(f'[mcp.tokens.assistant]\nsha256 = "{drawn["sha256"]}"\nrights = ["read"]\n', "opsbook.toml")
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    headers = {"Accept": "application/json, text/event-stream", "Authorization": f"Bearer {drawn['token']}"}
    with server(shell) as (_, client):
        assert client.post("/mcp", json=body, headers=headers).status_code == 200
        assert client.post("/mcp", json=body, headers={**headers, "Authorization": "Bearer x"}).status_code == 401


def configured(shell: Shell, mood: str, allowed: str = "") -> None:
    """Settings that name the peer as the server `others`."""
    program = ", ".join(f"'{word}'" for word in (sys.executable, "-W", "ignore", str(PROGRAM), mood))
    shell.write(f"[mcp.servers.others]\ncommand = [{program}]\n{allowed}", "opsbook.toml")


def test_what_a_server_offers_is_shown_with_the_lines_that_allow_it(shell: Shell):
    configured(shell, "")
    shown = shell("mcp", "tools", "others")
    items = {item["name"]: item for item in shell("mcp", "tools", "others", "--json").json["items"]}
    assert shown.code == 0, shown.err
    lines = f'[mcp.servers.others.tools."incidents"]\n  effect = "read"\n  digest = "{items["incidents"]["digest"]}"'
    assert lines in shown.out
    assert items["restart"]["state"] == "acts"
    allowed = "\n".join(line.strip() for line in lines.splitlines())
    gone = f'[mcp.servers.others.tools.gone]\neffect = "read"\ndigest = "{"0" * 64}"'
    configured(shell, "changed", f"{allowed}\n{gone}\n")
    states = {item["name"]: item["state"] for item in shell("mcp", "tools", "others", "--json").json["items"]}
    assert (states["incidents"], states["page"], states["gone"]) == ("changed", "not_allowed", "gone")


def test_an_allowed_tool_is_a_tool_of_playbooks_and_of_no_agent_that_does_not_name_it(shell: Shell):
    configured(shell, "")
    items = {item["name"]: item for item in shell("mcp", "tools", "others", "--json").json["items"]}
    allowed = f'[mcp.servers.others.tools.incidents]\neffect = "read"\ndigest = "{items["incidents"]["digest"]}"\n'
    step = "{id: ask, type: tool_call, tool: others.incidents, with: {query: open}, save_as: found}"
    text = f"id: asks\nname: Asks\nsteps:\n  - {step}\nsuccess:\n  - {{id: few, expr: found.open < 5}}\n"
    configured(shell, "", allowed)
    shell.publish(text)
    run = shell("run", "asks", "--json").json
    assert (run["state"], run["verdict"]) == ("succeeded", "met"), run["error"]
    assert run["steps"][0]["output"]["open"] == 3
    assert run["steps"][0]["details"]["source"] == "mcp:others.incidents"
    shown = shell("mcp", "tools", "others", "--json").json["items"]
    assert next(item["state"] for item in shown if item["name"] == "incidents") == "allowed"
    refused = shell("publish", shell.write(text.replace("name: Asks", "name: Asks\nagent: leo")))
    assert refused.code == 3
    assert "leo" in refused.out + refused.err


def test_a_server_that_is_not_set_is_told_with_the_nearest_name(shell: Shell):
    configured(shell, "")
    answer = shell("mcp", "tools", "other")
    assert answer.code == 8
    assert "Did you mean others?" in answer.err
