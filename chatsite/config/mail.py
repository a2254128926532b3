"""The server that mail is sent over, from EMAIL_URL and EMAIL_FROM: none if they are unset."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from chatsite.config import env
from chatsite.config.terminal import say as _
from chatsite.config.terminal import to_say

PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
"""The schemes, each with its usual port."""
_EXPECTED = to_say(
    "an address such as smtp+tls://name:password@mail.example.org "
    "(smtps: TLS from the first byte on; smtp: without TLS)"
)
_SENDER = r"[^\s@<>]+@[^\s@<>]+|[^<>]+ <[^\s@<>]+@[^\s@<>]+>"


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in, and whom it comes from."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)
    starts_with_tls: bool = False
    changes_to_tls: bool = False


def mail_server() -> MailServer | None:
    """What EMAIL_URL and EMAIL_FROM say. The address may hold a password, so it is never shown."""
    address = env.given("EMAIL_URL")
    sender = env.text(
        "EMAIL_FROM", pattern=_SENDER, expected=_("chat@example.org, or The chat <chat@example.org>")
    )
    if not address:
        return None
    if not sender:
        told = _("EMAIL_URL is set, and EMAIL_FROM is not: expected whom mail comes from.")
        raise ImproperlyConfigured(told)
    parts = _parts_of(address)
    return MailServer(
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        sender=sender,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starts_with_tls=parts.scheme == "smtps",
        changes_to_tls=parts.scheme == "smtp+tls",
    )


def _parts_of(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        good = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise env.refuse("EMAIL_URL", _(_EXPECTED)) from None
    if not good or not address.isprintable() or " " in address:
        raise env.refuse("EMAIL_URL", _(_EXPECTED))
    return parts
