"""Whose request it is: the right-most address that is not one of our
own proxies, whatever a caller wrote.
"""

import pytest

from quadline.client_address import (
    bucket_of,
    client_address,
    forwarded_for_in,
    networks_of,
)

PROXY, OUTER = "10.0.0.1", "10.0.9.9"
TRUSTED = networks_of("10.0.0.0/16, ::1, 2001:db8:ffff::/48")

CASES = {
    "nobody between": ("203.0.113.7", "", "203.0.113.7"),
    "a caller's word without a proxy": ("203.0.113.7", "192.0.2.1", "203.0.113.7"),
    "one proxy": (PROXY, "203.0.113.7", "203.0.113.7"),
    "a proxy that says nothing": (PROXY, "", PROXY),
    "what the caller wrote before it": (PROXY, "192.0.2.1, 203.0.113.7", "203.0.113.7"),
    "a caller who names a proxy": (PROXY, f"{OUTER}, 203.0.113.7", "203.0.113.7"),
    "two proxies": (PROXY, f"192.0.2.1, 203.0.113.7, {OUTER}", "203.0.113.7"),
    "only proxies": (PROXY, OUTER, OUTER),
    "garbage": (PROXY, "unknown", PROXY),
    "garbage before an address": (PROXY, "<script>, 203.0.113.7", "203.0.113.7"),
    "garbage after an address": (PROXY, "203.0.113.7, ;DROP", PROXY),
    "garbage between proxies": (PROXY, f"203.0.113.7, _hidden, {OUTER}", OUTER),
    "an empty place": (PROXY, "203.0.113.7,", PROXY),
    "a port": (PROXY, "203.0.113.7:51234", "203.0.113.7"),
    "IPv6": ("::1", "2001:db8::7", "2001:db8::7"),
    "IPv6 with a port": ("::1", "[2001:db8::7]:443", "2001:db8::7"),
    "IPv6 written out": ("::1", "2001:0DB8:0:0::0007", "2001:db8::7"),
    "IPv4 inside IPv6": ("::ffff:10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"),
    "a link's own name": ("::1", "fe80::1%eth0", "fe80::1"),
    "not an address": ("", "203.0.113.7", ""),
    "a socket": ("unix:", "203.0.113.7", "unix:"),
    "other digits": (PROXY, "２０３.0.113.7", PROXY),
    "far too much": (PROXY, "203.0.113.7," + f"{OUTER}," * 9_999 + OUTER, OUTER),
}


@pytest.mark.parametrize("what", CASES)
def test_the_client_is_the_last_one_that_no_proxy_of_ours_is(what: str) -> None:
    peer, forwarded_for, client = CASES[what]

    assert client_address(peer, forwarded_for, TRUSTED) == client


def test_without_trusted_proxies_the_header_counts_for_nothing() -> None:
    assert client_address(PROXY, "203.0.113.7", networks_of("")) == PROXY


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb:ffff:1:9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", ""),
    ],
)
def test_one_customer_of_ipv6_is_one_bucket(address: str, bucket: str) -> None:
    assert bucket_of(address) == bucket


@pytest.mark.parametrize(
    "written", ["proxy", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.1;10.0.0.2"]
)
def test_what_is_no_network_is_refused_in_words(written: str) -> None:
    with pytest.raises(ValueError, match="is not an IP address or a network such as"):
        networks_of(written)


def test_several_headers_are_one_list_and_the_other_spelling_is_not_this_header() -> (
    None
):
    headers = [
        (b"X-Forwarded-For", b"192.0.2.1"),
        (b"x_forwarded_for", b"192.0.2.66"),
        (b"x-forwarded-for", b"203.0.113.7"),
    ]

    assert forwarded_for_in(headers) == "192.0.2.1,203.0.113.7"
