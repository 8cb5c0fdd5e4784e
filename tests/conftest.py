"""What holds for every test: only this machine can be reached, and the run ends with a line for each peer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest

import peers

LOCAL_NAMES = {"localhost", "", None, b"localhost", b""}


class NetworkBlocked(BaseException):
    """A test tried to leave this machine. It is no `Exception`, so nothing that is tested can swallow it."""


class _Guard:
    """Watches the interpreter's own audit events: whoever opens a socket passes here."""

    closed = False
    installed = False

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.closed:
            return
        if event in ("socket.connect", "socket.sendto"):
            address = args[1]
            if isinstance(address, tuple) and not _is_local(address[0]):
                raise NetworkBlocked(f"A test tried to reach {address[0]}; tests reach only this machine.")
        elif event == "socket.getaddrinfo" and not _is_local(args[0]):
            raise NetworkBlocked(f"A test tried to resolve {args[0]!r}; tests reach only this machine.")


_guard = _Guard()


@pytest.fixture(autouse=True)
def _only_this_machine() -> Iterator[None]:
    """Nothing outside of this machine can be resolved or connected to while a test runs."""
    if not _guard.installed:
        sys.addaudithook(_guard)
        _guard.installed = True
    _guard.closed = True
    yield
    _guard.closed = False


def _is_local(host: Any) -> bool:
    if host in LOCAL_NAMES:
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ip_address(text).is_loopback or ip_address(text).is_unspecified
    except ValueError:
        return False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    while peers.LINES:  # they travel with a report, so that they arrive when tests run in several processes
        report.user_properties.append(("peer", peers.LINES.pop(0)))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for found in terminalreporter.stats.values() for report in found]
    lines = {text for report in reports for name, text in getattr(report, "user_properties", ()) if name == "peer"}
    if lines:
        terminalreporter.section("peers")
        for line in sorted(lines):
            terminalreporter.line(line)
