"""`run`, `dry-run` and `runs`: exit codes, records, and what people read."""

from __future__ import annotations

import pytest

from cli.commanding import FAILS, HELLO, LONG_WAIT, NOT_MET, PARTIAL, SHORT_WAIT, TIMES_OUT, Shell

ENDS = [
    (HELLO, ("says_hello",), 0, "succeeded"),
    (FAILS, ("always_fails",), 1, "failed"),
    (PARTIAL, ("goes_on",), 1, "partial"),
    (NOT_MET, ("finds_trouble",), 0, "succeeded"),
    (NOT_MET, ("finds_trouble", "--strict"), 4, "succeeded"),
    (HELLO, ("says_hello", "--strict"), 0, "succeeded"),
    (LONG_WAIT, ("takes_long",), 5, "waiting"),
    (TIMES_OUT, ("times_out",), 6, "timed_out"),
    (SHORT_WAIT, ("pauses",), 0, "succeeded"),
]


@pytest.mark.parametrize(("text", "words", "code", "state"), ENDS)
def test_the_exit_code_says_how_the_run_ended(shell: Shell, text, words, code, state):
    shell.publish(text)
    answer = shell("run", *words, "--json")
    assert answer.code == code, answer.err
    assert answer.json["state"] == state
    assert answer.json["success"] is (state == "succeeded")
    assert answer.err == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("run", "nobody_knows_it"), 8),
        (("run", "says_hello", "--input", "nmae=Ada"), 2),
        (("run", "says_hello", "--input", "Ada"), 2),
        (("run", "says_hello", "--input", "name=5"), 2),
        (("run", "says_hello", "--input", '{"name":'), 2),
        (("run",), 2),
        (("runs", "show", "run_0"), 8),
        (("runs", "cancel", "run_0"), 8),
        (("runs", "effects", "run_0"), 8),
        (("runs", "settle", "k", "done", "--reason", "seen"), 10),
        (("runs", "settle", "k", "perhaps", "--reason", "seen"), 2),
        (("runs", "list", "--state", "odd"), 2),
        (("show", "nobody_knows_it"), 8),
        (("enable", "nobody_knows_it"), 8),
        (("schedule", "preview", "nobody_knows_it"), 8),
        (("probe", "no_such_system"), 8),
        (("threads", "show", "thread_0"), 8),
        (("alerts", "list", "--state", "loud"), 2),
    ],
)
def test_a_mistake_is_told_in_few_lines_with_its_own_code_and_no_trace(shell: Shell, words, code):
    shell.publish(HELLO)
    answer = shell(*words)
    assert answer.code == code
    assert "Traceback" not in answer.err
    assert answer.out == ""
    if code != 2 or "--input" in words:
        assert 1 <= len(answer.err.strip().splitlines()) <= 2


def test_a_mistake_is_one_json_object_for_programs(shell: Shell):
    shell.publish(HELLO)
    answer = shell("run", "nobody_knows_it", "--json")
    assert answer.code == 8
    assert set(answer.json["error"]) == {"code", "message", "cure"}
    assert answer.json["error"]["code"] == "not_found"


def test_a_disabled_playbook_is_not_allowed_to_run_but_may_be_tried(shell: Shell):
    shell.publish(HELLO)
    assert shell("disable", "says_hello").code == 0
    assert shell("run", "says_hello").code == 9
    tried = shell("dry-run", "says_hello", "--json")
    assert (tried.code, tried.json["dry_run"], tried.json["state"]) == (0, True, "succeeded")
    assert shell("enable", "says_hello", "--json").json == {"id": "says_hello", "enabled": True}
    assert shell("run", "says_hello").code == 0


def test_inputs_are_values_or_a_whole_object(shell: Shell):
    shell.publish(HELLO)
    by_value = shell("run", "says_hello", "-i", "name=Ada", "--json")
    assert by_value.json["results"] == {"said": {"greeting": "hello Ada"}}
    whole = shell("run", "says_hello", "--input", '{"name": "Bob"}', "--json")
    assert whole.json["results"] == {"said": {"greeting": "hello Bob"}}


def test_people_read_each_step_the_state_the_verdict_and_the_criteria(shell: Shell):
    shell.publish(HELLO)
    told = shell("run", "says_hello").out
    for word in ("completed greet", "completed check", "Says hello", "succeeded", "verdict met", "greeted"):
        assert word in told, told


def test_a_failing_step_says_why(shell: Shell):
    shell.publish(FAILS)
    told = shell("run", "always_fails").out
    assert "failed check" in told
    assert "One is not more." in told


def test_runs_are_listed_with_each_steps_status_times_and_attempts(shell: Shell):
    shell.publish(HELLO, FAILS)
    shell("run", "says_hello")
    shell("run", "always_fails")
    items = shell("runs", "list", "--json").json["items"]
    assert [(item["playbook_id"], item["state"], item["verdict"]) for item in items] == [
        ("always_fails", "failed", None),
        ("says_hello", "succeeded", "met"),
    ]
    for step in (step for item in items for step in item["steps"]):
        assert step["status"] in ("completed", "failed")
        assert step["started_at"] <= step["ended_at"]
        assert step["attempts"] == 1
    assert [item["id"] for item in shell("runs", "list", "--playbook", "says_hello", "--json").json["items"]] == [
        items[1]["id"]
    ]
    shown = shell("runs", "show", items[1]["id"])
    assert "greet" in shown.out
    assert shell("runs", "show", items[1]["id"], "--json").json["steps"][0]["output"] == {"greeting": "hello you"}
    assert shell("runs", "effects", items[1]["id"], "--json").json == {"items": []}


def test_a_run_that_nobody_has_begun_is_accepted_and_can_be_cancelled(shell: Shell):
    shell.publish(HELLO)
    accepted = shell("run", "says_hello", "--no-wait", "--json")
    assert (accepted.code, accepted.json["state"]) == (0, "queued")
    stopped = shell("runs", "cancel", accepted.json["id"], "--json")
    assert (stopped.code, stopped.json["stop_requested"]) == (0, True)
    done = shell("run", "says_hello", "--json")
    assert shell("runs", "cancel", done.json["id"]).code == 10


def test_a_run_that_failed_is_tried_again_as_the_same_run(shell: Shell):
    shell.publish(FAILS)
    failed = shell("run", "always_fails", "--json")
    again = shell("runs", "retry", failed.json["id"], "--json")
    assert (again.code, again.json["id"], again.json["attempt"]) == (1, failed.json["id"], 2)
    assert again.json["earlier"][0]["error"]["step"] == "check"
    shell.publish(HELLO)
    done = shell("run", "says_hello", "--json")
    nothing = shell("runs", "retry", done.json["id"])
    assert nothing.code == 10
    assert "nothing to retry" in nothing.err
