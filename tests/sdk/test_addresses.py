"""Which addresses may be reached: the public ones, whatever they are wrapped in."""

from __future__ import annotations

import pytest

from opsbook.sdk.addresses import is_loopback_name, looks_numeric, why_refused

PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8"]
HOSTILE = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "169.254.170.2", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.8", "192.0.0.192", "192.0.2.1",
    "198.18.0.1", "198.51.100.7", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1",
    "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:a9fe:a9fe::1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:a9fe:a9fe::1", "2001:0:4136:e378:8000:63bf:80ff:fffe", "2001:db8::1", "100::1", "fc00::1", "fd00:ec2::254",
    "fd20:ce::254", "fe80::1", "fe80::1%1", "2606:4700::1%eth0", "fec0::1", "ff02::1", "ff0e::1",
    "2606:4700::5efe:10.0.0.1", "2606:4700::200:5efe:a9fe:a9fe", "", "localhost", "2130706433", "1.2.3", "no address",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address):
    assert why_refused(address) is None


@pytest.mark.parametrize("address", HOSTILE)
def test_an_address_that_is_not_public_is_refused_with_a_reason(address):
    assert why_refused(address)


def test_loopback_is_reached_only_when_it_is_allowed_and_nothing_else_with_it():
    allowed = [address for address in HOSTILE if why_refused(address, loopback_allowed=True) is None]
    assert set(allowed) <= {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1"}
    assert "127.0.0.1" in allowed


def test_a_name_that_merely_resolves_to_this_machine_is_no_loopback_name():
    assert [is_loopback_name(host) for host in ("localhost", "LOCALHOST", "127.0.0.1", "::1")] == [True] * 4
    assert not is_loopback_name("localhost.example.com")
    assert not is_loopback_name("127.0.0.2")


def test_hosts_that_a_resolver_reads_as_numbers_are_told_from_addresses_and_names():
    numeric = ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "1.1"]
    assert all(looks_numeric(host) for host in numeric)
    assert not any(looks_numeric(host) for host in ["8.8.8.8", "::1", "1password.com", "example.com", "a1.b2"])
