"""The assistants in the test's own process, for those tests that need no site."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from chatsite.assistants.chat_model import model_of
from tests.upstream import ScriptedUpstream


@pytest.fixture
def configured(upstream: ScriptedUpstream, settings: Settings) -> Iterator[ScriptedUpstream]:
    """The scripted provider, as the one that the settings name."""
    settings.CHAT_LOCAL_MODEL = False
    settings.OPENAI_BASE_URL = upstream.url
    settings.CHAT_MODEL = upstream.model
    model_of.cache_clear()
    yield upstream
    model_of.cache_clear()
