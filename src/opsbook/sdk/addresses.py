"""Which addresses a request may be sent to: public ones, and this machine when that is asked for. Pure.

`ipaddress.is_global` alone is not enough: on some Pythons it holds for wrapped forms of private addresses (NAT64,
6to4), for multicast and for the internal services of clouds. So an address is unwrapped to the one that traffic would
reach, and that one is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

# Services that clouds answer at addresses of their own, to whoever asks from inside.
METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.169.253",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
    )
)
# Google's metadata server, which tells a machine of theirs who it is: its names, and where those must lead.
MACHINE_NAMES = frozenset({"metadata.google.internal", "169.254.169.254", "fd20:ce::254"})
MACHINE = frozenset(ip_address(text) for text in ("169.254.169.254", "fd20:ce::254"))
# Blocks that are no unicast hosts of the internet, whatever `is_global` says of them.
REFUSED = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("100.64.0.0/10"),
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("240.0.0.0/4"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("100::/64"),
    IPv6Network("fec0::/10"),
)
NAT64 = IPv6Network("64:ff9b::/96")
COMPATIBLE = IPv6Network("::/96")  # the old way of writing an IPv4 address as an IPv6 one


def why_refused(text: str, *, loopback_allowed: bool = False) -> str | None:
    """Why no connection is made to an address; None when it may be. `text` is one address, as a resolver gives it."""
    try:
        address = ip_address(text)
    except ValueError:
        return "it is not an address"
    if address.is_loopback and loopback_allowed:
        return None
    if isinstance(address, IPv6Address) and address.scope_id:
        return "it belongs to one network interface"
    for reached in unwrapped(address):
        if why := _why(reached):
            return why
    return None


def unwrapped(address: Address) -> Iterator[Address]:
    """The addresses that traffic to an address reaches: itself, or the IPv4 ones that it wraps."""
    if isinstance(address, IPv4Address):
        yield address
        return
    inner: list[IPv4Address] = []
    if address.ipv4_mapped is not None:
        inner.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        inner.append(address.sixtofour)
    if address.teredo is not None:
        inner.extend(address.teredo)
    if address in NAT64 or (address in COMPATIBLE and int(address) > 1):
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    if (int(address) >> 32) & 0xFDFFFFFF == 0x5EFE:  # ISATAP: ...:0:5efe:a.b.c.d and ...:200:5efe:a.b.c.d
        inner.append(IPv4Address(int(address) & 0xFFFFFFFF))
    yield from inner or (address,)


def is_loopback_name(host: str) -> bool:
    """Whether a host is written as this machine. A name that merely resolves to it is not."""
    return host.lower() in LOOPBACK_NAMES


def looks_numeric(host: str) -> bool:
    """Whether a resolver would read the host as a number (`2130706433`, `0x7f.1`, `127.1`) though it is no address."""
    last = host.rstrip(".").rpartition(".")[2].lower()
    return not is_address(host) and (last.isdecimal() or last.startswith("0x"))


def is_machine_name(host: str) -> bool:
    """Whether a host is written as Google's metadata server."""
    return host.lower() in MACHINE_NAMES


def why_not_machine(text: str) -> str | None:
    """Why an address is not that of Google's metadata server; None when it is."""
    return None if is_address(text) and ip_address(text) in MACHINE else "it is not where a metadata server answers"


def is_address(host: str) -> bool:
    """Whether a host is written as an address and not as a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _why(address: Address) -> str | None:
    if address in METADATA:
        return "it is an internal service of a cloud"
    if any(address.version == block.version and address in block for block in REFUSED):
        return "it is not a public address"
    if address.is_multicast or address.is_reserved or address.is_unspecified or not address.is_global:
        return "it is not a public address"
    return None
