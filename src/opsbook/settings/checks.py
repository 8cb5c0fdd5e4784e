"""Kinds of values that settings have, each refused with the reason when it cannot work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from opsbook.integrations.hooks import SHORTEST_SECRET


def fits_a_header(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()  # blanks around it are an accident of pasting
    if not text.isprintable():
        raise ValueError("it holds a line break or another character that no header can carry")
    return SecretStr(text)


def is_long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().strip()) < SHORTEST_SECRET:
        raise ValueError(f"needs at least {SHORTEST_SECRET} characters; draw one with `openssl rand -hex 32`")
    return secret


def is_plain(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().isascii():
        raise ValueError("a key has letters, digits and signs of ASCII only")
    return secret


def can_stand_in_an_address(home: Path) -> Path:
    if "?" in str(home) or any(ord(character) < 32 for character in str(home)):
        raise ValueError("the folder's name holds a ? or a control character; the store's address cannot name it")
    return home


def leads_to_us(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable() and " " not in url
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("it is an address such as https://ops.example.com")
    return url


BearerSecret = Annotated[SecretStr, AfterValidator(is_long_enough), AfterValidator(fits_a_header)]
VendorKey = Annotated[SecretStr, AfterValidator(fits_a_header), AfterValidator(is_plain)]
StoreFolder = Annotated[Path, AfterValidator(can_stand_in_an_address)]
PublicUrl = Annotated[str, AfterValidator(leads_to_us)]
