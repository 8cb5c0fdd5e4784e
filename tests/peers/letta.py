"""A real Letta server, from the package `letta`, on a real Postgres: for the long proofs only.

It is a large package (770 MB) with pins of its own, so it is installed into an environment beside ours, once, in the
cache of peers. The makers develop this server no longer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import peers
from peers.postgres import PostgresPeer

NAME = "letta"
ASKED = "OPSBOOK_TEST_LETTA"
PINNED = "letta[sqlite,server,postgres]==0.16.8"
NEWEST = "2026-05-15"  # later versions of what it needs break it
MAKE_TABLES = """
import importlib, pkgutil, sys
import letta.orm
from sqlalchemy import create_engine, text
for module in pkgutil.iter_modules(letta.orm.__path__):
    importlib.import_module("letta.orm." + module.name)
from letta.orm.base import Base
engine = create_engine(sys.argv[1].replace("postgresql://", "postgresql+psycopg2://"))
with engine.begin() as made:
    made.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
Base.metadata.create_all(engine)
with engine.begin() as made:
    made.execute(text("CREATE SEQUENCE IF NOT EXISTS message_numbers"))
    made.execute(text("ALTER TABLE messages ALTER COLUMN sequence_id SET DEFAULT nextval('message_numbers')"))
"""


@pytest.fixture(scope="session")
def letta_peer(postgres_peer: PostgresPeer) -> Iterator[str]:
    """The address of the server, without /v1."""
    if os.environ.get(ASKED) != "1":  # expected nowhere: it is large, and nobody develops it any more
        pytest.skip(f"{NAME} is started where {ASKED}=1 asks for it")
    programs = _installed()
    began = time.monotonic()
    postgres_peer.execute("CREATE DATABASE letta TEMPLATE template0")
    database = postgres_peer.url("letta")
    with tempfile.TemporaryDirectory(prefix="opsbook-letta-", ignore_cleanup_errors=True) as made, ExitStack() as ended:
        folder, port = Path(made), peers.free_port()
        address = f"http://127.0.0.1:{port}"
        settings = {"HOME": made, "LETTA_PG_URI": f"{database}?ssl=disable", "OPENAI_API_KEY": "made-up"}
        set_to = ["env", *(f"{name}={value}" for name, value in settings.items())]
        _run([*set_to, str(programs / "python"), "-c", MAKE_TABLES, database], folder)
        serves = [str(programs / "letta"), "server", "--host", "127.0.0.1", "--port", str(port)]
        server = ended.enter_context(peers.process([*set_to, *serves], folder))
        ready = peers.until(lambda: server.poll() is not None or bool(_version(address)), seconds=120)
        if not ready or server.poll() is not None:
            peers.absent(NAME, f"it did not start: {(folder / 'log').read_text()[-300:]}")
        peers.told(NAME, _version(address), began)
        yield address


def _installed() -> Path:
    """The folder of its programs; installed where it is not."""
    folder = peers.cache(NAME)
    programs = folder / "venv" / "bin"
    if not (programs / "letta").exists():
        uv = Path(sys.executable).parent / "uv"
        if not uv.exists():
            peers.absent(NAME, "there is no uv to install it with")
        _run([str(uv), "venv", "--quiet", "--clear", "--python", "3.11", str(folder / "venv")], folder)
        python = str(programs / "python")
        _run([str(uv), "pip", "install", "--quiet", "--exclude-newer", NEWEST, "--python", python, PINNED], folder)
    return programs


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        peers.absent(NAME, f"it cannot be set up: {done.stderr[-300:]}")


def _version(address: str) -> str:
    """What it says of itself; empty while it does not answer."""
    try:
        with urllib.request.urlopen(f"{address}/v1/health/", timeout=5) as answer:
            return str(json.loads(answer.read())["version"])
    except (OSError, ValueError, KeyError):
        return ""
