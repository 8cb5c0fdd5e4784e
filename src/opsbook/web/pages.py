"""Small pages for people without an account: one message, perhaps one form. No script, no picture, nothing of others.

Everything that is put into a page is escaped here; the style is allowed by its digest, and nothing else is allowed.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape

from starlette.responses import HTMLResponse, Response

STYLE = """
:root { color-scheme: light dark; }
body { font: 17px/1.5 system-ui, sans-serif; margin: 0; display: grid; min-height: 100vh; place-items: center; }
main { max-width: 34rem; padding: 2rem 1.25rem; }
h1 { font-size: 1.4rem; margin: 0 0 .75rem; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
button { font: inherit; padding: .6rem 1.2rem; border-radius: .5rem; border: 1px solid; cursor: pointer; }
"""
_DIGEST = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}


def page(title: str, paragraphs: Sequence[str], *, button: str = "", status: int = 200) -> Response:
    """A page of plain words; with a `button` it is a form that posts to its own address."""
    said = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    form = f'<form method="post"><button type="submit">{escape(button)}</button></form>' if button else ""
    return html(title, f"{said}{form}", status)


def html(title: str, inner: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A page around `inner`, which is markup whose every value its maker has escaped."""
    whole = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{inner}</main></body></html>"
    )
    return HTMLResponse(whole, status, {**HEADERS, **(headers or {})})
