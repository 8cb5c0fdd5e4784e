"""Bearer secrets: read from the raw header bytes and compared in constant time. Nothing here is ever logged."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence

from pydantic import SecretStr


def presented(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The bearer token of a request's raw headers; None when there is none, an empty one, or more than one."""
    found = [value for name, value in headers if name.lower() == b"authorization"]
    if len(found) != 1:
        return None
    scheme, _, token = found[0].partition(b" ")
    return token.strip() or None if scheme.lower() == b"bearer" else None


def admits(token: bytes | None, secrets: Sequence[SecretStr]) -> bool:
    """Whether the token is one of the live secrets.

    The digests of the bytes are compared, so that any length and any bytes take the same way; every secret is compared,
    also after one has matched and when there is no token.
    """
    given = hashlib.sha256(token or b"").digest()
    matches = [
        hmac.compare_digest(given, hashlib.sha256(secret.get_secret_value().encode()).digest()) for secret in secrets
    ]
    return token is not None and any(matches)


def named(token: bytes | None, digests: Mapping[str, str]) -> str | None:
    """Whose token it is, by the SHA-256 of each; None when it is nobody's. Every digest is compared, as by `admits`."""
    given = hashlib.sha256(token or b"").hexdigest()
    matches = [name for name, digest in digests.items() if hmac.compare_digest(given, digest)]
    return matches[0] if matches and token is not None else None
