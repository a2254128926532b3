"""A run that ends itself, while branches of it wait for their providers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from langchain_core.runnables import RunnableGenerator, RunnableLambda, RunnableParallel

from streaming import stream
from streaming.events import End
from tests.streaming.models import chat_model, plain_chat_model, plain_completion_model
from tests.upstream import Reply, ScriptedUpstream, Usage


@pytest.mark.alone
def test_an_output_beyond_the_limit_ends_silent_branches(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"MAX_CHARACTERS": 1000}
    gate = upstream.gate()
    upstream.enqueue(Reply(gate))

    def too_much(_: str) -> str:
        gate.wait_until_reached()
        return "x" * 2000

    branches = RunnableParallel(big=RunnableLambda(too_much), silent=plain_chat_model(upstream))

    *_, end = stream(branches, "Hi")

    assert isinstance(end, End)
    assert end.error is not None
    assert end.error.code == "reply_too_long"
    assert upstream.requests[0].peer_closed.wait(1)


@pytest.mark.alone
@pytest.mark.parametrize("model", [plain_chat_model, plain_completion_model])
def test_an_output_beyond_the_limit_ends_its_silent_model(
    upstream: ScriptedUpstream, settings: Any, model: Callable[[ScriptedUpstream], Any]
) -> None:
    settings.STREAMING = {"MAX_CHARACTERS": 1000}
    upstream.enqueue(Reply("a", upstream.gate()))

    def too_much(chunks: Iterator[Any]) -> Iterator[str]:
        for _ in chunks:
            yield "x" * 2000

    *_, end = stream(model(upstream) | RunnableGenerator(too_much), "Hi")

    assert isinstance(end, End)
    assert end.error is not None
    assert end.error.code == "reply_too_long"
    assert upstream.requests[0].peer_closed.wait(1)


def test_usage_adds_up_to_what_a_database_holds(upstream: ScriptedUpstream) -> None:
    most = 2**31 - 1
    upstream.enqueue(*(Reply("a", usage=Usage(most, most)) for _ in range(2)))
    model = chat_model(upstream, stream_usage=True)

    *_, end = stream(RunnableParallel(one=model, other=model), "Hi")

    assert isinstance(end, End)
    assert end.usage is not None
    assert (end.usage.input_tokens, end.usage.output_tokens) == (most, most)
