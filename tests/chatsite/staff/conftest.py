"""The admin without a server."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


@pytest.fixture(autouse=True)
def pages(site_in_this_process: None) -> None:
    """Every test here asks for pages."""


@pytest.fixture
def staff() -> Callable[..., Client]:
    """Somebody of the staff with these permissions, signed in."""

    def sign_in(*permissions: str, name: str = "staff") -> Client:
        user = User.objects.create_user(name, is_staff=True)
        for permission in permissions:
            app, _, codename = permission.partition(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def root() -> Client:
    """A superuser, signed in."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def queries(client: Client, address: str) -> int:
    """How many queries a page takes."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)
