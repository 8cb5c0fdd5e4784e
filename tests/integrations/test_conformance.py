"""What every system must do with every kind of answer; a folder without a sample fails here."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

import opsbook.integrations
from integrations.samples import CANARY, NO_HTTP, SAMPLES, failing
from integrations.situations import ECHOED, ERRORS, VERDICTS, echo
from opsbook.integrations._system import SystemConfig
from opsbook.integrations.catalog import ids, kinds, names, one_of
from opsbook.integrations.configuration import configure_one, names_of, system_class
from opsbook.sdk.http import HttpClient
from opsbook.sdk.integration import ErrorClass, Status
from opsbook.sdk.testing import FakeSystem, json_answer

HTTP_IDS = sorted(set(ids()) - NO_HTTP)
KINDS = {
    "platform": {"firestore", "firebase_auth", "letta", "claude", "gemini"},
    "integration": {
        "gmail", "calendar", "drive", "sheets", "hubspot", "mailjet", "blackleaf", "alleaves", "aeropay", "cannpay",
        "http",
    },
    "delivery": {"outbox", "ses", "slack", "smtp"},
    "plumbing": {"cloud_scheduler", "secret_manager"},
}  # fmt: skip
every_system = pytest.mark.parametrize("key", HTTP_IDS)


def test_every_folder_has_a_sample_and_every_sample_a_folder():
    assert set(SAMPLES) | NO_HTTP == set(ids())


def test_the_kinds_are_those_that_the_health_check_counts_on():
    assert {key: kind for kind, keys in KINDS.items() for key in keys} == kinds()


@pytest.mark.parametrize("key", ids())
def test_a_folder_holds_the_same_files_and_its_class_says_what_its_package_says(key):
    folder = Path(opsbook.integrations.__file__).parent / key
    assert {"__init__.py", "client.py", "README.md"} <= {path.name for path in folder.iterdir()}
    found = system_class(key)
    assert (found.id, found.name, found.kind) == (key, names()[key], kinds()[key])
    readme = (folder / "README.md").read_text()
    for title in ("## Settings", "## Probe", "## Never tried"):
        assert title in readme


@pytest.mark.parametrize("key", ids())
def test_every_setting_is_described_has_a_name_in_the_environment_and_stands_in_the_readme(key):
    readme = (Path(opsbook.integrations.__file__).parent / key / "README.md").read_text()
    for name, field in system_class(key).Config.model_fields.items():
        assert field.description, name
        if name not in SystemConfig.model_fields:  # what all of them have stands in the file alone
            assert names_of(field), name
            assert all(one in readme for one in names_of(field)), name


@every_system
async def test_the_documented_answer_is_online_with_a_latency(key, make):
    system, desk = make(key)
    seen = await system.probe()
    assert (seen.status, seen.error_class) == (Status.ONLINE, None), seen
    assert seen.latency_ms == 0.0  # the clock stands still
    assert 1 <= len(desk.sent) <= 2


@every_system
@pytest.mark.parametrize(("answer", "status", "error_class"), VERDICTS + ERRORS)
async def test_what_goes_wrong_is_the_right_status_and_class(key, answer, status, error_class, make):
    system, _ = make(key, failing(key, answer))
    seen = await system.probe()
    assert (seen.status, seen.error_class) == (status, error_class), seen.message
    assert seen.message
    if error_class is ErrorClass.THROTTLED:
        assert "wait 30 s" in seen.message
    if isinstance(answer, Exception):
        assert seen.latency_ms is None


@every_system
async def test_a_good_status_with_another_body_is_not_online(key, make):
    for body in SAMPLES[key].bad_bodies:
        system, _ = make(key, failing(key, json_answer(body)))
        seen = await system.probe()
        assert seen.status is Status.OFFLINE, body


@every_system
@pytest.mark.parametrize("status", ECHOED)
async def test_no_secret_comes_back_even_when_the_vendor_repeats_it(key, status, make):
    sample = SAMPLES[key]
    secret = str(sample.settings[sample.secrets[0]])
    system, desk = make(key, failing(key, echo(secret, status)))
    seen = await system.probe()
    shown = f"{seen!r} {system.config!r} {system.config} {system.credential_state()} {desk.sent!r}"
    assert CANARY not in shown
    assert sample.secrets
    for name in sample.secrets:
        assert isinstance(getattr(system.config, name), SecretStr)


@every_system
async def test_the_settings_go_where_they_should_and_never_into_an_address(key, make):
    _, desk = make(key)
    system, desk = make(key)
    await system.probe()
    assert all(CANARY not in sent.url for sent in desk.sent)
    if key != "cannpay":  # its harmless call takes no credentials
        carried = "".join(f"{sent.headers}{sent.body!r}" for sent in desk.sent)
        assert CANARY in carried or "Basic " in carried


@every_system
async def test_another_base_address_is_used(key, make):
    system, desk = make(key, {"*": TimeoutError()}, **{SAMPLES[key].address: "https://elsewhere.example.com/x/"})
    await system.probe()
    assert desk.sent[-1].url.startswith("https://elsewhere.example.com/x/")


@pytest.mark.parametrize("key", ids())
async def test_without_settings_a_system_is_not_configured_and_nothing_is_asked(key):
    desk = FakeSystem({})
    system = configure_one(one_of(key), {}, {}, HttpClient(transport=desk))
    assert not system.configured
    assert list(system.connectors()) == []
    with pytest.raises(RuntimeError) as caught:
        await system.probe()
    assert desk.sent == []
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@every_system
async def test_a_missing_setting_is_named_and_nothing_is_asked(key, make):
    sample = SAMPLES[key]
    system, desk = make(key, {}, **dict.fromkeys(sample.secrets))
    assert not system.configured
    assert desk.sent == []
    missing = [name for name, word in system.credential_state().items() if word == "missing"]
    assert missing
    assert all(name.isupper() for name in missing)
