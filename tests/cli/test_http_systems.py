"""A system of one's own, named in the settings file, on a real server: probed, watched, maintained, its secret kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cli.commanding import HELLO, Shell

SECRET = "canary-of-the-shop"
WATCHES = """\
id: watches_shop
name: Watches the shop
steps:
  - {id: probe, type: tool_call, tool: getIntegrationStatus, with: {integrations: [SYSTEM]}, save_as: found}
alerts:
  - id: offline
    expr: found.some(s => s.status === "offline")
    subjects: found.filter(s => s.status === "offline")
    severity: high
    key: "{{ subject.id }}"
    message: "{{ subject.name }} is offline"
"""


@dataclass
class Shop:
    """Answers those that bring the secret with `status` and `body`; `heard` are the requests, by method and header."""

    status: int = 200
    body: object = field(default_factory=lambda: {"status": "ok"})
    packed: bool = False
    heard: list[tuple[str, str]] = field(default_factory=list)
    port: int = 0

    def settings(self, *more: str) -> str:
        lines = ["allow_loopback = true", "[integrations.http.shop]", f'url = "http://127.0.0.1:{self.port}/status"']
        return "\n".join([*lines, 'name = "The shop"', 'header = "X-Shop-Key"', *more]) + "\n"


@pytest.fixture
def shop() -> Iterator[Shop]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["x-shop-key"] == SECRET
            content = json.dumps(there.body if known else {"refused": self.headers["x-shop-key"]}).encode()
            there.heard.append((self.command, str(self.headers["x-shop-key"])))
            self.send_response(there.status if known else 401)
            self.send_header("content-length", str(len(content)))
            if there.packed:
                self.send_header("content-encoding", "gzip")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815 the server's name for it

        def log_message(self, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Shop(port=server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def opened(shell: Shell, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("OPSBOOK_HTTP_SHOP_SECRET", SECRET)
    shell.write(
        shop.settings('expect_path = "status"', 'expect_value = "ok"', 'degraded_values = ["slow"]'), "opsbook.toml"
    )
    return shell


def test_it_is_probed_by_its_id_with_a_real_latency(opened: Shell, shop: Shop):
    answer = opened("probe", "shop", "--json")
    (item,) = answer.json["items"]
    assert (answer.code, item["id"], item["name"], item["status"]) == (0, "shop", "The shop", "online")
    assert 0 < item["latency_ms"] < 5000
    assert shop.heard == [("GET", SECRET)]
    shop.body = {"status": "slow"}
    assert opened("probe", "shop", "--json").json["items"][0]["status"] == "degraded"
    (system,) = opened("probe", "shop", "--history", "--json").json["items"]
    assert (system["history"][0]["probes"], system["history"][0]["uptime"]["value"]) == (2, 1.0)
    assert "shop" in [item["id"] for item in opened("probe", "--json").json["items"]]


def test_what_it_should_say_and_does_not_makes_it_offline(opened: Shell, shop: Shop):
    shop.body = {"status": "maintenance"}
    answer = opened("probe", "shop", "--json")
    (item,) = answer.json["items"]
    assert (answer.code, item["status"], item["error"]["class"]) == (1, "offline", "bad_reply")
    assert item["error"]["message"] == "It says maintenance at status, and ok is expected."
    assert len(shop.heard) == 2


def test_a_head_request_may_speak_of_a_body_that_is_packed(shell: Shell, shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPSBOOK_HTTP_SHOP_SECRET", SECRET)
    shell.write(shop.settings('method = "HEAD"'), "opsbook.toml")
    shop.packed = True
    assert shell("probe", "shop", "--json").json["items"][0]["status"] == "online"
    assert shop.heard == [("HEAD", SECRET)]


def test_its_secret_is_in_nothing_that_is_told_or_stored(opened: Shell, shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPSBOOK_HTTP_SHOP_SECRET", f"{SECRET}-of-yesterday")
    told = [opened(*words) for words in (("probe", "shop", "--json"), ("doctor", "--probe"))]
    assert shop.heard[0] == ("GET", f"{SECRET}-of-yesterday")
    assert told[0].json["items"][0]["error"]["class"] == "auth"
    assert SECRET not in "".join(answer.out + answer.err for answer in told)
    stored = [path for path in (opened.folder / "home").rglob("*") if path.is_file()]
    assert stored
    assert [path.name for path in stored if SECRET.encode() in path.read_bytes()] == []


def test_doctor_says_what_it_lacks_under_the_name_in_the_environment(shell: Shell, shop: Shop):
    shell.write(shop.settings(), "opsbook.toml")
    found = {item["check"]: item for item in shell("doctor", "--json").json["items"]}
    assert found["system shop"]["found"] == "has some of its settings, so it is not asked"
    assert found["system shop"]["cure"] == "Set OPSBOOK_HTTP_SHOP_SECRET, or take its section out."
    assert "system http" not in found
    assert shell("probe", "shop", "--json").json["items"][0]["status"] == "not_configured"
    assert shell("probe", "shopp").code == 8
    assert "Did you mean shop?" in shell("probe", "shopp").err
    assert shop.heard == []


def test_a_playbook_may_name_it_and_an_outage_is_one_alert(opened: Shell, shop: Shop):
    wrong = opened("validate", opened.write(WATCHES.replace("SYSTEM", "shopp")), "--json")
    assert wrong.code == 3
    assert "Did you mean" in wrong.out
    assert opened("validate", opened.write(WATCHES.replace("SYSTEM", "http"))).code == 3
    opened.publish(WATCHES.replace("SYSTEM", "shop"))
    shop.status = 503
    for _ in range(2):
        assert opened("run", "watches_shop", "--json").code == 0
    (alert,) = opened("alerts", "list", "--state", "open", "--json").json["items"]
    assert (alert["subject"], alert["message"]) == ("The shop", "The shop is offline")
    shop.status = 200
    assert opened("run", "watches_shop").code == 0
    assert opened("alerts", "list", "--state", "open", "--json").json == {"items": []}


def test_it_can_be_under_maintenance(opened: Shell, shop: Shop):
    start, until = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))
    window = f'[[maintenance]]\nsystem = "shop"\nfrom = {start.isoformat()}\nuntil = {until.isoformat()}\n'
    opened.write((opened.folder / "opsbook.toml").read_text() + window + 'reason = "A new theme"\n', "opsbook.toml")
    (item,) = opened("probe", "shop", "--json").json["items"]
    assert (item["status"], item["maintenance_window"]["reason"]) == ("online", "A new theme")


@pytest.mark.parametrize("words", [("probe",), ("validate", "playbook.yaml"), ("list",)])
def test_an_id_that_is_taken_is_refused_with_a_cure_by_every_verb(shell: Shell, words: tuple[str, ...]):
    shell.write(HELLO)
    shell.write('[integrations.http.slack]\nurl = "https://shop.example.com"\n', "opsbook.toml")
    answer = shell(*words)
    assert answer.code == 2
    assert "integrations.http.slack is refused: there is slack already" in " ".join(answer.err.split())
