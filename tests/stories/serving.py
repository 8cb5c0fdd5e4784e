"""A server as a process of its own: what can be killed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cli.commanding import Shell, command


@contextmanager
def server(shell: Shell) -> Iterator[subprocess.Popen[str]]:
    """`opsbook up`, ready; killed at the end."""
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    words = command("up", "--port", "0", "--json")
    process = subprocess.Popen(words, cwd=shell.folder, env=shell.environment(), **pipes)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield process
    finally:
        process.kill()
        process.communicate()
