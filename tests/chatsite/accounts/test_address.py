"""Which address is counted, where proxies say it."""

import pytest
from django.conf import settings
from django.test import RequestFactory

from chatsite.accounts.address import address_of, group_of


@pytest.mark.parametrize(
    ("trusted", "peer", "said", "address"),
    [
        ("127.0.0.1", "127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "203.0.113.5", "203.0.113.5"),
        # A visitor can write the header as well, and a proxy adds to it.
        ("127.0.0.1", "203.0.113.5", "192.0.2.1", "203.0.113.5"),
        ("127.0.0.1", "127.0.0.1", "192.0.2.1, 203.0.113.5", "203.0.113.5"),
        ("127.0.0.1 10.0.0.0/8", "127.0.0.1", "192.0.2.1, 203.0.113.5, 10.1.2.3", "203.0.113.5"),
        ("*", "10.1.2.3", "192.0.2.1, 203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "127.0.0.1", "203.0.113.5, nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "203.0.113.5", "203.0.113.5"),
        ("127.0.0.1", "", "", ""),
        ("127.0.0.1", "::ffff:127.0.0.1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_a_trusted_proxy_says_the_address(
    monkeypatch: pytest.MonkeyPatch, trusted: str, peer: str, said: str, address: str
) -> None:
    monkeypatch.setattr(settings, "FORWARDED_ALLOW_IPS", trusted.split())
    headers = {"X-Forwarded-For": said} if said else {}
    assert address_of(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers)) == address


def test_a_household_is_counted_as_one() -> None:
    assert group_of("2001:db8:1:2:3:4:5:6") == group_of("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert group_of("203.0.113.5") == "203.0.113.5"
