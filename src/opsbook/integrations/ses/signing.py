"""Signs one request the way AWS asks for: Signature Version 4, without a query and with the headers that are listed."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote, urlsplit

SCHEME = "AWS4-HMAC-SHA256"
SERVICE = "ses"


@dataclass(frozen=True)
class Key:
    """An access key for one region."""

    id: str = field(repr=False)
    secret: str = field(repr=False)
    region: str


def signed(method: str, url: str, content: bytes, headers: Mapping[str, str], key: Key, at: datetime) -> dict[str, str]:
    """The headers of a request with its signature; `headers` have lower-case names. `at` is in UTC."""
    parts = urlsplit(url)
    stamp = f"{at:%Y%m%dT%H%M%SZ}"
    told = {**headers, "host": parts.netloc, "x-amz-date": stamp}
    names = sorted(told)
    lines = [f"{name}:{' '.join(told[name].split())}" for name in names]
    request = (method, quote(parts.path or "/"), "", *lines, "", ";".join(names), sha256(content).hexdigest())
    scope = f"{stamp[:8]}/{key.region}/{SERVICE}/aws4_request"
    text = "\n".join((SCHEME, stamp, scope, sha256("\n".join(request).encode()).hexdigest()))
    secret = f"AWS4{key.secret}".encode()
    for part in scope.split("/"):
        secret = _keyed(secret, part)
    signature = _keyed(secret, text).hex()
    del told["host"]  # it follows from the address
    proof = f"Credential={key.id}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    return {**told, "authorization": f"{SCHEME} {proof}"}


def _keyed(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), sha256).digest()
