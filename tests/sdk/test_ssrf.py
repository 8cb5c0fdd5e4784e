"""Addresses that a hostile setting, link or resolver would like to reach: no connection is made to any of them."""

from __future__ import annotations

import asyncio

import pytest

from opsbook.sdk.errors import InvalidInput, OpsbookError
from opsbook.sdk.http import HttpClient

URLS = [
    "http://api.example.com/", "ftp://api.example.com/", "file:///etc/passwd", "gopher://api.example.com/", "",
    "//api.example.com/", "https://", "https:///path", "https://user:pass@api.example.com/", "https://user@127.0.0.1/",
    "https://api.example.com\\@127.0.0.1/", "https://api.example.com@127.0.0.1/", "https://127.0.0.1/",
    "https://127.0.0.2/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/", "https://0/", "https://0.0.0.0/",
    "https://127.0.0.1./", "https://①②⑦.⓪.⓪.①/", "https://１２７.0.0.1/", "https://[::1]/", "https://[::]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/", "https://[64:ff9b:1::1]/", "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::1]/", "https://[2001:0:7f00:1::]/", "https://[fe80::1%25lo]/", "https://[fec0::1]/",
    "https://[ff02::1]/", "https://[fd00:ec2::254]/", "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/", "https://0xa9fea9fe/", "https://100.100.100.200/", "https://168.63.129.16/",
    "https://192.0.0.192/", "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.0.1/", "https://224.0.0.1/",
    "https://255.255.255.255/", "https://localhost/", "https://LOCALHOST/", "https://localhost./",
    "https://metadata.google.internal/", "https://rebound.example.com/", "https://mixed.example.com/",
    "https://nat64.example.com/", "https://exa mple.com/", "https://api.example.com:99999/",
]  # fmt: skip

NAMES = {
    "localhost": ["127.0.0.1"],
    "localhost.": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "rebound.example.com": ["10.1.2.3"],
    "mixed.example.com": ["93.184.215.14", "127.0.0.1"],
    "nat64.example.com": ["64:ff9b::a9fe:a9fe"],
}


class Wires:
    """Stands where connections are made, and counts them."""

    def __init__(self):
        self.made = []

    async def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.made.append((host, port))
        raise ConnectionRefusedError

    async def connect_unix_socket(self, path, timeout=None, socket_options=None):
        self.made.append((path, 0))
        raise ConnectionRefusedError


async def names(host, _port):
    return NAMES.get(host, ["127.0.0.1"])


def guarded(resolve=names, **more):
    http = HttpClient(resolve=resolve, **more)
    http.prepared().below = Wires()
    return http, http.prepared().below


@pytest.mark.parametrize("url", URLS)
async def test_no_connection_is_made_to_an_address_that_is_not_public(url):
    http, wires = guarded()
    with pytest.raises(InvalidInput) as caught:
        await http.request("GET", url)
    assert wires.made == []
    assert caught.value.code == "address_refused"


@pytest.mark.parametrize("url", URLS)
async def test_allowing_loopback_opens_this_machine_by_its_plain_names_and_nothing_else(url):
    http, wires = guarded(allow_loopback=True)
    with pytest.raises(OpsbookError):
        await http.request("GET", url)
    assert wires.made == [] or (url in LOOPBACK and {host for host, _ in wires.made} <= {"127.0.0.1", "::1"})


LOOPBACK = {"https://127.0.0.1/", "https://[::1]/", "https://localhost/", "https://LOCALHOST/"}


async def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_judged():
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    asked = []

    async def rebinding(host, _port):
        asked.append(host)
        return answers[min(len(asked) - 1, 1)]

    http, wires = guarded(rebinding)
    with pytest.raises(OpsbookError):
        await http.request("GET", "https://rebinding.example.com/")
    assert asked == ["rebinding.example.com"]
    assert wires.made == [("93.184.215.14", 443)]


async def test_every_address_of_a_name_must_be_public_before_one_is_tried():
    http, wires = guarded()
    with pytest.raises(InvalidInput):
        await http.request("GET", "https://mixed.example.com/")
    assert wires.made == []


async def test_a_refused_address_is_not_repeated_in_the_error():
    http, _ = guarded()
    with pytest.raises(InvalidInput) as caught:
        await http.request("GET", "https://user:canary-secret@api.example.com/?key=canary-secret")
    assert "canary" not in str(caught.value)


async def test_plain_http_reaches_a_listening_port_of_this_machine_only_when_it_is_allowed():
    knocks = []

    async def knock(_reader, writer):
        knocks.append(1)
        writer.close()

    server = await asyncio.start_server(knock, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", f"http://localhost:{port}/", f"https://2130706433:{port}/"):
        with pytest.raises(InvalidInput):
            await HttpClient().request("GET", url)
    assert knocks == []
    with pytest.raises(OpsbookError):
        await HttpClient(allow_loopback=True).request("GET", f"http://localhost:{port}/")
    assert knocks == [1]
    server.close()
    await server.wait_closed()
