"""The metadata server of a Google machine: the one internal address that is asked, and only in the one way."""

from __future__ import annotations

import pytest

from opsbook.sdk.errors import InvalidInput, NeverWorks, OpsbookError
from opsbook.sdk.http import Answer, HttpClient
from opsbook.sdk.testing import FakeSystem
from sdk.serving import answer, serving
from sdk.test_ssrf import Wires

PATH = "/computeMetadata/v1/"


def wired(addresses: list[str]) -> tuple[HttpClient, Wires]:
    """A client whose every name leads to these addresses, and what it would have connected to."""

    async def resolve(_host: str, _port: int) -> list[str]:
        return addresses

    http, wires = HttpClient(resolve=resolve), Wires()
    http.prepared().below = wires
    return http, wires


async def test_it_is_asked_in_its_own_way_and_must_answer_in_its_own_way():
    async with serving(answer(b"[]", metadata_flavor="Google")) as server:
        http = HttpClient(allow_loopback=True)
        assert (await http.ask_machine(f"localhost:{server.port}", PATH, {"a": "b"})).json() == []
    assert server.requests[0].startswith(b"GET /computeMetadata/v1/?a=b HTTP/1.1\r\n")
    assert b"metadata-flavor: Google\r\n" in server.requests[0]
    for headers in ({}, {"metadata-flavor": "Other"}):
        desk = FakeSystem({"*": Answer(200, b"[]", headers)})
        with pytest.raises(NeverWorks, match="no metadata server"):
            await HttpClient(transport=desk).ask_machine("metadata.google.internal", PATH, {})


@pytest.mark.parametrize("host", ["metadata.google.internal", "METADATA.google.internal", "169.254.169.254"])
async def test_its_name_leads_to_its_own_address_at_the_port_of_http(host):
    http, wires = wired(["169.254.169.254"])
    with pytest.raises(OpsbookError):
        await http.ask_machine(host, PATH, {})
    assert wires.made == [("169.254.169.254", 80)]


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["127.0.0.1"], ["93.184.215.14"], ["169.254.169.254", "10.0.0.1"]])
async def test_a_name_of_its_that_leads_anywhere_else_is_not_followed(addresses):
    http, wires = wired(addresses)
    with pytest.raises(InvalidInput) as caught:
        await http.ask_machine("metadata.google.internal", PATH, {})
    assert (caught.value.code, wires.made) == ("address_refused", [])


@pytest.mark.parametrize(
    "host",
    [
        "api.example.com", "10.0.0.1", "localhost:80", "127.0.0.1", "169.254.170.2", "100.100.100.200", "2852039166",
        "metadata.google.internal@10.0.0.1", "user@metadata.google.internal", "10.0.0.1/metadata.google.internal",
        "10.0.0.1#metadata.google.internal", "metadata.google.internal.", "",
    ],
)  # fmt: skip
async def test_no_other_host_is_asked_as_a_machine(host):
    http, wires = wired(["169.254.169.254"])
    with pytest.raises(InvalidInput) as caught:
        await http.ask_machine(host, PATH, {})
    assert (caught.value.code, wires.made) == ("address_refused", [])


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["metadata.google.internal", "169.254.169.254", "[fd20:ce::254]"])
async def test_a_request_of_any_other_kind_never_reaches_it(scheme, host):
    http, wires = wired(["169.254.169.254"])
    with pytest.raises(InvalidInput) as caught:
        await http.request("GET", f"{scheme}://{host}{PATH}", headers={"metadata-flavor": "Google"})
    assert (caught.value.code, wires.made) == ("address_refused", [])
