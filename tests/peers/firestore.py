"""Google's own Firestore emulator, from the Cloud SDK of this machine."""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import peers

NAME = "firestore (google's emulator)"
SDK = Path("/usr/lib/google-cloud-sdk")
JAR = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"


@dataclass
class FirestorePeer:
    """The emulator on its port. What it holds lives in its memory: stopping it empties it."""

    port: int
    folder: Path
    java: str
    jar: Path
    megabytes: int = 512
    running: ExitStack = field(default_factory=ExitStack)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> bool:
        """True when it answers."""
        options = ["-Duser.language=en", f"-Xmx{self.megabytes}m", "-cp", str(self.jar), MAIN]
        command = [self.java, *options, "--host=127.0.0.1", f"--port={self.port}"]
        server = self.running.enter_context(peers.process(command, self.folder))
        ready = peers.until(lambda: server.poll() is not None or self._answers(), seconds=60)
        return ready and server.poll() is None

    def stop(self) -> None:
        self.running.close()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://{self.host}/", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False


@dataclass(frozen=True)
class Database:
    """A database of one test: nobody else has its project."""

    host: str
    project: str

    @property
    def settings(self) -> dict[str, Any]:
        return {"project": self.project, "emulator_host": self.host}

    def write(self, documents: dict[str, dict[str, Any]]) -> None:
        """Set whole documents by path, in batches; fields are Firestore's typed values."""
        items = list(documents.items())
        for begin in range(0, len(items), 500):
            writes = [
                {"update": {"name": f"{self.root}/{path}", "fields": fields}}
                for path, fields in items[begin : begin + 500]
            ]
            self._call("POST", f"{self.root}:commit", {"writes": writes})

    def read(self, collection: str) -> dict[str, dict[str, Any]]:
        """The fields of a collection's documents by id, typed as they are stored."""
        found: dict[str, dict[str, Any]] = {}
        token = ""
        while True:
            answer = self._call("GET", f"{self.root}/{collection}?pageSize=300&pageToken={token}")
            for one in answer.get("documents", []):
                found[one["name"].rpartition("/")[2]] = one.get("fields", {})
            token = answer.get("nextPageToken", "")
            if not token:
                return found

    def query(self, structured: dict[str, Any]) -> list[dict[str, Any]]:
        """The documents that a query answers, in its order."""
        rows = self._call("POST", f"{self.root}:runQuery", {"structuredQuery": structured})
        return [row["document"] for row in rows if "document" in row]

    @property
    def root(self) -> str:
        return f"projects/{self.project}/databases/(default)/documents"

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        sent = urllib.request.Request(
            f"http://{self.host}/v1/{path}",
            None if body is None else json.dumps(body).encode(),
            {"authorization": "Bearer owner", "content-type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return json.loads(answer.read())


def typed(value: Any) -> dict[str, Any]:
    """A plain value as Firestore's typed one; `@2026-…Z` is a Timestamp."""
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int):
        return {"integerValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, dict):
        return {"mapValue": {"fields": fields(value)}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [typed(one) for one in value]}}
    if value is None:
        return {"nullValue": None}
    return {"timestampValue": value[1:]} if value.startswith("@") else {"stringValue": value}


def fields(values: dict[str, Any]) -> dict[str, Any]:
    return {name: typed(value) for name, value in values.items()}


@pytest.fixture(scope="session")
def firestore_peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirestorePeer]:
    peers.wanted(NAME)
    made = emulator(tmp_path_factory.mktemp("firestore"))
    began = time.monotonic()
    try:
        if not made.start():
            peers.absent(NAME, f"it did not start: {(made.folder / 'log').read_text()[-300:]}")
        peers.told(NAME, version(made.jar), began)
        yield made
    finally:
        made.stop()


@pytest.fixture
def database(firestore_peer: FirestorePeer) -> Database:
    return Database(firestore_peer.host, f"test-{uuid4().hex[:12]}")


def emulator(folder: Path) -> FirestorePeer:
    """One that is not started yet, on a free port."""
    java, jar = shutil.which("java"), Path(os.environ.get("CLOUDSDK_ROOT_DIR", SDK)) / JAR
    if java is None:
        peers.absent(NAME, "there is no java")
    if not jar.exists():
        peers.absent(NAME, "the Cloud SDK's emulator is not installed")
    return FirestorePeer(peers.free_port(), folder, java, jar)


def version(jar: Path) -> str:
    """The Cloud SDK that it came with; the archive does not state its own."""
    stated = jar.parents[2] / "VERSION"
    return f"of SDK {stated.read_text().strip()}" if stated.exists() else "of an SDK that states no version"
