"""Who works in a run, told from the command line, and one agent tried out."""

from __future__ import annotations

import json

from cli.commanding import Shell

NIGHT = """\
---
title: Night watch
duties: [watches at night]
tools: [getIntegrationStatus]
answers_with: getIntegrationStatus
budget: {requests: 2, tokens: 5000, usd_per_task: 0.1}
---
Say what is wrong.
"""


def test_the_agents_are_listed_with_those_that_a_deployment_adds(shell: Shell) -> None:
    shell.write("[people.owner]\nemail = 'owner@example.com'\n", "opsbook.toml")
    names = [row["id"] for row in shell("agents", "list", "--json").json["items"]]
    assert names == ["craig", "jack", "leo", "linus", "mrs_parker", "pops"]
    (shell.folder / "roster").mkdir()
    (shell.folder / "roster" / "night.md").write_text(NIGHT)
    shell.write("roster = 'roster'\n", "opsbook.toml")
    rows = {row["id"]: row for row in shell("agents", "list", "--json").json["items"]}
    assert rows["night"]["tools"] == ["getIntegrationStatus"]
    assert rows["leo"]["may_delegate_to"] == ["craig", "jack", "linus", "mrs_parker", "pops"]
    told = shell("agents", "list")
    assert "Night watch" in told.out


def test_one_agent_is_shown_with_its_limits_and_the_words_it_works_by(shell: Shell) -> None:
    told = shell("agents", "show", "leo")
    assert "6 requests, 60,000 tokens, 4 tool calls, $0.25 at most" in told.out
    assert "none is configured: the renderer writes" in told.out
    assert "Begin with the one thing that matters most." in told.out
    assert shell("agents", "show", "leo", "--json").json["tools"] == [
        "crmGetStats",
        "getIntegrationStatus",
        "getSystemHealth",
    ]
    missing = shell("agents", "show", "loe")
    assert missing.code == 8
    assert "Did you mean leo?" in missing.err


def test_an_agent_is_tried_out_within_what_it_may_call_and_leaves_no_run_behind(shell: Shell) -> None:
    tried = shell("agents", "try", "linus", "--tool", "checkCredentials", "--with", 'integrations=["gmail"]', "--json")
    assert tried.code == 0, tried.err
    assert tried.json["details"]["tool"] == "checkCredentials"
    refused = shell("agents", "try", "linus", "--tool", "crmGetStats")
    assert refused.code == 9
    assert "linus may not call crmGetStats" in refused.err
    assert shell("runs", "list", "--json").json == {"items": []}


def test_what_acts_is_only_told(shell: Shell) -> None:
    person = {
        "contact_id": "u1",
        "first_name": "Ada",
        "display_name": "Ada",
        "email": "owner@example.com",
        "role": "brand_admin",
        "is_test": False,
        "email_unsubscribed_at": None,
        "email_opt_out": False,
    }
    audience = [{"organization_id": "o1", "name": "Elm Row", "reason": "no_login", "contacts": [person]}]
    given = json.dumps({"audience": audience})
    tried = shell("agents", "try", "craig", "--tool", "createReengagementCampaign", "--with", given, "--json")
    assert tried.code == 0, tried.out
    assert shell("threads", "list", "--json").json == {"items": []}
