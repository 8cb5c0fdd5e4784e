"""Cloud Scheduler and Secret Manager as their REST contracts are written, and Google's own `gcloud` to judge them by.

The server is strict where ours could be careless: a patch without a mask resets every field that it does not name, a
mask changes nothing but what it names, a job under a taken name is refused, and an access says its CRC-32C.
"""

from __future__ import annotations

import base64
import copy
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import available_timezones

import pytest

import peers

NAME = "gcloud"
PROJECT, LOCATION, TOKEN = "sample-1", "us-central1", "made-up-access-token"
PARENT = f"projects/{PROJECT}/locations/{LOCATION}"
PAUSES = {"maxRetryDuration": "0s", "minBackoffDuration": "5s", "maxBackoffDuration": "3600s", "maxDoublings": 5}
DEFAULTS = {"description": "", "timeZone": "Etc/UTC", "attemptDeadline": "180s", "retryConfig": PAUSES}
METHODS = ("HTTP_METHOD_UNSPECIFIED", "POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
MASKS = re.compile(
    r"(schedule|timeZone|description|attemptDeadline|retryConfig|httpTarget"
    r"|retryConfig\.(retryCount|maxRetryDuration|minBackoffDuration|maxBackoffDuration|maxDoublings)"
    r"|httpTarget\.(uri|httpMethod|headers|body|oidcToken|oauthToken))"
)


class Refused(Exception):
    """An error in the form in which Google writes one."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass
class GoogleCloud:
    """What stands on the other side. `secrets` has bytes by name and version; None is a version that is disabled."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, list[bytes | None]] = field(default_factory=dict)
    broken_checksums: int = 0  # how many accesses from now on say a wrong one
    busy: int = 0  # how many requests from now on are answered with 503
    refused: str = ""  # a job that is not taken, whatever it holds
    page: int = 500
    token: str | None = TOKEN
    requests: list[Request] = field(default_factory=list)
    url: str = ""

    def written(self) -> list[Request]:
        return [one for one in self.requests if one.method != "GET"]

    def answer(self, request: Request) -> dict[str, Any]:
        self.requests.append(copy.deepcopy(request))
        if self.busy:
            self.busy -= 1
            raise Refused(503, "UNAVAILABLE")
        if request.path.startswith(f"/v1/{PARENT}/jobs"):
            return self._scheduler(request, request.path.removeprefix(f"/v1/{PARENT}/jobs").lstrip("/"))
        if request.path.startswith(f"/v1/projects/{PROJECT}/secrets"):
            return self._secrets(request, request.path.removeprefix(f"/v1/projects/{PROJECT}/secrets").lstrip("/"))
        raise Refused(404, "NOT_FOUND")

    def _secrets(self, request: Request, rest: str) -> dict[str, Any]:
        found = re.fullmatch(r"([^/:]+)(?:/versions(?:/([^/:]+))?)?(?::(\w+))?", rest)
        name, version, verb = found.groups() if found else (request.query.get("secretId", ""), None, None)
        versions = self.secrets.get(name, [])
        match request.method, verb:
            case "POST", None if not found and name not in self.secrets and request.body["replication"]:
                self.secrets[name] = []
                return {"name": f"projects/1/secrets/{name}", "replication": {"automatic": {}}}
            case "POST", "addVersion" if name in self.secrets:
                data = base64.b64decode(request.body["payload"]["data"])
                if int(request.body["payload"].get("dataCrc32c", checksum(data))) != checksum(data):
                    raise Refused(400, "INVALID_ARGUMENT")
                versions.append(data)
                return self._version(name, len(versions))
            case "POST", "disable" if version and version.isdecimal() and 1 <= int(version) <= len(versions):
                versions[int(version) - 1] = None
                return self._version(name, int(version))
            case "GET", None if found and rest == name and name in self.secrets:
                return {"name": f"projects/1/secrets/{name}", "replication": {"automatic": {}}}
            case "GET", None if rest == f"{name}/versions" and name in self.secrets:
                every = [self._version(name, number) for number in range(len(versions), 0, -1)]
                return {"versions": every, "totalSize": len(every)}
            case "GET", "access" if version:
                return self._access(name, version)
        raise Refused(404, "NOT_FOUND")

    def _version(self, name: str, number: int) -> dict[str, Any]:
        state = "DISABLED" if self.secrets[name][number - 1] is None else "ENABLED"
        return {"name": f"projects/1/secrets/{name}/versions/{number}", "state": state}

    def _scheduler(self, request: Request, key: str) -> dict[str, Any]:
        match request.method, bool(key):
            case "GET", False:
                return self._list(request)
            case "POST", False:
                return self._create(request.body)
            case "GET", True:
                return self._job(key)
            case "PATCH", True:
                return self._patch(self._job(key), request)
            case "DELETE", True:
                self._job(key)
                del self.jobs[key]
                return {}
            case "POST", True if key.endswith((":pause", ":resume")):
                name, _, verb = key.partition(":")
                self._job(name)["state"] = "PAUSED" if verb == "pause" else "ENABLED"
                return self._job(name)
        raise Refused(404, "NOT_FOUND")

    def _list(self, request: Request) -> dict[str, Any]:
        names, begin = sorted(self.jobs), int(request.query.get("pageToken", "0"))
        end = begin + min(int(request.query.get("pageSize", "500")), self.page)
        answer: dict[str, Any] = {"jobs": [self.jobs[name] for name in names[begin:end]]} if names else {}
        return {**answer, "nextPageToken": str(end)} if end < len(names) else answer

    def _job(self, key: str) -> dict[str, Any]:
        if key not in self.jobs:
            raise Refused(404, "NOT_FOUND")
        return self.jobs[key]

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        key = str(body.get("name", "")).removeprefix(f"{PARENT}/jobs/")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,500}", key) or key == self.refused:
            raise Refused(400, "INVALID_ARGUMENT")
        if key in self.jobs:
            raise Refused(409, "ALREADY_EXISTS")
        self.jobs[key] = {**_whole(body), "state": "ENABLED", "userUpdateTime": "2026-11-25T00:00:00Z"}
        return self.jobs[key]

    def _patch(self, job: dict[str, Any], request: Request) -> dict[str, Any]:
        mask = [path for path in request.query.get("updateMask", "").split(",") if path]
        if any(not MASKS.fullmatch(path) for path in mask):
            raise Refused(400, "INVALID_ARGUMENT")
        kept = {name: job[name] for name in ("name", "state", "userUpdateTime")}
        made = _whole({**request.body, "name": job["name"]}) if not mask else copy.deepcopy(job)
        for path in mask:
            _put(made, path.split("."), _at(request.body, path.split(".")))
        job.update({**_whole(made), **kept})
        return job

    def _access(self, name: str, version: str) -> dict[str, Any]:
        versions = self.secrets.get(name, [])
        number = len(versions) if version == "latest" else int(version)
        if not 1 <= number <= len(versions):
            raise Refused(404, "NOT_FOUND")
        data = versions[number - 1]
        if data is None:
            raise Refused(400, "FAILED_PRECONDITION")
        crc = checksum(data)
        if self.broken_checksums:
            self.broken_checksums -= 1
            crc ^= 1
        payload = {"data": base64.b64encode(data).decode(), "dataCrc32c": str(crc)}
        return {"name": f"projects/1/secrets/{name}/versions/{number}", "payload": payload}


def checksum(data: bytes) -> int:
    """CRC-32C by long division, bit by bit: another way than the product's. `gcloud` checks it, too."""
    crc = 0xFFFFFFFF
    for bit in (byte >> place & 1 for byte in data for place in range(8)):
        crc = crc >> 1 ^ (0x82F63B78 if (crc ^ bit) & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _whole(body: dict[str, Any]) -> dict[str, Any]:
    """A job as it is stored: checked, with defaults where nothing is given."""
    made = {**copy.deepcopy(DEFAULTS), **{key: value for key, value in body.items() if value is not None}}
    made["retryConfig"] = {**PAUSES, **made["retryConfig"]}
    if not made["retryConfig"].get("retryCount"):
        made["retryConfig"].pop("retryCount", None)
    target = made.get("httpTarget", {})
    if isinstance(target.get("httpMethod"), int):  # Google's own client sends an enumeration's number
        target["httpMethod"] = METHODS[target["httpMethod"]]
    sound = (
        len(str(made.get("schedule", "")).split()) == 5
        and made["timeZone"] in available_timezones()
        and 15 <= float(made["attemptDeadline"].removesuffix("s")) <= 1800
        and 0 <= made["retryConfig"].get("retryCount", 0) <= 5
        and urlsplit(target.get("uri", "")).scheme in ("http", "https")
        and len(target["uri"]) <= 2083
        and len(made["description"]) <= 500
    )
    if not sound:
        raise Refused(400, "INVALID_ARGUMENT")
    target["headers"] = {"User-Agent": "Google-Cloud-Scheduler", **target.get("headers", {})}
    return made


def _at(value: Any, path: list[str]) -> Any:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _put(made: dict[str, Any], path: list[str], value: Any) -> None:
    for key in path[:-1]:
        made = made.setdefault(key, {})
    if value is None:
        made.pop(path[-1], None)
    else:
        made[path[-1]] = value


class _Handler(BaseHTTPRequestHandler):
    cloud: GoogleCloud

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 the server's name for it
        """Nothing is logged."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        status, answer = 200, {}
        try:
            if self.cloud.token and self.headers.get("authorization") != f"Bearer {self.cloud.token}":
                raise Refused(401, "UNAUTHENTICATED")
            answer = self.cloud.answer(
                Request(self.command, unquote(parts.path), query, json.loads(raw) if raw else None)
            )
        except Refused as error:
            status = error.status
            answer = {"error": {"code": status, "status": error.code, "message": "What a vendor says."}}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 the server's names for them


@contextmanager
def serving() -> Iterator[GoogleCloud]:
    cloud = GoogleCloud()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"cloud": cloud}))
    cloud.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield cloud
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def google_cloud() -> Iterator[GoogleCloud]:
    with serving() as cloud:
        yield cloud


@dataclass(frozen=True)
class Gcloud:
    """Google's command line, which asks the server instead of Google."""

    binary: str
    environment: dict[str, str]

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [self.binary, *words, "--quiet"]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="session")
def gcloud_binary(tmp_path_factory: pytest.TempPathFactory) -> str:
    peers.wanted(NAME)
    binary = shutil.which("gcloud")
    if binary is None:
        peers.absent(NAME, "it is not installed")
    began = time.monotonic()
    told = Gcloud(binary, _environment(tmp_path_factory.mktemp("gcloud"), ""))("version", "--format=json")
    if told.returncode:
        peers.absent(NAME, f"it does not start: {told.stderr.strip()[-200:]}")
    peers.told(NAME, json.loads(told.stdout)["Google Cloud SDK"], began)
    return binary


@pytest.fixture
def gcloud(google_cloud: GoogleCloud, gcloud_binary: str, tmp_path: Path) -> Gcloud:
    google_cloud.token = None  # it signs in nowhere
    return Gcloud(gcloud_binary, _environment(tmp_path, f"{google_cloud.url}/"))


def _environment(home: Path, address: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CLOUDSDK_CONFIG": str(home / "gcloud"),
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CORE_PROJECT": PROJECT,
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDSCHEDULER": address,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_SECRETMANAGER": address,
    }
