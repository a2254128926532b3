"""The site's pages without a server."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def site_in_this_process(settings: Settings, tmp_path: Path) -> None:
    """Static files are served as they are, from nowhere."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
