"""Reads a TOML file that a person wrote, with a limit, and says in words what is wrong with it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from opsbook.sdk.errors import InvalidInput

MOST_BYTES = 1024 * 1024


def read_toml(path: Path, what: str, elsewhere: str) -> dict[str, Any] | None:
    """The file's values; None when there is no such file.

    `what` names the kind of file, `elsewhere` says how to name another one. Raises `InvalidInput` for a file that
    cannot be read, is larger than 1 MB, is not UTF-8 or is not TOML.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidInput(f"The {what} {path} cannot be read: {why}.", field=str(path), cure=elsewhere) from error
    if len(raw) > MOST_BYTES:
        cure = "Leave out what is not needed."
        raise InvalidInput(f"{path} is larger than {MOST_BYTES >> 20} MB.", field=str(path), cure=cure)
    try:
        return tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        cure = "Save it as UTF-8."
        raise InvalidInput(f"{path} is not UTF-8 (byte {error.start + 1}).", field=str(path), cure=cure) from None
    except RecursionError:
        cure = "Write it flatter."
        raise InvalidInput(f"{path} is nested too deeply.", field=str(path), cure=cure) from None
    except ValueError as error:
        raise InvalidInput(f"{path} is not TOML: {error}.", field=str(path), cure="Mend that line.") from error
