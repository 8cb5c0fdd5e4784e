"""What servers were seen to offer, kept in the home folder, so that a model is told how an allowed tool is called.

Whatever stands in such a file counts only where its digest is the one that the settings allow. A file that is missing
or unreadable takes nothing away but that: the tool is called all the same, by who knows its arguments.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from opsbook.tools.mcp.offered import Offered

FOLDER = "mcp"
MOST_BYTES = 2_000_000


def keep(home: Path, server: str, offered: Sequence[Offered]) -> None:
    """Keep what a server offers now, whole or not at all. Raises `OSError` where nothing can be written."""
    folder = home / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    written = folder / f"{server}.json.new"
    written.write_text(json.dumps([vars(tool) for tool in offered], ensure_ascii=False), "utf-8")
    os.replace(written, folder / f"{server}.json")


def seen(home: Path, server: str) -> Mapping[str, Offered]:
    """What was seen of a server, by digest."""
    try:
        raw = (home / FOLDER / f"{server}.json").read_bytes()
        rows: Any = json.loads(raw) if len(raw) <= MOST_BYTES else []
        found = [Offered(**row) for row in rows]
        return {tool.digest: tool for tool in found}
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
