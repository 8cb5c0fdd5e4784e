"""`publish`, `list`, `show`, `schedule`: playbooks as the store has them."""

from __future__ import annotations

from cli.commanding import FAILS, HELLO, Shell


def test_a_file_is_published_once_and_the_same_content_again_changes_nothing(shell: Shell):
    name = shell.write(HELLO)
    first = shell("publish", name, "--json").json["items"]
    again = shell("publish", name, "--json").json["items"]
    assert first == [{"id": "says_hello", "version": 1, "changed": True, "enabled": True}]
    assert again == [{"id": "says_hello", "version": 1, "changed": False, "enabled": True}]
    shell.write(HELLO.replace("hello {{", "good day {{"))
    assert shell("publish", name, "--json").json["items"][0]["version"] == 2


def test_when_one_file_is_refused_none_is_published_and_the_place_is_named(shell: Shell):
    good, bad = shell.write(HELLO, "good.yaml"), shell.write(FAILS.replace("type: assert", "type: asert"), "bad.yaml")
    answer = shell("publish", good, bad)
    assert answer.code == 3
    assert "bad.yaml:4:" in answer.err
    assert "assert" in answer.err
    assert "Traceback" not in answer.err
    assert shell("list", "--json").json == {"items": []}


def test_two_files_with_one_id_are_a_conflict(shell: Shell):
    assert shell("publish", shell.write(HELLO, "a.yaml"), shell.write(HELLO, "b.yaml")).code == 10


def test_a_file_that_cannot_be_read_is_a_mistake_of_the_caller(shell: Shell):
    (shell.folder / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (shell.folder / "huge.yaml").write_text("# \n" * 100_000)
    for name in ("missing.yaml", "binary.yaml", "huge.yaml", "."):
        answer = shell("publish", name)
        assert answer.code == 2, name
        assert name in answer.err
        assert "Traceback" not in answer.err


def test_the_published_text_is_shown_as_it_was_written(shell: Shell):
    shell.publish(HELLO)
    assert shell("show", "says_hello", "--yaml").out == HELLO
    assert "said.greeting.startsWith" in shell("show", "says_hello").out
    assert shell("show", "says_hello", "--json").json["document"]["id"] == "says_hello"
    listed = shell("list", "--json").json["items"]
    assert [(item["id"], item["schedule"]) for item in listed] == [("says_hello", "30 1 * * * America/New_York")]


def test_the_preview_has_one_occurrence_for_each_local_day_of_the_autumn_change(shell: Shell):
    shell.publish(HELLO)
    words = ("schedule", "preview", "says_hello", "--after", "2026-10-31T12:00Z", "--days", "3", "--json")
    items = shell(*words).json["items"]
    assert [(item["local"], item["utc"]) for item in items] == [
        ("2026-11-01T01:30-04:00", "2026-11-01T05:30Z"),
        ("2026-11-02T01:30-05:00", "2026-11-02T06:30Z"),
        ("2026-11-03T01:30-05:00", "2026-11-03T06:30Z"),
    ]


def test_the_preview_has_one_occurrence_for_each_local_day_of_the_spring_change(shell: Shell):
    shell.publish(HELLO.replace("30 1", "30 2"))
    words = ("schedule", "preview", "says_hello", "--after", "2026-03-07T12:00Z", "--days", "2", "--json")
    items = shell(*words).json["items"]
    assert [(item["local"], item["utc"]) for item in items] == [
        ("2026-03-08T03:00-04:00", "2026-03-08T07:00Z"),
        ("2026-03-09T02:30-04:00", "2026-03-09T06:30Z"),
    ]


def test_a_time_that_is_none_is_refused(shell: Shell):
    shell.publish(HELLO)
    answer = shell("schedule", "preview", "says_hello", "--after", "tomorrow")
    assert (answer.code, "--after" in answer.err or "tomorrow" in answer.err) == (2, True)


def test_lists_are_empty_and_not_an_error_before_anything_has_happened(shell: Shell):
    for words in (("list",), ("runs", "list"), ("schedule", "slots"), ("alerts", "list"), ("threads", "list")):
        answer = shell(*words, "--json")
        assert (answer.code, answer.json) == (0, {"items": []}), words


def test_seeding_publishes_what_is_missing_and_leaves_the_rest_as_it_is(shell: Shell):
    first = shell("seed", "--json").json["items"]
    assert all(item["created"] for item in first)
    assert len(first) >= 4
    shell("disable", first[0]["id"])
    again = shell("seed", "--json").json["items"]
    assert not any(item["created"] for item in again)
    assert again[0]["enabled"] is False
