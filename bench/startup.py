"""How long people wait: for `opsbook --help`, for `opsbook up` to be ready; and what an idle server keeps in memory.

Every start is a fresh process; the server gets an empty home, so that its first start makes the store as well. `N`
starts each (11 for help, 5 for the server); the first of each is not counted: it fills the machine's file cache.
Memory is the resident set that the system reports, one second after the server is ready.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median

from bench._telling import claim, machine, scale, spread, table

OPSBOOK = Path(sys.executable).parent / "opsbook"
MOST_HELP_MS, MOST_READY_MS, MOST_MIB = 300.0, 2000.0, 150.0
PATIENCE = 30.0


def help_ms() -> float:
    began = time.perf_counter()
    subprocess.run([OPSBOOK, "--help"], check=True, capture_output=True)
    return (time.perf_counter() - began) * 1000


def server(home: Path) -> tuple[float, float]:
    """(milliseconds from spawn to the first good answer of /readyz, MiB resident a second later)."""
    environment = {**os.environ, "OPSBOOK_HOME": str(home)}
    began = time.perf_counter()
    command = [OPSBOOK, "up", "--port", "0", "--json"]
    with subprocess.Popen(command, env=environment, cwd=home, stdout=subprocess.PIPE, text=True) as program:
        try:
            url = json.loads(said(program))["url"]
            while not ready(url):
                if time.perf_counter() - began > PATIENCE:
                    sys.exit("The server was not ready in time.")
                time.sleep(0.005)
            waited = (time.perf_counter() - began) * 1000
            time.sleep(1.0)
            return waited, resident_mib(program.pid)
        finally:
            program.terminate()


def said(program: subprocess.Popen[str]) -> str:
    """The server's first line. It is printed when the server listens."""
    assert program.stdout is not None
    if not select.select([program.stdout], [], [], PATIENCE)[0]:
        sys.exit("The server said nothing.")
    return program.stdout.readline() or sys.exit("The server ended before it was ready.")


def ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def main() -> int:
    helps = [help_ms() for _ in range(scale(11) + 1)][1:]
    servers = []
    for _ in range(min(scale(5), 11) + 1):
        with tempfile.TemporaryDirectory() as home:
            servers.append(server(Path(home)))
    waits, sizes = [one[0] for one in servers[1:]], [one[1] for one in servers]
    print(machine())
    table(
        ("What", "median (range)"),
        [
            ("opsbook --help, ms", spread(helps)),
            ("opsbook up with an empty home, ms until ready", spread(waits)),
            ("opsbook up, idle, MiB resident", spread(sizes)),
        ],
    )
    held = [
        claim("opsbook --help, median ms", median(helps), MOST_HELP_MS, at_least=False),
        claim("opsbook up ready, median ms", median(waits), MOST_READY_MS, at_least=False),
        claim("opsbook up idle, most MiB resident", max(sizes), MOST_MIB, at_least=False),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
