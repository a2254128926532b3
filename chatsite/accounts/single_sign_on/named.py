"""The provider that the settings name."""

from django.conf import settings
from django.http import Http404

from chatsite.config.oidc import SignOnProvider


def named() -> SignOnProvider:
    """The provider. Where there is none, there is no page either."""
    found: SignOnProvider | None = settings.OIDC
    if found is None:
        raise Http404
    return found
