"""A real server in a process of its own, with secrets that the tests know."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

from cli.commanding import Shell, command

SECRET, TOKEN = "cron-secret-of-the-tests", "api-token-of-the-tests"
SECRETS = {"CRON_SECRET": SECRET, "OPSBOOK_API_TOKEN": TOKEN}
CRON = {"Authorization": f"Bearer {SECRET}"}
API = {"Authorization": f"Bearer {TOKEN}"}
DOOR = "/api/cron/playbook-runner"


@contextmanager
def server(
    shell: Shell, *words: str, env: Mapping[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """A server that has said that it is ready, and a client for it; whatever happens, it does not outlive the test."""
    words = ("up", "--port", "0", "--json", *words)
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(
        command(*words), cwd=shell.folder, env=shell.environment({**SECRETS, **(env or {})}), **pipes
    )
    impatience = threading.Timer(60, process.kill)
    impatience.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
        assert line, process.communicate()[1]
        with httpx.Client(base_url=json.loads(line)["url"], timeout=30) as client:
            yield process, client
    finally:
        impatience.cancel()
        process.kill()
        process.communicate()
