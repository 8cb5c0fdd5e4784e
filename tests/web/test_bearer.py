"""The bearer secret: any bytes of any length, and two live secrets."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from opsbook.web.auth.bearer import admits, presented

PRESENT, PREVIOUS = SecretStr("p" * 32), SecretStr("q" * 32)


def header(value: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"host", b"x"), (b"Authorization", value)]


@pytest.mark.parametrize("scheme", [b"Bearer", b"bearer", b"BEARER"])
def test_the_token_is_what_follows_the_scheme(scheme):
    assert presented(header(scheme + b" " + b"p" * 32)) == b"p" * 32


@pytest.mark.parametrize(
    "value", [b"", b"Bearer", b"Bearer ", b"Bearer    ", b"Basic cDpw", b"p" * 32, b"Bearer\tpppp", b" Bearer p"]
)
def test_what_is_no_bearer_header_presents_nothing(value):
    assert presented(header(value)) is None


def test_no_header_and_two_headers_present_nothing():
    assert presented([]) is None
    assert presented(header(b"Bearer " + b"p" * 32) * 2) is None


def test_each_live_secret_is_admitted():
    assert admits(b"p" * 32, (PRESENT, PREVIOUS))
    assert admits(b"q" * 32, (PRESENT, PREVIOUS))


@pytest.mark.parametrize("token", [None, b"", b"p", b"\xff", "é".encode(), b"p" * 33, b"x" * 5000, b"\x00" * 40])
def test_any_other_bytes_are_refused_without_an_error(token):
    assert not admits(token, (PRESENT, PREVIOUS))


def test_nobody_is_admitted_when_there_is_no_secret():
    assert not admits(b"", ())
    assert not admits(b"p" * 32, ())


def test_a_secret_that_is_not_ascii_is_compared_as_its_utf_8_bytes():
    secret = SecretStr("schlüssel-mit-umlaut")
    assert admits("schlüssel-mit-umlaut".encode(), (secret,))
    assert not admits("schlüssel-mit-umlaut".encode("latin-1"), (secret,))
