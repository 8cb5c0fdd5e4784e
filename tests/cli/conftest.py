"""A folder with a command line in it, and an environment that says nothing but where the home is."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commanding import Shell, clean_shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return clean_shell(tmp_path, monkeypatch)
