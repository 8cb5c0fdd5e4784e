"""What only this deployment can make: links that nobody forges, discount codes that nobody guesses.

They are made of the deployment's key and of stable ids alone, so a draft that is made again after a crash carries the
same ones. An unsubscribe link never expires; a link to an approval is worth as much as what it is bound to.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ23456789"  # no vowels: no words; nothing that is read as something else
CODE_LENGTH = 10  # 48 bits
TAG_BYTES = 16


class Signer:
    def __init__(self, key: bytes) -> None:
        self.key = key

    def code(self, effect_key: str, contact_id: str) -> str:
        """A discount code, `XXXXX-XXXXX`: one for each contact of a campaign."""
        number = int.from_bytes(self._tag("code", effect_key, contact_id), "big")
        letters = []
        for _ in range(CODE_LENGTH):
            number, place = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[place])
        return f"{''.join(letters[:5])}-{''.join(letters[5:])}"

    def token(self, campaign_id: str, contact_id: str) -> str:
        """What an unsubscribe link carries: whose it is, without an address, and the proof that we made it."""
        who = _encode(f"{campaign_id}\n{contact_id}".encode())
        return f"{who}.{_encode(self._tag('unsubscribe', campaign_id, contact_id)[:TAG_BYTES])}"

    def read(self, token: str) -> tuple[str, str] | None:
        """(campaign_id, contact_id) of a token that we made, else None."""
        who, _, _ = token.partition(".")
        try:
            campaign_id, _, contact_id = _decode(who).decode().partition("\n")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        wanted = self.token(campaign_id, contact_id)  # compared as it is written: one link has one spelling
        genuine = hmac.compare_digest(token.encode("utf-8", "replace"), wanted.encode())
        return (campaign_id, contact_id) if genuine else None

    def pass_for(self, approval_id: str, person: str, *bound: str) -> str:
        """What a link to an approval carries: which one and who, and the proof, which also covers what is `bound`."""
        who = _encode(f"{approval_id}\n{person}".encode())
        return f"{who}.{_encode(self._tag('approval', approval_id, person, *bound))}"

    def genuine(self, token: str, *bound: str) -> bool:
        """Whether we made this pass, for exactly what is bound."""
        holder = holder_of(token)
        return holder is not None and hmac.compare_digest(token.encode(), self.pass_for(*holder, *bound).encode())

    def _tag(self, *parts: str) -> bytes:
        text = "".join(f"{len(part)}:{part}" for part in parts)
        return hmac.new(self.key, text.encode(), hashlib.sha256).digest()


def holder_of(token: str) -> tuple[str, str] | None:
    """(approval_id, person) that a pass names, unproven; None for what is no pass."""
    who, dot, _ = token.partition(".")
    try:
        approval_id, line, person = _decode(who).decode().partition("\n")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return (approval_id, person) if dot and line and approval_id and person else None


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
