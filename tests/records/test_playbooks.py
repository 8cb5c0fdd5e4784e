"""Versions are written once; seeding leaves what stands alone; a playbook that was switched off stays off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from opsbook.records.playbooks import Playbooks
from opsbook.sdk.values import digest

AT = datetime(2026, 11, 24, 14, tzinfo=UTC)


@pytest.fixture
def playbooks(store):
    return Playbooks(store)


def publish(playbooks, name: str = "Daily", *, only_new: bool = False, at: datetime = AT, **more):
    document = {"id": "ops_daily", "name": name, "steps": [], **more}
    return playbooks.publish(document, digest(document), f"name: {name}\n", "owner", at, only_new=only_new)


def test_the_same_content_again_makes_no_new_version(playbooks):
    assert publish(playbooks) == (1, True)
    assert publish(playbooks, at=AT + timedelta(days=1)) == (1, False)
    assert len(playbooks.versions("ops_daily")) == 1


def test_another_content_is_the_next_version_and_the_old_one_is_kept_as_it_was(playbooks):
    publish(playbooks)
    before = playbooks.version("ops_daily", 1)
    assert publish(playbooks, "Daily, better") == (2, True)
    assert playbooks.version("ops_daily", 1) == before
    assert [row["version"] for row in playbooks.versions("ops_daily")] == [2, 1]
    (row,) = playbooks.all()
    assert (row["name"], row["version"], row["document"]["name"]) == ("Daily, better", 2, "Daily, better")


def test_going_back_to_an_old_content_is_a_new_version(playbooks):
    publish(playbooks)
    publish(playbooks, "Daily, better")
    assert publish(playbooks) == (3, True)


def test_seeding_leaves_an_edited_playbook_alone(playbooks):
    publish(playbooks, only_new=True)
    publish(playbooks, "Mine")
    assert publish(playbooks, only_new=True) == (2, False)
    assert playbooks.get("ops_daily")["name"] == "Mine"
    assert publish(playbooks, "The next release's", only_new=True) == (2, False)


@pytest.mark.parametrize("name", ["Daily", "The next release's"])
def test_seeding_does_not_switch_a_disabled_playbook_on_again(playbooks, name):
    publish(playbooks, only_new=True)
    assert playbooks.enable("ops_daily", False, AT)
    publish(playbooks, name, only_new=True, enabled=True)
    assert playbooks.get("ops_daily")["enabled"] is False


def test_publishing_an_edit_keeps_what_the_operator_switched(playbooks):
    publish(playbooks)
    playbooks.enable("ops_daily", False, AT)
    publish(playbooks, "Daily, better")
    assert playbooks.get("ops_daily")["enabled"] is False


def test_a_document_that_changes_its_own_switch_is_obeyed(playbooks):
    publish(playbooks, enabled=True)
    publish(playbooks, enabled=False)
    assert playbooks.get("ops_daily")["enabled"] is False
    publish(playbooks, "Daily, better", enabled=True)
    assert playbooks.get("ops_daily")["enabled"] is True


def test_when_it_was_switched_on_is_known_and_switching_on_again_does_not_move_it(playbooks):
    publish(playbooks)
    playbooks.enable("ops_daily", True, AT + timedelta(days=1))
    assert playbooks.get("ops_daily")["enabled_at"] == AT
    playbooks.enable("ops_daily", False, AT + timedelta(days=2))
    playbooks.enable("ops_daily", True, AT + timedelta(days=3))
    assert playbooks.get("ops_daily")["enabled_at"] == AT + timedelta(days=3)


def test_there_is_nothing_to_switch_where_there_is_no_playbook(playbooks):
    assert not playbooks.enable("ops_none", True, AT)
    assert playbooks.get("ops_none") is None
    assert playbooks.version("ops_none", 1) is None


def test_ten_publishers_at_once_make_ten_versions(playbooks):
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda i: publish(playbooks, f"Daily {i}"), range(10)))
    assert sorted(version for version, _ in answers) == list(range(1, 11))
    assert len(playbooks.versions("ops_daily")) == 10
