"""A folder with a command line in it, and an environment that says nothing but where the home is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cli.commanding import Shell
from opsbook.settings import ENVIRONMENT


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name in (*ENVIRONMENT, *(name for name in os.environ if name.startswith("OPSBOOK_"))):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPSBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path)
