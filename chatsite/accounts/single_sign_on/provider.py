"""What the provider says of somebody, and that it is the provider who says so."""

from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlsplit

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from chatsite.accounts.single_sign_on.named import named
from chatsite.server.listening import is_loopback

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures that only the provider can make: none that takes a secret which both have."""
CLAIMS = ("sub", "nonce", "email", "email_verified", "preferred_username", "name")
"""What is used, and kept with the account. Nothing else that it says is."""
LEEWAY = 60
"""Seconds by which clocks may differ."""
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Exchange(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # it has no types
    """The requests to the provider. Raises `OAuth2Error` for every answer that is not as it has to be."""

    @property
    def openid_config(self) -> dict[str, Any]:
        if not hasattr(self, "_found"):
            self._found = _checked(_asked_for(self.get_provider().server_url))
        return self._found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        from allauth.utils import build_absolute_uri

        url: str = build_absolute_uri(request, reverse("sign_on_done"))
        return url

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **kwargs: Any) -> Any:
        claims = self._identity(app, kwargs["response"].get("id_token"))
        if "email" not in claims and "userinfo_endpoint" in self.openid_config:
            said = self._fetch_user_info(token.token)
            if not isinstance(said, dict) or said.get("sub") != claims["sub"]:
                raise OAuth2Error("it speaks of somebody else")
            claims = said | claims
        kept = {name: claims[name] for name in CLAIMS if name in claims}
        return self.get_provider().sociallogin_from_response(request, {"id_token": kept})

    def _identity(self, app: SocialApp, token: Any) -> dict[str, Any]:
        """What the identity token says, once its signature and all else of it have been looked at."""
        try:
            key = _key_of(token, _asked_for(self.openid_config["jwks_uri"]))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=app.client_id,
                issuer=self.openid_config["issuer"],
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except (jwt.PyJWTError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise OAuth2Error("its identity token is no good") from error
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("its identity token is for somebody else")
        return claims


class SignOn(OpenIDConnectProvider):  # type: ignore[misc] # it has no types
    """The one provider of the settings."""

    oauth2_adapter_class = Exchange
    pkce_enabled_default = True

    def redirect(self, request: HttpRequest, process: str, **state: Any) -> HttpResponse:
        """Lead there, with a nonce that the answer has to have."""
        nonce = token_urlsafe(24)
        params = {**self.get_auth_params(), "nonce": nonce}
        response: HttpResponse = super().redirect(request, process, auth_params=params, nonce=nonce, **state)
        return response


def sign_on(request: HttpRequest) -> SignOn:
    """The provider, for a request."""
    found = named()
    app = SocialApp(
        provider=SignOn.id,
        provider_id=found.issuer,  # accounts of another issuer are other people's
        name=found.name,
        client_id=found.client_id,
        secret=found.client_secret,
        settings={"server_url": found.issuer},
    )
    return SignOn(request, app=app)


def _asked_for(url: str) -> Any:
    with get_adapter().get_requests_session() as session:
        response = session.get(url)
        response.raise_for_status()
        return response.json()


def _checked(found: Any) -> dict[str, Any]:
    """The provider's description of itself."""
    if not isinstance(found, dict) or str(found.get("issuer")).rstrip("/") != named().issuer:
        raise OAuth2Error("it is another issuer")
    for name in (*_ENDPOINTS, "userinfo_endpoint"):
        if name in found or name in _ENDPOINTS:
            parts = urlsplit(str(found.get(name)))
            if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
                raise OAuth2Error(f"its {name} is no https address")
    return found


def _key_of(token: str, keys: Any) -> Any:
    """The key that the token says it is signed with; where it does not say so, the only one."""
    known = [key for key in jwt.PyJWKSet.from_dict(keys).keys if key.public_key_use in (None, "sig")]
    kid = jwt.get_unverified_header(token).get("kid")
    (key,) = [key for key in known if kid is None or key.key_id == kid]
    return key.key
