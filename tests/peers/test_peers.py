"""What every other suite leans on: the guard of the network, and how an absent peer is told."""

from __future__ import annotations

import asyncio
import socket

import pytest

import peers


async def test_nothing_outside_of_this_machine_can_be_reached_or_resolved():
    with socket.socket() as probe, pytest.raises(BaseException, match="tests reach only this machine"):
        probe.connect(("192.0.2.1", 80))
    with socket.socket(type=socket.SOCK_DGRAM) as probe, pytest.raises(BaseException, match="only this machine"):
        probe.sendto(b"x", ("192.0.2.1", 53))
    with pytest.raises(BaseException, match="only this machine"):
        socket.getaddrinfo("api.example.com", 443)
    with pytest.raises(BaseException, match="only this machine"):
        await asyncio.get_running_loop().getaddrinfo("api.example.com", 443)


async def test_this_machine_can_be_reached():
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for host in ("127.0.0.1", "localhost"):
        reader, writer = await asyncio.open_connection(host, port)
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(("chosen", "outcome"), [("required", pytest.fail.Exception), ("auto", pytest.skip.Exception)])
def test_an_absent_peer_fails_where_it_is_required_and_is_skipped_elsewhere(chosen, outcome, monkeypatch):
    monkeypatch.setenv("OPSBOOK_TEST_PEERS", chosen)
    with pytest.raises(outcome, match="no such server"):
        peers.absent("sample", "no such server")
    assert peers.LINES.pop() == "sample: absent (no such server)"


def test_peers_can_be_switched_off_and_a_wrong_switch_is_refused(monkeypatch):
    monkeypatch.setenv("OPSBOOK_TEST_PEERS", "off")
    with pytest.raises(pytest.skip.Exception):
        peers.wanted("sample")
    peers.LINES.pop()
    monkeypatch.setenv("OPSBOOK_TEST_PEERS", "maybe")
    with pytest.raises(pytest.UsageError):
        peers.policy()


def test_free_ports_are_free_and_waiting_ends():
    port = peers.free_port(beside=1)
    assert not peers.listens(port)
    assert not peers.listens(port + 1)
    assert peers.until(lambda: True, 1)
    assert not peers.until(lambda: False, 0)
