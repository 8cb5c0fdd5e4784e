"""What a store raises when it cannot be reached, for callers that must tell this from a fault of their own."""

from __future__ import annotations

from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

UNREACHABLE: tuple[type[Exception], ...] = (OperationalError, InterfaceError, TimeoutError)
