"""The demo's home folder: made afresh each time, and only ever one that a demo made."""

from __future__ import annotations

import shutil
from pathlib import Path

from opsbook.sdk.errors import InvalidInput

MARK = ".opsbook-demo"  # a file in the folder that says who made it


def prepare(home: Path, *, keep: bool) -> None:
    """An empty home, or with `keep` the one from last time.

    Raises `InvalidInput` for a folder that holds something and was made by no demo: nothing of it is touched.
    """
    try:
        if home.exists() and not home.is_dir():
            raise InvalidInput(f"{home} is no folder.", field="--home", cure="Name a folder, or leave it out.")
        if home.is_dir() and any(home.iterdir()):
            if not (home / MARK).exists():
                raise InvalidInput(
                    f"{home} holds files that no demo made.",
                    field="--home",
                    cure="Name an empty folder, or one that does not exist yet.",
                )
            if not keep:
                shutil.rmtree(home)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        (home / MARK).write_text("Made by `opsbook demo`, which may delete this folder.\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{home} cannot be used: {error.strerror or error}.", field="--home") from error
