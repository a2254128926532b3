"""Runs that take too long end as failed, and close their connection."""

import threading
import time
from typing import Any

import pytest
from langchain_core.runnables import RunnableLambda

from streaming import stream
from streaming.events import End, Token
from streaming.running.deadlines import Watch
from tests.streaming.models import chat_model, plain_chat_model
from tests.upstream import Comments, EndlessTokens, Pause, Reply, ScriptedUpstream, ToolCall


def last(events: Any) -> End:
    *_, end = events
    assert isinstance(end, End)
    return end


@pytest.mark.alone
@pytest.mark.parametrize("model", [chat_model, plain_chat_model])
def test_a_provider_that_never_begins(upstream: ScriptedUpstream, settings: Any, model: Any) -> None:
    settings.STREAMING = {"FIRST_TOKEN_TIMEOUT": 0.2}
    upstream.enqueue(Reply("never", headers_after=upstream.gate()))

    end = last(stream(model(upstream), "Hi"))

    assert end.error is not None
    assert (end.status, end.error.code) == ("failed", "timeout")
    assert "did not begin" in end.error.message
    assert upstream.requests[0].peer_closed.wait(1)


def test_keepalive_comments_do_not_put_the_first_token_off(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"FIRST_TOKEN_TIMEOUT": 0.2}
    upstream.enqueue(Reply(Comments()))

    assert last(stream(chat_model(upstream), "Hi")).status == "failed"


@pytest.mark.alone
def test_a_provider_that_falls_silent(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"IDLE_TIMEOUT": 0.2}
    upstream.enqueue(Reply("a", upstream.gate(), "never"))

    events = list(stream(chat_model(upstream), "Hi"))

    end = last(events)
    assert end.error is not None
    assert "fell silent" in end.error.message
    assert Token("a", id=2) in events
    assert upstream.requests[0].peer_closed.wait(1)


@pytest.mark.alone
def test_a_reply_without_an_end(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"TOTAL_TIMEOUT": 0.4}
    upstream.enqueue(Reply(EndlessTokens("x ", every=0.01)))

    end = last(stream(chat_model(upstream), "Hi"))

    assert end.error is not None
    assert "longer than this site allows" in end.error.message
    assert upstream.requests[0].peer_closed.wait(1)


def test_a_slow_consumer_is_no_silent_provider(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"IDLE_TIMEOUT": 0.2, "QUEUE_SIZE": 1}
    upstream.enqueue(Reply("a", "b", "c"))
    events = stream(chat_model(upstream), "Hi")
    next(events)
    request = upstream.wait_for_request(1)
    request.answered.wait()
    threading.Event().wait(0.5)  # the consumer's slowness, longer than the deadline

    assert last(events).status == "done"


def test_the_earliest_deadline_comes_first() -> None:
    import time

    class Timed:
        def __init__(self, when: float) -> None:
            self.when = time.monotonic() + when

        def due(self) -> float:
            return self.when

        def fail_overdue(self) -> None:
            expired.append(self)
            if len(expired) == 2:
                both.set()

    expired: list[Timed] = []
    both = threading.Event()
    watch = Watch()
    late, early, discarded = Timed(0.2), Timed(0.1), Timed(0.05)

    for timed in (late, early, discarded):
        watch.add(timed)
    watch.discard(discarded)

    assert both.wait(60)
    assert expired == [early, late]


def test_a_model_that_writes_a_tools_arguments_is_not_silent(
    upstream: ScriptedUpstream, settings: Any
) -> None:
    settings.STREAMING = {"FIRST_TOKEN_TIMEOUT": 0.5, "IDLE_TIMEOUT": 0.5}
    call = ToolCall("write", tuple(f'"{number}' for number in range(30)))
    upstream.enqueue(Reply(*(step for _ in range(15) for step in (call, Pause(0.1))), "done"))

    assert last(stream(chat_model(upstream), "Hi")).status == "done"


def test_what_a_function_takes_is_not_the_models_silence(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"FIRST_TOKEN_TIMEOUT": 0.2, "IDLE_TIMEOUT": 0.2}
    upstream.enqueue(Reply("a"))
    slow = RunnableLambda(lambda text: (threading.Event().wait(1.5), text)[1])

    assert last(stream(slow | chat_model(upstream), "Hi")).status == "done"


def test_endless_arguments_of_a_tool_are_too_long(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"MAX_CHARACTERS": 1000}
    call = ToolCall("write", ("x" * 2000,))
    upstream.enqueue(Reply(call, upstream.gate()))

    error = last(stream(chat_model(upstream), "Hi")).error

    assert error is not None
    assert error.code == "reply_too_long"


def test_a_deadline_that_cannot_be_enforced_takes_no_other_away() -> None:
    class Timed:
        def __init__(self, *, broken: bool) -> None:
            self.broken = broken
            self.when = time.monotonic()

        def due(self) -> float:
            return self.when

        def fail_overdue(self) -> None:
            if self.broken:
                raise RuntimeError("scripted")
            expired.set()

    expired = threading.Event()
    watch = Watch()

    watch.add(Timed(broken=True))
    watch.add(Timed(broken=False))

    assert expired.wait(60)
