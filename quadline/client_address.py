"""Whose request it is, behind proxies: the address a limit
counts by. Pure; every door asks here.

X-Forwarded-For is a list to which each proxy adds, at its right end, the address that
called it. What stands further left was written by the caller and proves nothing.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
MAX_PROXIES = 20  # in a row, all of them trusted; what stands further left is not read
# bits: one customer's network, in which anybody may take any address
IPV6_CUSTOMER = 64

FORWARDED_FOR = b"x-forwarded-for"


@lru_cache(maxsize=8)
def networks_of(written: str) -> tuple[Network, ...]:
    """The networks of ``TRUSTED_PROXIES``: addresses or CIDR
    networks, separated by commas.

    Raises ValueError, in words for anyone who sets it.
    """
    names = [name.strip() for name in written.split(",")]
    return tuple(_network(name) for name in names if name)


def client_address(
    peer: str,
    forwarded_for: str,
    trusted: Sequence[Network],
) -> str:
    """The right-most address that is not a trusted proxy's;
    "" when even the peer has none.

    Args:
        peer: the address of the connection itself.
        forwarded_for: the X-Forwarded-For header, "" without one; several of them
            joined by commas.
        trusted: the networks whose word on who called them is believed.

    What cannot be read as an address ends the search: the proxy that passed it on
    counts as the client.
    """
    caller = _address(peer)
    if caller is None:
        return peer
    # split from the right: a caller may have written a very long beginning
    nearest = forwarded_for.rsplit(",", MAX_PROXIES)[-MAX_PROXIES:]
    for written in reversed(nearest):
        if not _is_in(caller, trusted):
            break
        named = _address(written)
        if named is None:
            break
        caller = named
    return str(caller)


def forwarded_for_in(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The X-Forwarded-For of an ASGI scope's headers, several
    of them joined in their order.

    X_Forwarded_For is another header. WSGI, and so Django, takes both for the same,
    though a proxy adds to one and lets the caller's own other one pass.
    """
    values = [value for name, value in headers if name.lower() == FORWARDED_FOR]
    return b",".join(values).decode("latin-1")


def bucket_of(address: str) -> str:
    """What a limit counts as one: an IPv4 address, or the
    /64 around an IPv6 address.
    """
    read = _address(address)
    if isinstance(read, IPv6Address):
        return str(IPv6Network((int(read), IPV6_CUSTOMER), strict=False))
    return str(read or address)


def _network(name: str) -> Network:
    try:
        return ip_network(name)
    except ValueError:
        raise ValueError(
            f"{name!r} is not an IP address or a network such as 10.0.0.0/8. Separate"
            " several by commas."
        ) from None


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _address(written: str) -> Address | None:
    """An address as proxies write it: some add the port, IPv6 may stand
    in brackets or hold an IPv4 address.
    """
    bare = written.strip().strip('"')
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        # After the % stands the zone of a link-local address.
        read = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    # A socket that listens to both kinds shows an IPv4 caller as ::ffff:192.0.2.1.
    mapped = read.ipv4_mapped if isinstance(read, IPv6Address) else None
    return mapped or read
