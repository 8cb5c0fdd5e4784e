"""Secrets do not come through, in whatever form they travel."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from opsbook.sdk.redaction import STARS, Redactor

SECRET = 'käse/"44+ =%canary'
FORMS = [
    SECRET,
    quote(SECRET, safe=""),
    quote_plus(SECRET),
    json.dumps(SECRET)[1:-1],
    base64.b64encode(SECRET.encode()).decode(),
    base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
]


def test_every_form_of_a_secret_is_hidden():
    redactor = Redactor()
    redactor.learn([SECRET])
    for form in FORMS:
        assert redactor.clean(f"before {form} after") == f"before {STARS} after"


def test_a_long_secret_that_holds_a_short_one_leaves_nothing_behind():
    redactor = Redactor()
    redactor.learn(["abcd", "xxabcdyy"])
    assert redactor.clean("xxabcdyy and abcd") == f"{STARS} and {STARS}"


def test_a_text_becomes_one_printable_line():
    assert Redactor().clean("a\r\nb\x1b[31mc\u2028d") == "a  b [31mc d"


def test_words_too_short_for_a_secret_stay():
    redactor = Redactor()
    redactor.learn(["a", "", "yes"])
    assert redactor.clean("yes, a cat") == "yes, a cat"
    assert "0 forms" in repr(redactor)


@given(st.text(min_size=4, alphabet=st.characters(categories=["L", "N", "P", "S"])), st.text(), st.text())
def test_whatever_surrounds_a_secret_it_is_gone(secret, before, after):
    redactor = Redactor()
    redactor.learn([secret])
    if secret not in STARS:
        assert secret not in redactor.clean(before + secret + after).replace(STARS, "\n")
