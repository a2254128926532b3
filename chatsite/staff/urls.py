"""The admin, at the address that ADMIN_URL has: or nowhere."""

from typing import Any

from django.contrib import admin
from django.urls import path

from chatsite.accounts import views as accounts


def admin_at(address: str) -> list[Any]:
    """The patterns of an admin at that address, which ends with a slash; none for "". Signing in goes by the
    site's own page."""
    if not address:
        return []
    return [
        path(f"{address}login/", accounts.sign_in_to_admin, name="sign_in_to_admin"),
        path(address, admin.site.urls),
    ]
