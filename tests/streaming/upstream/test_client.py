"""The HTTP client that models share."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda

from streaming import stream
from streaming.cancellation import Cancelled
from streaming.events import End
from streaming.upstream import http_client
from tests.streaming.models import chat_model
from tests.upstream import Reply, ScriptedUpstream, refusing_url


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


@pytest.mark.alone
def test_reading_on_after_the_run_failed_is_cancelled(
    upstream: ScriptedUpstream,
) -> None:
    upstream.enqueue(Reply("a", upstream.gate()))
    left: list[Iterator[Any]] = []

    def leave(_: str) -> None:
        left.append(chat_model(upstream).stream("Hi"))
        next(left[0])
        raise ValueError

    *_, end = stream(RunnableLambda(leave), "Hi")

    assert isinstance(end, End)
    assert end.status == "failed"
    with pytest.raises(Cancelled):
        next(left[0])
