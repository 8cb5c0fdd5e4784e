"""Secrets behind references: checked, trimmed, named when they cannot be had, and never shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from integrations.samples import CANARY
from opsbook.integrations.configuration import configure
from opsbook.integrations.references import Fetched, fetch, wanted_by_environment, wanted_by_file
from opsbook.integrations.secret_manager.checksum import crc32c
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.errors import InvalidInput, NeverWorks, OpsbookError, PersonNeeded, RetryLater
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import Status
from opsbook.sdk.references import Reference
from opsbook.sdk.testing import json_answer
from opsbook.settings import ENVIRONMENT, settings_of
from peers.google_cloud import PROJECT, TOKEN, GoogleCloud, google_cloud

__all__ = ["google_cloud"]

SECRET = f"{CANARY}-of-the-cron-door"


def settings(cloud: GoogleCloud, **more: Any) -> dict[str, Any]:
    section = {"project": PROJECT, "access_token": TOKEN, "base_url": cloud.url, **more}
    return {"integrations": {"secret_manager": section}}


async def fetched(
    cloud: GoogleCloud, wanted: dict[str, Reference], pauses: list[float] | None = None, **more: Any
) -> Fetched:
    async def sleep(seconds: float) -> None:
        (pauses if pauses is not None else []).append(seconds)

    return await fetch(wanted, settings(cloud, **more), {}, HttpClient(allow_loopback=True), sleep)


# RFC 3720, appendix B.4, and the check value that every list of checksums gives.
@pytest.mark.parametrize(
    ("data", "crc"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
        (bytes(range(31, -1, -1)), 0x113FDB5C),
    ],
)
def test_the_checksum_is_castagnolis(data: bytes, crc: int):
    assert crc32c(data) == crc


async def test_the_latest_a_numbered_and_the_previous_version_are_fetched_each_once(google_cloud: GoogleCloud):
    google_cloud.secrets = {"CRON": [b"first-secret-of-all", b"second-secret", SECRET.encode()]}
    wanted = {
        "a": Reference("CRON"),
        "b": Reference("CRON", "1"),
        "c": Reference("CRON", "previous"),
        "d": Reference("CRON"),
    }
    found = await fetched(google_cloud, wanted)
    assert found.texts == {"a": SECRET, "b": "first-secret-of-all", "c": "second-secret", "d": SECRET}
    assert found.told == ()
    assert [one.path.rpartition("/")[2] for one in google_cloud.requests].count("1:access") == 1
    assert len(google_cloud.requests) == 4  # latest, 1, and for the previous one: latest and 2


@pytest.mark.parametrize("versions", [[SECRET.encode()], [b"old", None, SECRET.encode()]])
async def test_without_an_enabled_version_before_the_latest_there_is_no_previous_secret(google_cloud, versions):
    google_cloud.secrets = {"CRON": versions}
    found = await fetched(google_cloud, {"CRON_SECRET_PREVIOUS": Reference("CRON", "previous")})
    assert found.texts == {"CRON_SECRET_PREVIOUS": None}


@pytest.mark.parametrize(
    ("stored", "text"), [("x\n", "x"), ("x\r\n", "x"), ("x\n\n", "x\n"), (" x ", " x "), ("x\r", "x\r")]
)
async def test_one_line_break_at_the_end_is_left_out_and_told_without_the_value(google_cloud, stored, text):
    google_cloud.secrets = {"CRON": [(SECRET + stored).encode()]}
    found = await fetched(google_cloud, {"CRON_SECRET": Reference("CRON")})
    assert found.texts == {"CRON_SECRET": SECRET + text}
    assert len(found.told) == (1 if stored.endswith("\n") else 0)
    assert all("CRON_SECRET" in line and CANARY not in line for line in found.told)
    assert CANARY not in repr(found)


async def test_a_payload_that_arrives_broken_is_read_once_more_and_then_refused(google_cloud: GoogleCloud):
    google_cloud.secrets = {"CRON": [SECRET.encode()]}
    google_cloud.broken_checksums = 1
    assert (await fetched(google_cloud, {"CRON_SECRET": Reference("CRON")})).texts == {"CRON_SECRET": SECRET}
    google_cloud.broken_checksums = 2
    with pytest.raises(InvalidInput, match=r"CRON_SECRET .* checksum"):
        await fetched(google_cloud, {"CRON_SECRET": Reference("CRON")})


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x/versions/7", "payload": {"data": "no base64!", "dataCrc32c": "0"}},
        {"name": "x/versions/7", "payload": {"data": "MTIzNDU2Nzg5"}},
        {"name": "x", "payload": {"data": "MTIzNDU2Nzg5", "dataCrc32c": "3808858755"}},
        {"name": "x/versions/7", "payload": {"dataCrc32c": "3808858755"}},
    ],
)
async def test_an_answer_that_proves_nothing_is_no_secret(make, body):
    system, _ = make("secret_manager", {"*": json_answer(body)})
    with pytest.raises(NeverWorks):
        await system.secret(Reference("CRON"))


async def test_a_server_that_is_busy_is_asked_again_and_given_up_after_three_times(google_cloud: GoogleCloud):
    google_cloud.secrets = {"CRON": [SECRET.encode()]}
    google_cloud.busy = 2
    pauses: list[float] = []
    assert (await fetched(google_cloud, {"CRON_SECRET": Reference("CRON")}, pauses)).texts == {"CRON_SECRET": SECRET}
    assert pauses == [1.0, 2.0]
    google_cloud.busy = 3
    with pytest.raises(RetryLater, match="CRON_SECRET"):
        await fetched(google_cloud, {"CRON_SECRET": Reference("CRON")})


@pytest.mark.parametrize(
    ("versions", "version", "token", "kind", "words"),
    [
        (None, "latest", TOKEN, InvalidInput, "no such secret"),
        ([b"x"], "2", TOKEN, InvalidInput, "no such version"),
        ([None], "1", TOKEN, InvalidInput, "disabled or destroyed"),
        ([SECRET.encode() + b"\xff"], "1", TOKEN, InvalidInput, "not text"),
        ([b"x"], "1", f"{CANARY}-wrong-token", PersonNeeded, "UNAUTHENTICATED"),
    ],
)
async def test_what_cannot_be_fetched_names_the_setting_and_no_value(
    google_cloud, versions, version, token, kind: type[OpsbookError], words
):
    google_cloud.secrets = {"CRON": versions} if versions else {}
    wanted = {"integrations.slack.bot_token": Reference("CRON", version)}
    with pytest.raises(kind, match=words) as caught:
        await fetched(google_cloud, wanted, access_token=token)
    assert "integrations.slack.bot_token" in str(caught.value)
    assert CANARY not in str(caught.value)


async def test_a_store_that_is_not_configured_or_that_refers_to_itself_is_told_and_not_asked(google_cloud: GoogleCloud):
    wanted = {"CRON_SECRET": Reference("CRON")}
    with pytest.raises(PersonNeeded, match="GOOGLE_CLOUD_PROJECT") as caught:
        await fetched(google_cloud, wanted, project=None)
    assert caught.value.code == "not_configured"
    with pytest.raises(InvalidInput, match="GOOGLE_ACCESS_TOKEN"):
        await fetched(google_cloud, wanted, access_token="sm://TOKEN")
    assert google_cloud.requests == []


def test_references_are_found_where_we_read_and_nowhere_else():
    environment = {"CRON_SECRET": "sm://A", "SLACK_BOT_TOKEN": " sm://B@2\n", "OTHER": "sm://C", "HOME": "sm"}
    assert wanted_by_environment({**environment, "OPSBOOK_HOOK_SHOP_SECRET": "sm://E"}, ENVIRONMENT) == {
        "OPSBOOK_HOOK_SHOP_SECRET": Reference("E"),
        "CRON_SECRET": Reference("A"),
        "SLACK_BOT_TOKEN": Reference("B", "2"),
    }
    written = {
        "home": "x",
        "hooks": {"a": {"secrets": ["x", "sm://F"]}},
        "integrations": {"ses": {"b": "sm://D@stable"}},
    }
    assert wanted_by_file(written) == {
        "hooks.a.secrets.1": Reference("F"),
        "integrations.ses.b": Reference("D", "stable"),
    }
    assert Fetched({"hooks.a.secrets.1": "y"}).into(written) == {
        "home": "x",
        "hooks": {"a": {"secrets": ["x", "y"]}},
        "integrations": {"ses": {}},
    }


@pytest.mark.parametrize("value", ["sm://", "sm://a/b", "sm://a@", "sm://a@0", "sm://a@-1", "sm://a b", "sm://ä"])
def test_a_reference_that_names_no_secret_is_refused_by_the_settings_name(value: str):
    with pytest.raises(InvalidInput, match="CRON_SECRET"):
        wanted_by_environment({"CRON_SECRET": value}, ENVIRONMENT)


def test_the_name_of_a_secret_is_never_taken_for_the_secret():
    with pytest.raises(InvalidInput, match="cron_secret_previous refers to a secret that was not fetched"):
        settings_of({"cron_secret": "a-secret-of-16-characters", "cron_secret_previous": "sm://CRON_SECRET_OF_OLD"})
    with pytest.raises(InvalidInput, match="SLACK_BOT_TOKEN refers to a secret that was not fetched"):
        configure({}, {"SLACK_BOT_TOKEN": "sm://SLACK"}, HttpClient())


def test_the_stores_probe_reads_a_secret_that_is_in_use():
    found = Fetched({"cron_secret": SECRET}, store={"probe_secret": "CRON"})
    made = found.into({"cron_secret": "sm://CRON", "integrations": {"slack": {"channel": "C1"}}})
    assert made == {
        "cron_secret": SECRET,
        "integrations": {"slack": {"channel": "C1"}, "secret_manager": {"probe_secret": "CRON"}},
    }


async def test_a_good_probe_counts_for_most_of_an_hour_because_accesses_are_audited(
    google_cloud: GoogleCloud, clock: SteppedClock
):
    google_cloud.secrets = {"CRON": [SECRET.encode()]}
    section = settings(google_cloud, probe_secret="CRON")["integrations"]
    system = configure(section, {}, HttpClient(allow_loopback=True, clock=clock))["secret_manager"]
    assert (await system.probe()).status is Status.ONLINE
    clock.forward(timedelta(minutes=54))
    again = await system.probe()
    assert (again.status, again.message) == (Status.ONLINE, "As 54 min ago: each access is audited.")
    assert len(google_cloud.requests) == 1
    clock.forward(timedelta(minutes=1))
    google_cloud.secrets = {}
    assert (await system.probe()).status is Status.OFFLINE
    google_cloud.secrets = {"CRON": [SECRET.encode()]}
    assert (await system.probe()).status is Status.ONLINE  # a failure is not kept
