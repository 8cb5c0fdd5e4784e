"""The mirror: runs and playbooks in the platform's own collections, through outages, each once and none left out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

import peers
from opsbook.app import App, open_app, the_world
from opsbook.effects import mirrored
from opsbook.playbooks.model import Playbook
from opsbook.runs.acceptance import Request
from opsbook.runs.memory import MemoryEngine
from opsbook.sdk.errors import NeverWorks, OpsbookError
from opsbook.sdk.http import Answer, HttpClient
from opsbook.sdk.testing import FakeSystem, json_answer
from opsbook.settings import PersonSettings, Settings
from peers.firestore import NAME, Database, FirestorePeer, database, emulator, firestore_peer  # noqa: F401 fixtures

pytestmark = pytest.mark.peer("firestore")
HELLO: dict[str, Any] = {
    "id": "says_hello",
    "name": "Says hello",
    "agent": "leo",
    "triggers": [{"schedule": {"cron": "0 9 * * *", "timezone": "America/New_York"}}],
    "steps": [
        {"id": "greet", "type": "set", "values": {"said": "hello", "deep": [[1, [2]]]}, "save_as": "greeting"},
        {"id": "check", "type": "assert", "that": "greeting.said.length > 3"},
    ],
    "success": [{"id": "said", "expr": "greeting.said === 'hello'"}],
}


@asynccontextmanager
async def house(tmp_path: Any, base: Database, http: HttpClient | None = None) -> Any:
    """An app that mirrors into the database, with one playbook."""
    firestore = {**base.settings, "mirror": True}
    people = {"owner": PersonSettings(email="owner@example.com")}
    home, systems = tmp_path / "home", {"firestore": firestore}
    settings = Settings(home=home, allow_loopback=True, integrations=systems, people=people)

    async def soon(seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.02))

    world = the_world(settings, environment={}, make_engine=lambda store, clock: MemoryEngine(), sleep=soon, http=http)
    async with open_app(settings, world) as app:
        publish(app, HELLO)
        yield app


def publish(app: App, document: dict[str, Any]) -> None:
    app.operations.publish(Playbook.model_validate(document, context={"catalog": app.catalog}), "# text\n", "a test")


async def run(app: App, playbook_id: str = "says_hello") -> str:
    accepted = await app.operations.start(Request(playbook_id))
    ended = await app.operations.ended(accepted.run["id"], 20)
    assert ended["state"] == "succeeded"
    return str(ended["id"])


def plain(value: dict[str, Any]) -> Any:
    """A typed value without its type."""
    kind, held = next(iter(value.items()))
    if kind == "mapValue":
        return {name: plain(one) for name, one in held.get("fields", {}).items()}
    if kind == "arrayValue":
        return [plain(one) for one in held.get("values", [])]
    return int(held) if kind == "integerValue" else held


async def test_a_run_and_its_playbook_stand_in_the_platforms_shapes(tmp_path, database):  # noqa: F811
    async with house(tmp_path, database) as app, app.working():
        run_id = await run(app)
        await app.mirror.catch_up()
        (found,) = database.read("playbook_executions").values()
        assert "timestampValue" in found["startedAt"]
        told = {name: plain(value) for name, value in found.items()}
        kept = app.operations.get(run_id)
        assert (told["executionId"], told["playbookId"], told["playbookName"]) == (run_id, "says_hello", "Says hello")
        assert (told["status"], told["success"], told["verdict"]) == ("completed", True, "met")
        assert (told["stepsExecuted"], told["duration"]) == (2, kept["duration_ms"])
        assert told["results"] == {"greeting": {"said": "hello", "deep": [{"items": [1, {"items": [2]}]}]}}
        assert [(step["id"], step["type"], step["status"]) for step in told["steps"]] == [
            ("greet", "set", "completed"),
            ("check", "assert", "completed"),
        ]
        assert "error" not in told
        book = {name: plain(value) for name, value in database.read("playbooks_internal")["says_hello"].items()}
        assert (book["enabled"], book["version"], book["schedule"]) == (True, 1, "0 9 * * *")
        assert book["definition"]["steps"][0]["id"] == "greet"


async def test_the_platforms_own_query_for_the_last_runs_of_a_playbook_works(tmp_path, database):  # noqa: F811
    async with house(tmp_path, database) as app, app.working():
        runs = [await run(app) for _ in range(3)]
        await app.mirror.catch_up()
    equal = {"field": {"fieldPath": "playbookId"}, "op": "EQUAL", "value": {"stringValue": "says_hello"}}
    found = database.query(
        {
            "from": [{"collectionId": "playbook_executions"}],
            "where": {"fieldFilter": equal},
            "orderBy": [{"field": {"fieldPath": "startedAt"}, "direction": "DESCENDING"}],
            "limit": 2,
        }
    )
    assert [one["name"].rpartition("/")[2] for one in found] == [runs[2], runs[1]]


async def test_what_changes_is_written_again_and_what_does_not_is_not(tmp_path, database):  # noqa: F811
    async with house(tmp_path, database) as app, app.working():
        await run(app)
        assert await app.mirror.catch_up() == 2
        assert await app.mirror.catch_up() == 0
        app.records.playbooks.enable("says_hello", False, datetime.now(UTC))
        publish(app, {**HELLO, "name": "Says hello again"})
        assert await app.mirror.catch_up() == 1
        (book,) = database.read("playbooks_internal").values()
        assert (plain(book["name"]), plain(book["version"]), plain(book["status"])) == (
            "Says hello again",
            2,
            "disabled",
        )


async def test_a_run_that_waits_is_there_already_and_follows_to_its_end(tmp_path, database):  # noqa: F811
    async with house(tmp_path, database) as app, app.serving():
        waiting = {"id": "waits", "name": "Waits", "steps": [{"id": "pause", "type": "wait", "for": "1h"}]}
        publish(app, waiting)
        accepted = await app.operations.start(Request("waits"))
        await until(lambda: app.operations.get(accepted.run["id"])["state"] == "waiting")
        await caught_up(app)
        (found,) = database.read("playbook_executions").values()
        assert (plain(found["status"]), "success" in found, "completedAt" in found) == ("running", False, False)
        app.operations.cancel(accepted.run["id"])
        await app.operations.ended(accepted.run["id"], 20)
        await caught_up(app)
        (found,) = database.read("playbook_executions").values()
        assert (plain(found["status"]), plain(found["success"])) == ("cancelled", False)


async def test_results_that_no_document_can_carry_are_named_by_their_digest(tmp_path, database):  # noqa: F811
    large = "x" * 120_000
    values = {f"part_{number}": large for number in range(10)}
    big = {"id": "is_big", "name": "Is big", "steps": [{"id": "a", "type": "set", "values": values, "save_as": "b"}]}
    async with house(tmp_path, database) as app, app.working():
        publish(app, big)
        run_id = await run(app, "is_big")
        await app.mirror.catch_up()
        found = database.read("playbook_executions")[run_id]
        assert set(plain(found["results"])) == {"sha256"}
        assert plain(found["status"]) == "completed"
        assert app.mirror.lag().refused == 0


async def test_notifications_of_the_dashboard_are_there_with_where_they_come_from(tmp_path, database):  # noqa: F811
    tell = {"id": "t", "type": "notify", "channels": ["dashboard"], "to": ["owner"], "subject": "Look", "body": "Now."}
    book = {"id": "tells", "name": "Tells", "steps": [tell]}
    async with house(tmp_path, database) as app, app.working():
        publish(app, book)
        run_id = await run(app, "tells")
        await app.mirror.catch_up()
        (found,) = database.read("notifications").values()
        told = {name: plain(value) for name, value in found.items()}
        assert (told["userId"], told["title"], told["body"], told["severity"]) == ("owner", "Look", "Now.", "normal")
        assert told["source"]["playbookId"] == "tells"
        assert told["source"]["executionId"] == run_id
        assert "readAt" not in told
        (row,) = app.notifications.latest("owner")
        app.notifications.read(row["id"], "owner")
        assert await app.mirror.catch_up() == 1
        (found,) = database.read("notifications").values()
        assert "timestampValue" in found["readAt"]


async def test_a_record_that_the_store_never_takes_does_not_keep_the_others_waiting(tmp_path, caplog):
    def answer(sent: Any) -> Answer:
        bad = b"playbook_executions" in sent.url.encode()
        error = {"error": {"code": 400, "message": "their prose", "status": "INVALID_ARGUMENT"}}
        return json_answer(error, 400) if bad else json_answer({"name": "x"})

    async with house(
        tmp_path, Database("127.0.0.1:9", "sample-1"), HttpClient(transport=answer, allow_loopback=True)
    ) as app:
        async with app.working():
            await run(app)
        assert await app.mirror.catch_up() == 2
        lag = app.mirror.lag()
        assert (lag.owed, lag.refused) == (0, 1)
        assert "PlaybookRunner: the mirror was refused the run" in caplog.text
        assert "their prose" not in caplog.text


async def test_an_answer_that_blames_the_address_refuses_no_record(tmp_path):
    page = Answer(404, b"<html>no such page</html>")
    broken = HttpClient(transport=lambda sent: page, allow_loopback=True)
    async with house(tmp_path, Database("127.0.0.1:9", "sample-1"), broken) as app:
        with pytest.raises(NeverWorks, match="answered 404"):
            await app.mirror.catch_up()
        assert (app.mirror.lag().owed, app.mirror.lag().refused) == (1, 0)


async def test_the_pauses_grow_while_the_store_takes_nothing_and_the_log_says_so_once(tmp_path, caplog):
    """Refused three times, then taken; the sixth pause is cut off."""
    answers = [Answer(403, b"{}")] * 3 + [json_answer({"name": "x"})]
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            raise asyncio.CancelledError

    desk = FakeSystem({"*": answers})
    http = HttpClient(transport=desk, allow_loopback=True)
    async with house(tmp_path, Database("127.0.0.1:9", "sample-1"), http) as app:
        mirror = replace(app.mirror, sleep=sleep)
        with pytest.raises(asyncio.CancelledError):
            await mirror.run()
        assert pauses == [2.0, 4.0, 8.0, 1.0, 1.0, 1.0]
        assert len(desk.sent) == 4
        assert caplog.text.count("PlaybookRunner: the mirror cannot write") == 1
        assert mirror.lag().owed == 0


@pytest.fixture
def own_peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirestorePeer]:
    """An emulator that this test may stop; it keeps nothing over a stop."""
    peers.wanted(NAME)
    peer = emulator(tmp_path_factory.mktemp("own-firestore"))
    try:
        if not peer.start():
            peers.absent(NAME, "it did not start")
        yield peer
    finally:
        peer.stop()


async def test_nothing_is_lost_or_doubled_while_the_store_is_away(tmp_path, own_peer):
    base = Database(own_peer.host, "outage-1")
    async with house(tmp_path, base) as app, app.serving():
        before = await run(app)
        await caught_up(app)
        assert set(base.read("playbook_executions")) == {before}
        await asyncio.to_thread(own_peer.stop)
        during = [await run(app) for _ in range(4)]
        publish(app, {**HELLO, "name": "Renamed meanwhile"})
        await until(lambda: app.mirror.trouble is not None)
        lag = app.mirror.lag()
        assert lag.owed == 5
        assert lag.oldest_at is not None
        assert isinstance(app.mirror.trouble, OpsbookError)
        assert await asyncio.to_thread(own_peer.start)
        await caught_up(app)
        after = await run(app)
        await caught_up(app)
        # The emulator forgot what it held before: what is there now was written after its return.
        found = base.read("playbook_executions")
        assert set(found) == {*during, after}
        assert {plain(one["status"]) for one in found.values()} == {"completed"}
        assert plain(base.read("playbooks_internal")["says_hello"]["name"]) == "Renamed meanwhile"
        assert app.mirror.trouble is None


async def test_a_process_that_dies_between_writing_and_noting_it_writes_the_same_document_again(tmp_path, database):  # noqa: F811
    async with house(tmp_path, database) as app, app.working():
        run_id = await run(app)
        row, steps = app.operations.get(run_id), app.records.runs.steps(run_id)
        version = app.records.playbooks.version("says_hello", 1)
        await app.mirror.target.put(f"playbook_executions/{run_id}", mirrored.execution(row, steps, version))
        (before,) = database.read("playbook_executions").values()
        assert await app.mirror.catch_up() == 2
        assert database.read("playbook_executions") == {run_id: before}


async def caught_up(app: App) -> None:
    """Until the mirror owes nothing."""
    await until(lambda: app.mirror is not None and app.mirror.lag().owed == 0)


async def until(holds: Callable[[], bool]) -> None:
    """Other processes and threads have no event to wait for."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
