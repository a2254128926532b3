"""Compares a few passwords at once: each takes a core for the better part of a second."""

import sys

from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.http import HttpRequest

from chatsite.accounts import limits
from chatsite.accounts.address import address_of, group_of
from streaming import admission
from streaming.admission import Admission, Place, TooMany

AT_ONCE = 4
"""Passwords that one process compares at the same time."""
EACH = 2
"""Of these, passwords that come from one address."""

_in_hand = Admission()


class Hasher(PBKDF2PasswordHasher):
    """Django's own. On gevent, where all requests share a thread, in another one."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        monkey = sys.modules.get("gevent.monkey")
        if monkey is None or not monkey.is_module_patched("threading"):
            return super().encode(password, salt, iterations)
        from gevent import get_hub  # type: ignore[import-untyped]

        encoded: str = get_hub().threadpool.apply(super().encode, (password, salt, iterations))
        return encoded


def place(request: HttpRequest) -> Place:
    """A place for a password that was sent. Nobody waits for it: `LimitReached` at once where the address has
    none left, and `Busy` where the process has none."""
    address = group_of(address_of(request))
    places = max(1, min(AT_ONCE, admission.limit() // 10))
    try:
        return _in_hand.enter(owner=address, most=EACH, of=places)
    except TooMany:
        raise limits.too_many("passwords", f"address {address}", most=EACH) from None
