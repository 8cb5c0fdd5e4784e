"""The demo's home: made afresh, kept when asked, and never anybody else's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbook.cli.demo.home import MARK, prepare
from opsbook.sdk.errors import InvalidInput


def test_a_home_of_last_time_is_emptied_or_kept(tmp_path: Path) -> None:
    home = tmp_path / "deep" / "home"
    prepare(home, keep=False)
    (home / "opsbook.db").write_bytes(b"rows")
    prepare(home, keep=True)
    assert (home / "opsbook.db").exists()
    prepare(home, keep=False)
    assert [path.name for path in home.iterdir()] == [MARK]


@pytest.mark.parametrize("keep", [True, False])
def test_what_no_demo_made_is_not_touched(tmp_path: Path, keep: bool) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(InvalidInput, match="no demo made"):
        prepare(tmp_path, keep=keep)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInput):
        prepare(tmp_path / "file" / "home", keep=False)
