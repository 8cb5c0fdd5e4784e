"""How a deployment's settings become systems, and what is said when they are wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

from integrations.samples import CANARY
from opsbook.integrations.catalog import families, ids, kinds, names
from opsbook.integrations.configuration import configure
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.http import Answer, HttpClient


def made(sections=None, environment=None, **more):
    return configure(sections or {}, environment or {}, HttpClient(transport=lambda _: Answer(), **more))


def test_every_folder_that_is_no_family_is_a_system_and_none_is_configured_without_settings():
    systems = made()
    assert tuple(systems) == tuple(key for key in ids() if key not in families())
    assert not any(system.configured for system in systems.values())
    assert set(names()) == set(kinds()) == set(ids())


def test_listing_the_systems_loads_no_client_and_no_http_library():
    code = (
        "import sys; from opsbook.integrations.catalog import ids, names, kinds; ids(), names(), kinds();"
        "heavy = ('httpx', 'httpcore', 'aiosmtplib', 'opsbook.integrations.slack.client');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_file_and_the_environment_both_work_and_the_environment_wins():
    assert made({"hubspot": {"access_token": "from-the-file"}})["hubspot"].configured
    system = made({"hubspot": {"access_token": "from-the-file"}}, {"HUBSPOT_ACCESS_TOKEN": " from-outside\n"})[
        "hubspot"
    ]
    assert system.config.access_token.get_secret_value() == "from-outside"


def test_the_other_name_of_a_setting_works_too():
    assert made(environment={"CLAUDE_API_KEY": "key-of-claude"})["claude"].configured
    assert made(environment={"ANTHROPIC_API_KEY": "key-of-claude"})["claude"].configured


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_setting_counts_as_not_given(empty):
    assert not made({"hubspot": {"access_token": empty}})["hubspot"].configured
    assert not made(environment={"HUBSPOT_ACCESS_TOKEN": empty})["hubspot"].configured


def test_some_settings_of_several_are_not_configured_and_say_which_are_missing():
    system = made(environment={"AEROPAY_API_KEY": CANARY, "AEROPAY_ENVIRONMENT": "sandbox"})["aeropay"]
    assert not system.configured
    assert system.credential_state() == {
        "AEROPAY_API_KEY": "present",
        "AEROPAY_API_SECRET": "missing",
        "AEROPAY_MERCHANT_ID": "missing",
        "AEROPAY_ENVIRONMENT": "present",
        "AEROPAY_BASE_URL": "absent",
        "AEROPAY_WEBHOOK_SECRET": "absent",
        "AEROPAY_WEBHOOK_SECRET_PREVIOUS": "absent",
        "AEROPAY_WEBHOOK_URL": "absent",
    }


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"GOOGLE_CLIENT_ID": "c", "GOOGLE_REFRESH_TOKEN": "r"}, ["GOOGLE_CLIENT_SECRET"]),
        ({}, ["GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SUBJECT"]),
        ({"GOOGLE_ACCESS_TOKEN": "a"}, []),
        ({"GOOGLE_ACCESS_TOKEN": "a", "GOOGLE_CLIENT_ID": "c"}, []),
    ],
)
def test_of_two_ways_to_configure_a_system_the_nearer_one_says_what_is_missing(given, missing):
    system = made(environment=given)["gmail"]
    state = system.credential_state()
    assert sorted(name for name, word in state.items() if word == "missing") == missing
    assert system.configured is not bool(missing)


@pytest.mark.parametrize(
    ("sections", "field", "cure"),
    [
        ({"hubspt": {}}, "integrations.hubspt", "Did you mean hubspot?"),
        ({"zzz": {}}, "integrations.zzz", "There are: aeropay, "),
        ({"hubspot": {"acess_token": CANARY}}, "integrations.hubspot.acess_token", "Did you mean access_token?"),
    ],
)
def test_what_does_not_exist_is_refused_with_the_nearest_name(sections, field, cure):
    with pytest.raises(InvalidInput) as caught:
        made(sections)
    assert caught.value.field == field
    assert caught.value.cure.startswith(cure)
    assert CANARY not in str(caught.value)


WRONG = [
    ({"SMTP_PORT": CANARY}, "SMTP_PORT"),
    ({"AEROPAY_ENVIRONMENT": CANARY}, "AEROPAY_ENVIRONMENT"),
    ({"GOOGLE_CLOUD_PROJECT": f"{CANARY}/../x"}, "GOOGLE_CLOUD_PROJECT"),
    ({"FIRESTORE_EMULATOR_HOST": "10.0.0.1:80"}, "FIRESTORE_EMULATOR_HOST"),
    ({"SHEETS_PROBE_ID": "../../etc"}, "SHEETS_PROBE_ID"),
    ({"SLACK_ALERT_CHANNEL": "#alerts"}, "SLACK_ALERT_CHANNEL"),
    ({"HUBSPOT_ACCESS_TOKEN": CANARY, "HUBSPOT_BASE_URL": f"http://{CANARY}.example.com"}, "HUBSPOT_BASE_URL"),
    ({"HUBSPOT_ACCESS_TOKEN": CANARY, "HUBSPOT_BASE_URL": "https://169.254.169.254"}, "HUBSPOT_BASE_URL"),
    ({"SLACK_WEBHOOK_URL": f"http://hooks.example.com/{CANARY}"}, "SLACK_WEBHOOK_URL"),
    ({"SLACK_WEBHOOK_URL": CANARY}, "SLACK_WEBHOOK_URL"),
    ({"GOOGLE_ACCESS_TOKEN": CANARY, "GOOGLE_TOKEN_URL": "http://x.example.com"}, "GOOGLE_TOKEN_URL"),
]


@pytest.mark.parametrize(("environment", "name"), WRONG)
def test_a_wrong_value_is_refused_by_the_name_of_its_setting_and_never_repeated(environment, name):
    with pytest.raises(InvalidInput) as caught:
        made(environment=environment)
    assert f"The setting {name} is refused" in caught.value.sentence
    assert CANARY not in f"{caught.value} {caught.value!r} {caught.value.cure}"


def test_a_number_where_a_secret_belongs_is_refused_with_its_place():
    with pytest.raises(InvalidInput) as caught:
        made({"hubspot": {"access_token": 5}})
    assert caught.value.field == "integrations.hubspot.access_token"


SMTP = {"SMTP_HOST": "mail.example.com", "SMTP_FROM": "ops@example.com"}


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"SMTP_SECURITY": "none"}, "on this machine only"),
        (
            {"SMTP_SECURITY": "none", "SMTP_HOST": "localhost", "SMTP_USERNAME": "u", "SMTP_PASSWORD": CANARY},
            "under TLS",
        ),
        ({"SMTP_USERNAME": "u"}, "come together"),
        ({"SMTP_CA_FILE": "/nowhere/ca.pem"}, "names no file"),
        ({"SMTP_FROM_NAME": "a\x00b"}, "control character"),
        ({"SMTP_FROM": "a@b\r\nBcc: x@example.com"}, "SMTP_FROM"),
        ({"SMTP_HOST": "mail.example.com evil"}, "SMTP_HOST"),
    ],
)
def test_unsafe_mail_settings_are_refused(more, word):
    with pytest.raises(InvalidInput) as caught:
        made(environment={**SMTP, **more})
    assert word in caught.value.sentence
    assert CANARY not in str(caught.value)


def test_a_webhook_alone_is_a_channel_of_its_own_and_a_bot_comes_first():
    hook = "https://hooks.slack.com/services/T/B/x"
    alone = made(environment={"SLACK_WEBHOOK_URL": hook})["slack"]
    assert alone.config.alert_channel == "webhook"
    assert [one.name for one in alone.connectors()] == ["slack_webhook"]
    bot = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_ALERT_CHANNEL": "C000000001", "SLACK_CHANNELS": "C000000002, C000000003"}
    both = made(environment={**bot, "SLACK_WEBHOOK_URL": hook})["slack"]
    assert [(one.name, one.effect_class) for one in both.connectors()] == [("slack_bot", "C"), ("slack_webhook", "D")]
    assert both.config.channels == ("C000000002", "C000000003")


def test_the_client_learns_every_secret_also_of_a_system_that_is_not_configured():
    http = HttpClient()
    configure({}, {"AEROPAY_API_SECRET": CANARY}, http)
    assert CANARY not in http.redactor.clean(f"it said {CANARY}")
