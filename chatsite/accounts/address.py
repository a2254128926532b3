"""From which address a request comes, where proxies hand it on."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address
_ANY = "*"


def address_of(request: HttpRequest) -> str:
    """The visitor's address, "" where there is none (a socket in the file system, and no proxy's word).

    Each proxy adds the address that it sees at the end of `X-Forwarded-For`. From the end on, what a proxy in
    FORWARDED_ALLOW_IPS has written is believed, and no more: a visitor can write there as well.
    """
    found = _parsed(request.META.get("REMOTE_ADDR", ""))
    said = request.headers.get("X-Forwarded-For", "").split(",")
    while said and _is_proxy(found) and (before := _parsed(said.pop())) is not None:
        found = before
        if _ANY in settings.FORWARDED_ALLOW_IPS:
            break  # whoever is connected is a proxy; of the others nothing is known
    return str(found) if found else ""


def group_of(address: str) -> str:
    """Who is counted together: a household has 2**64 addresses of IPv6, or more."""
    found = _parsed(address)
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address


def is_this_machine(address: str) -> bool:
    """Whether nobody else can have the address."""
    found = _parsed(address)
    return found is not None and found.is_loopback


def _parsed(text: str) -> Address | None:
    try:
        found = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_proxy(address: Address | None) -> bool:
    trusted = settings.FORWARDED_ALLOW_IPS
    if address is None or _ANY in trusted:
        return True
    return any(address in ip_network(one, strict=False) for one in trusted)
