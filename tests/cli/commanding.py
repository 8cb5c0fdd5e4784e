"""The command line as a person uses it, in a folder of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from opsbook.cli.main import run
from opsbook.settings import ENVIRONMENT

HELLO = """\
id: says_hello
name: Says hello
inputs:
  name: {type: string, default: you}
triggers:
  - schedule: {cron: "30 1 * * *", timezone: America/New_York}
steps:
  - {id: greet, type: set, values: {greeting: "hello {{ inputs.name }}"}, save_as: said}
  - {id: check, type: assert, that: said.greeting.length > 3}
success:
  - {id: greeted, expr: said.greeting.startsWith("hello")}
"""
FAILS = """\
id: always_fails
name: Always fails
steps:
  - {id: check, type: assert, that: 1 > 2, message: One is not more.}
"""
NOT_MET = """\
id: finds_trouble
name: Finds trouble
steps:
  - {id: count, type: set, values: {churn: 7}}
success:
  - {id: low, expr: churn < 3}
"""
PARTIAL = """\
id: goes_on
name: Goes on
steps:
  - {id: check, type: assert, that: 1 > 2, on_error: continue}
  - {id: rest, type: set, values: {a: 1}}
"""
LONG_WAIT = """\
id: takes_long
name: Takes long
steps:
  - {id: pause, type: wait, for: 2h}
"""
SHORT_WAIT = """\
id: pauses
name: Pauses
steps:
  - {id: pause, type: wait, for: 1s}
  - {id: rest, type: set, values: {a: 1}}
"""
TIMES_OUT = """\
id: times_out
name: Times out
policy: {timeout: 1ms}
steps:
  - {id: one, type: set, values: {a: 1}}
  - {id: two, type: set, values: {b: 2}}
"""


def clean_shell(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell in a folder, in an environment that says nothing but where the home is."""
    for name in (*ENVIRONMENT, *(name for name in os.environ if name.startswith("OPSBOOK_"))):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPSBOOK_HOME", str(folder / "home"))
    monkeypatch.chdir(folder)
    return Shell(folder)


@dataclass(frozen=True)
class Answer:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """Runs `opsbook` in `folder`: in this process, or as a `process` of its own."""

    folder: Path

    def __call__(self, *words: str) -> Answer:
        """The entry itself, with the environment and the folder that the fixture has set up."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                run(list(words))
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else 1
        return Answer(code, out.getvalue(), err.getvalue())

    def process(self, *words: str, env: Mapping[str, str] | None = None) -> Answer:
        options: Any = {"capture_output": True, "text": True, "timeout": 60, "check": False}
        done = subprocess.run(command(*words), cwd=self.folder, env=self.environment(env), **options)
        return Answer(done.returncode, done.stdout, done.stderr)

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Nothing of this machine's but the path."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "OPSBOOK_HOME": str(self.folder / "home"), "PYTHONWARNINGS": "error", **(more or {})}

    def write(self, text: str, name: str = "playbook.yaml") -> str:
        (self.folder / name).write_text(text, "utf-8")
        return name

    def publish(self, *texts: str) -> None:
        names = [self.write(text, f"book-{number}.yaml") for number, text in enumerate(texts)]
        answer = self("publish", *names)
        assert answer.code == 0, answer.err


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", "from opsbook.cli.main import run; run()", *words]
