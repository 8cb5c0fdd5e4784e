"""Every secret of a deployment is a canary, every system repeats what it was given, and none is found anywhere."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from cli.commanding import Shell
from opsbook.app import App, open_app, the_world
from opsbook.cli._opening import Deployment, deployment
from opsbook.cli._runs import record
from opsbook.cli.demo.story import publish
from opsbook.integrations.catalog import one_of
from opsbook.integrations.configuration import configure
from opsbook.playbooks.load import load_playbook
from opsbook.runs.acceptance import Request
from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.values import plain
from opsbook.settings import ENVIRONMENT
from opsbook.web.site import create_app
from stories.canaries import (
    Canary,
    every_canary,
    hook_secrets,
    leaks,
    sections,
    settings_secrets,
    system_secrets,
    written,
)
from stories.echoing import echo, refusing_mail_server

SUITE = ("ops_daily_health_check", "ops_integration_monitor")
PLANTED = {way: Canary(f"planted.{way}") for way in ("plain", "address", "basic")}
ASKED = "gmail, calendar, drive, sheets, hubspot, mailjet, blackleaf, alleaves, aeropay, cannpay"
FAILS = f"""\
id: tells_and_fails
name: Tells and fails
inputs:
  plain: {{type: string, default: ""}}
  address: {{type: string, default: ""}}
  basic: {{type: string, default: ""}}
steps:
  - {{id: probe, type: tool_call, tool: getIntegrationStatus, with: {{integrations: [{ASKED}]}}, save_as: seen}}
  - {{id: credentials, type: tool_call, tool: checkCredentials, with: {{integrations: [{ASKED}]}}, save_as: held}}
  - {{id: write, type: synthesize, kind: incident_report, title: Incident, inputs: [seen, held], save_as: report}}
  - id: open
    type: create_thread
    thread_type: incident
    title: All are offline
    body: "{{% for s in seen %}}{{{{ s.name }}}}: {{{{ s.error?.message }}}} {{% endfor %}}{{{{ report }}}}"
    assign_to: [owner]
  - id: tell
    type: notify
    channels: [email, slack, sms, dashboard]
    to: [owner]
    subject: The check failed
    body: "{{{{ report }}}}"
    on_error: continue
  - {{id: check, type: assert, that: 1 > 2, message: One is not more.}}
"""
PAGES = ("runs", "playbooks", "integrations", "threads", "alerts", "slots", "events")
VERBS = (
    ("doctor", "--json"),
    ("doctor", "--probe", "--json"),
    ("probe", "--json"),
    ("probe", "--history", "--json"),
    ("config", "example"),
    ("runs", "list", "--json"),
    ("threads", "list", "--json"),
    ("alerts", "list", "--json"),
    ("cloud-scheduler", "plan"),
    ("list",),
)


class Records(logging.Handler):
    """All that is logged, at every level, with its traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("mail."):  # the mail server of the test, which is not ours
            self.lines.append(self.format(record))


@dataclass
class Evidence:
    """Everything that is left behind or shown, by what it is."""

    found: dict[str, bytes] = field(default_factory=dict)
    heard: dict[str, bytes] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, value: Any) -> None:
        text = value if isinstance(value, str) else json.dumps(plain(value), default=repr, ensure_ascii=False)
        self.found[name] = text.encode()


@contextmanager
def listening() -> Iterator[Records]:
    root, records = logging.getLogger(), Records()
    before = root.level
    root.addHandler(records)
    root.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        root.removeHandler(records)
        root.setLevel(before)


async def briefly(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.01))


async def play(here: Deployment, evidence: Evidence) -> None:
    """Both playbooks of the suite that probe, one that fails, and all that the app and its site then say."""
    world = the_world(here.settings, environment=here.environment, http=here.http, sleep=briefly)
    async with open_app(here.settings, world) as app:
        publish(app)
        app.operations.publish(load_playbook(FAILS, app.catalog, "fails.yaml"), FAILS, "a test")
        async with app.working():
            for playbook_id in SUITE:
                await _run(app, Request(playbook_id, actor="a test"), evidence)
            inputs = {
                "plain": PLANTED["plain"].text,
                "address": f"https://ops.example.com/?key={quote(PLANTED['address'].text, safe='')}",
                "basic": base64.b64encode(f"me:{PLANTED['basic'].text}".encode()).decode(),
            }
            await _run(app, Request("tells_and_fails", inputs=inputs, actor="a test"), evidence)
            await _ask_the_site(app, evidence)
            await _look(app, evidence)


async def _run(app: App, request: Request, evidence: Evidence) -> None:
    accepted = await app.operations.start(request)
    row = await app.operations.ended(accepted.run["id"], 60.0)
    evidence.states[request.playbook_id] = row["state"]
    evidence.keep(f"record of {request.playbook_id}", record(app, row["id"]))


async def _ask_the_site(app: App, evidence: Evidence) -> None:
    secrets = settings_secrets()
    signed_in = {"Authorization": f"Bearer {secrets['api_token'].text}"}
    ways = httpx.ASGITransport(create_app(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=ways, base_url="http://opsbook.test") as client:
        for page in ("/openapi.json", "/readyz", *(f"/api/v1/{name}" for name in PAGES)):
            answer = await client.get(page, headers=signed_in)
            assert answer.status_code == 200, (page, answer.text)
            evidence.keep(f"GET {page}", answer.text)
        almost = {"Authorization": f"Bearer {secrets['cron_secret'].text}"}
        for page, headers in (("/api/v1/runs", almost), ("/hooks/doorbell", almost), ("/hooks/slack", almost)):
            answer = await client.post(page, headers=headers, content=b"{}")
            assert answer.status_code >= 400, page
            evidence.keep(f"POST {page}", answer.text)


async def _look(app: App, evidence: Evidence) -> None:
    evidence.keep(
        "settings", repr(app.settings) + str(app.settings) + app.settings.model_dump_json(exclude={"integrations"})
    )
    evidence.keep("people", repr(app.people))
    evidence.keep("http", repr(app.world.http) + repr(app.world.http.redactor) + repr(vars(app.world.http)))
    evidence.keep("threads", [app.threads.get(row["id"]) for row in app.threads.latest()])
    evidence.keep("notifications", app.notifications.latest())
    for key, system in app.integrations.items():
        assert system.configured, (key, system.credential_state())
        seen = await system.probe()
        evidence.keep(f"system {key}", [repr(system), repr(system.config), str(system.config), repr(seen)])
        evidence.keep(f"ways of {key}", [repr(connector) for connector in system.connectors()])
        evidence.keep(f"credentials of {key}", dict(system.credential_state()))


def refusals(text: str, folder: Path) -> str:
    """What is said of settings that are wrong: for each secret, one that is not taken, whole traceback included."""
    told = []
    for canary in every_canary():
        spoilt = text.replace(json.dumps(canary.text), json.dumps([canary.text]))  # a list is no text
        (folder / "spoilt.toml").write_text(spoilt, "utf-8")
        try:
            here = deployment({"OPSBOOK_CONFIG": str(folder / "spoilt.toml")})
            configure(here.settings.integrations, {}, here.http)
        except OpsbookError as error:
            told.append("".join(traceback.format_exception(error)) + repr(error) + error.sentence)
    assert len(told) >= 16
    return "\n".join(told)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Evidence:
    folder = tmp_path_factory.mktemp("canaries")
    found = Evidence()
    with pytest.MonkeyPatch.context() as patch, listening() as logged, echo() as vendor:
        with refusing_mail_server(certificate) as port:
            for name in ENVIRONMENT:
                patch.delenv(name, raising=False)
            patch.setenv("OPSBOOK_CONFIG", str(folder / "opsbook.toml"))
            patch.chdir(folder)
            smtp = {"host": "localhost", "port": port, "username": "ops", "sender": "ops@example.com"}
            smtp["ca_file"] = str(certificate[0])
            systems = sections(vendor.base, smtp, folder / "home" / "outbox")
            _settle(folder, systems)
            asyncio.run(play(deployment(), found))
            shell = Shell(folder)
            _use_the_command_line(shell, found)
            found.keep("refusals", refusals((folder / "opsbook.toml").read_text("utf-8"), folder))
            for way in ("access_token", "credentials"):  # the other ways in, where a system has several
                for section in systems.values():
                    if {"refresh_token", way} <= set(section):
                        del section[way]
                _settle(folder, systems)
                _keep_answer(shell, found, f"without {way}", "doctor", "--probe", "--json")
            del systems["slack"]["bot_token"]
            systems["blackleaf"]["dialect"] = "query"
            _settle(folder, systems, without="anthropic_api_key")
            for words in (("probe", "--json"), ("doctor", "--probe", "--json"), ("run", "ops_daily_health_check")):
                _keep_answer(shell, found, "the other way", *words)
        found.heard = vendor.heard
        found.keep("logs", "\n".join(logged.lines))
    for path in sorted((folder / "home").rglob("*")):
        if path.is_file():
            found.found[f"file {path.relative_to(folder)}"] = path.read_bytes()
    return found


def _settle(folder: Path, systems: dict[str, dict[str, Any]], without: str = "") -> None:
    secrets = {name: canary.text for name, canary in settings_secrets().items() if name != without}
    plain_ones = {"home": str(folder / "home"), "allow_loopback": True, "postal_address": "1 Sample Street"}
    plain_ones["model_premium"] = "a-model-of-the-test"  # no name that a client warns of when its model is retired
    headed: dict[str, dict[str, Any]] = {
        "people.owner": {"email": "owner@example.com", "slack_user": "U0123456789", "phone": "15550100000"},
        "hooks.doorbell": {"secrets": [canary.text for canary in hook_secrets()]},
        "model_prices.a-model-of-the-test": {"input": 1, "output": 1},
        **{one_of(key).place: section for key, section in systems.items()},
    }
    (folder / "opsbook.toml").write_text(written({**plain_ones, **secrets}, headed), "utf-8")


def _use_the_command_line(shell: Shell, found: Evidence) -> None:
    for words in VERBS:
        _keep_answer(shell, found, "$", *words)
    for run in shell("runs", "list", "--json").json["items"]:
        for words in (("runs", "show", run["id"], "--json"), ("runs", "show", run["id"])):
            _keep_answer(shell, found, f"$ {run['playbook_id']}:", *words)


def _keep_answer(shell: Shell, found: Evidence, name: str, *words: str) -> None:
    answer = shell(*words)
    assert "Traceback" not in answer.err
    assert answer.out or answer.err, words
    assert "Usage:" not in answer.err, words
    found.keep(f"{name} {' '.join(words)}", answer.out + answer.err)


def test_every_secret_setting_has_a_canary_of_its_own() -> None:
    canaries = every_canary()
    assert len({canary.core for canary in canaries}) == len(canaries) >= 16
    assert {"cron_secret", "api_token", "anthropic_api_key", "gemini_api_key"} <= set(settings_secrets())
    assert {"hubspot", "smtp", "slack", "aeropay", "firestore"} <= set(system_secrets())


def test_the_vendors_were_really_given_secrets_and_the_playbooks_ran(evidence: Evidence) -> None:
    ended = {"ops_daily_health_check": "failed", "ops_integration_monitor": "partial", "tells_and_fails": "failed"}
    assert evidence.states == ended  # nobody could be told
    assert all(b'"error": {"class": "auth"' in evidence.found[f"record of {key}"] for key in evidence.states)
    assert b"All are offline" in evidence.found["threads"]
    given = {one.place for one in every_canary() if any(one.is_in(said) for said in evidence.heard.values())}
    assert {
        "hubspot.access_token",
        "mailjet.secret_key",
        "slack.webhook_url",
        "http.secret",
        "claude.api_key",
        "gemini_api_key",
    } <= given
    assert {f"{key}.refresh_token" for key, found in system_secrets().items() if "refresh_token" in found} <= given
    assert b"401" in evidence.found["logs"]
    assert any(name.endswith("opsbook.db") for name in evidence.found)


def test_every_way_to_an_account_of_googles_was_tried(evidence: Evidence) -> None:
    told = {name: evidence.found[f"{name} doctor --probe --json"] for name in ("without access_token", "the other way")}
    assert b"configured with GOOGLE_APPLICATION_CREDENTIALS, offline" in told["without access_token"]
    assert b"configured with GOOGLE_REFRESH_TOKEN, offline" in told["the other way"]


def test_no_secret_is_found_anywhere(evidence: Evidence) -> None:
    assert leaks(every_canary(), evidence.found) == set()


@pytest.mark.parametrize("way", PLANTED)
def test_what_somebody_puts_into_a_run_is_found_so_the_search_would_find_a_secret(way: str, evidence: Evidence) -> None:
    places = {name for _, name in leaks([PLANTED[way]], evidence.found)}
    assert "record of tells_and_fails" in places
    assert any(name.startswith("file ") for name in places)
    assert any("runs show" in name and "--json" in name for name in places)
