"""The OpenID Connect provider by which people may sign in, from OIDC_ISSUER and its companions."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from chatsite.config import env
from chatsite.config.terminal import say as _
from chatsite.server.listening import is_loopback


@dataclass(frozen=True)
class SignOnProvider:
    """Who says who somebody is."""

    issuer: str
    """As it writes itself, without a slash at the end."""
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    sign_up: str
    """Whether it makes accounts, as SIGN_UP has it."""
    domains: frozenset[str] = frozenset()
    """Of addresses that are let in; empty: all are, and those that have none."""


def sign_on_provider(*, sign_up: str) -> SignOnProvider | None:
    """What OIDC_... say; None where nothing is set."""
    issuer = _issuer()
    client_id = env.text("OIDC_CLIENT_ID", pattern=r"\S{1,191}", expected=_("the name of this site there"))
    secret = env.secret("OIDC_CLIENT_SECRET")
    needed = {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": client_id, "OIDC_CLIENT_SECRET": secret}
    name = env.text("OIDC_NAME", "single sign-on", pattern=r".{1,40}", expected=_("up to 40 characters"))
    rule = env.choice("OIDC_SIGN_UP", sign_up, allowed=("OFF", "INVITATION", "OPEN"))
    domains = frozenset(env.domains("OIDC_DOMAINS"))
    if not any(needed.values()):
        return None
    if missing := [variable for variable, value in needed.items() if not value]:
        told = _("Not set: {missing}. Expected all of {needed}, or none of them.")
        raise ImproperlyConfigured(told.format(missing=", ".join(missing), needed=", ".join(needed)))
    return SignOnProvider(issuer, client_id, secret, name, rule, domains)


def _issuer() -> str:
    issuer = env.url("OIDC_ISSUER")
    parts = urlsplit(issuer)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise env.refuse("OIDC_ISSUER", _("an address that begins with https://"), value=issuer)
    if parts.query or parts.fragment or len(issuer) > 191:
        raise env.refuse("OIDC_ISSUER", _("an address of up to 191 characters without ? and #"), value=issuer)
    return issuer
