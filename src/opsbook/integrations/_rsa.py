"""RS256 signatures: the only file that loads the library for it, which comes with the extra `google`."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def signature(private_key: str, text: bytes) -> bytes | None:
    """The signature of a text; None when the PEM holds no RSA key that can be read without a password."""
    try:
        key = load_pem_private_key(private_key.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key.sign(text, PKCS1v15(), SHA256()) if isinstance(key, RSAPrivateKey) else None
