"""`config example`: a whole settings file, as true when nothing of it is in force as when everything is."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from cli.commanding import Shell
from opsbook.integrations.catalog import ids, one_of
from opsbook.integrations.configuration import configure, names_of, system_class
from opsbook.integrations.hooks import HookSettings
from opsbook.sdk.http import HttpClient
from opsbook.settings import (
    ENVIRONMENT,
    ApprovalSettings,
    MaintenanceSettings,
    PersonSettings,
    Settings,
    read_settings,
)
from opsbook.settings.mcp import TokenSettings
from opsbook.tools.mcp.configured import ServerSettings
from opsbook.warehouse.contracts import ContractSettings
from opsbook.warehouse.definitions import Definitions, part_named
from opsbook.warehouse.sources.sql.declared import QuerySettings, SourceSettings

PEM = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
KEY = {"type": "service_account", "client_email": "ops@example.com", "private_key": PEM}
IN_FORCE = re.compile(r"^#(?=[\[a-z])", re.MULTILINE)


@pytest.fixture
def text(shell: Shell) -> str:
    answer = shell("config", "example")
    assert answer.code == 0, answer.err
    return answer.out


def test_as_it_is_it_sets_nothing_and_is_taken(shell: Shell, text: str):
    assert tomllib.loads(text) == {}
    shell.write(text, "opsbook.toml")
    assert shell("doctor").code == 0


def test_with_everything_in_force_every_setting_is_valid_and_every_system_configured(shell: Shell, text: str):
    shell.write(IN_FORCE.sub("", text), "opsbook.toml")
    shell.write("", "certificates.pem")  # the files that settings name
    shell.write(json.dumps(KEY), "key.json")
    settings = read_settings({})
    systems = configure(settings.integrations, {}, HttpClient())
    assert {key for key, system in systems.items() if system.configured} == {one_of(key).id for key in ids()}
    assert settings.maintenance[0].until > settings.maintenance[0].from_
    assert settings.people["owner"].email


def test_no_setting_and_no_name_of_the_environment_is_left_out(text: str):
    given = tomllib.loads(IN_FORCE.sub("", text))
    assert set(given) == set(Settings.model_fields)
    assert set(given["people"]["owner"]) == set(PersonSettings.model_fields)
    assert set(given["approvals"]) == set(ApprovalSettings.model_fields)
    assert set(given["metrics"]["signup_conversion"]) == set(ContractSettings.model_fields)
    shop = given["sources"]["shop"]
    assert set(shop) == {*SourceSettings.model_fields, "orders"}
    assert set(shop["orders"]) == set(QuerySettings.model_fields)
    assert {name: set(part) for name, part in given["definitions"].items()} == {
        name: set(part_named(name).model_fields) for name in Definitions.model_fields
    }
    assert set(given["mcp"]["tokens"]["assistant"]) == set(TokenSettings.model_fields)
    servers = given["mcp"]["servers"]
    assert {*servers["files"], *servers["incidents"]} == set(ServerSettings.model_fields)
    assert set(given["hooks"]["billing"]) == set(HookSettings.model_fields)
    assert {key.replace("from", "from_") for key in given["maintenance"][0]} == set(MaintenanceSettings.model_fields)
    for key in ids():
        fields = system_class(key).Config.model_fields
        origin = one_of(key)
        assert set(origin.section(given["integrations"])) == set(fields)
        assert all(name in text for field in fields.values() for name in names_of(field, origin.id))
    assert all(name in text for name in ENVIRONMENT)


def test_every_line_explains_or_is_taken_out_and_none_is_long(text: str):
    assert all(not line or line.startswith("#") for line in text.splitlines())
    assert max(len(line) for line in text.splitlines() if line.startswith("# ")) <= 100
