"""The HTTP client that models share."""

from collections.abc import Iterator

import pytest

from streaming.upstream import http_client
from tests.upstream import ScriptedUpstream, refusing_url


@pytest.fixture
def behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A proxy that nobody answers at."""
    http_client.cache_clear()
    with refusing_url() as address:
        for name in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, address)
        yield
    http_client().close()
    http_client.cache_clear()


@pytest.mark.usefixtures("behind_a_proxy")
def test_what_is_for_a_model_on_this_machine_goes_to_no_proxy(upstream: ScriptedUpstream) -> None:
    assert http_client().get(f"{upstream.url}/models").status_code == 200
