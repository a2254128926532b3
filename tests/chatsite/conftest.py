"""The site's pages without a server."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings


@pytest.fixture
def site_in_this_process(settings: Settings, tmp_path: Path) -> None:
    """Static files are served as they are, from nowhere."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }


@pytest.fixture
def owner() -> User:
    """Somebody with an account, whose things the test is about."""
    return User.objects.create_user("owner")


@pytest.fixture
def owner_is_signed_in(owner: User, client: Client) -> None:
    """With the test's `client`."""
    client.force_login(owner)
