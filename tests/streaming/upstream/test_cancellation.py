"""Closing a stream closes the provider's connection, whatever the provider does at the time."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from langchain_core.runnables import Runnable, RunnableLambda, RunnableParallel

from streaming import QueueCallback, stream
from streaming.cancellation import Cancellation, Cancelled, current
from streaming.events import End, Token
from streaming.running.event_queue import EventQueue
from streaming.upstream import http_client
from streaming.upstream.waiting_threads import _PATIENCE
from tests.streaming.models import MODELS, chat_model, plain_chat_model, reasoning_model
from tests.upstream import Comments, EndlessTokens, Failure, Reply, ScriptedUpstream

pytestmark = pytest.mark.alone
WITHIN = 1.0
"""Seconds, as promised."""

Model = Callable[..., Runnable[object, object]]


def run_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("run-")]


def join_all() -> None:
    for thread in run_threads():
        thread.join(_PATIENCE)
        assert not thread.is_alive()


@pytest.mark.parametrize("model", MODELS)
def test_closing_before_the_headers_closes_upstream(upstream: ScriptedUpstream, model: Model) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("never", headers_after=gate))
    events = stream(model(upstream), "Hi")
    next(events)
    gate.wait_until_reached()

    events.close()

    assert upstream.requests[0].peer_closed.wait(WITHIN)
    join_all()
    assert len(upstream.requests) == 1, "a retry brought the call back to life"


@pytest.mark.parametrize("model", MODELS)
def test_closing_while_the_provider_is_silent_closes_upstream(
    upstream: ScriptedUpstream, model: Model
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("1", "2", "3", "4", "5", gate))
    events = stream(model(upstream), "Hi")
    next(event for event in events if isinstance(event, Token) and event.text.endswith("5"))
    gate.wait_until_reached()

    events.close()

    assert upstream.requests[0].peer_closed.wait(WITHIN)
    join_all()
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("model", MODELS)
def test_closing_while_keepalive_comments_come_closes_upstream(
    upstream: ScriptedUpstream, model: Model
) -> None:
    upstream.enqueue(Reply("a", Comments()))
    events = stream(model(upstream), "Hi")
    while next(events) != Token("a", id=2):
        pass

    events.close()

    assert upstream.requests[0].peer_closed.wait(WITHIN)
    join_all()


@pytest.mark.parametrize("model", MODELS)
def test_closing_while_tokens_flow_closes_upstream(upstream: ScriptedUpstream, model: Model) -> None:
    upstream.enqueue(Reply(EndlessTokens("x ")))
    events = stream(model(upstream), "Hi")
    for _ in range(20):
        next(events)

    events.close()

    assert upstream.requests[0].peer_closed.wait(WITHIN)
    join_all()


@pytest.mark.parametrize("model", [reasoning_model, chat_model, plain_chat_model])
def test_closing_during_a_retrys_back_off_calls_nobody_again(
    upstream: ScriptedUpstream, model: Model
) -> None:
    upstream.enqueue(Failure(500, headers={"retry-after-ms": "300"}))
    events = stream(model(upstream, max_retries=2), "Hi")
    next(events)
    upstream.wait_for_request(1)
    assert upstream.requests[0].answered.wait()

    events.close()

    join_all()
    assert len(upstream.requests) == 1


@pytest.mark.parametrize("model", [reasoning_model, chat_model, plain_chat_model])
@pytest.mark.parametrize("silent", [True, False], ids=["silent", "flowing"])
def test_cancelling_calls_no_fallback(upstream: ScriptedUpstream, model: Model, *, silent: bool) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply(headers_after=gate) if silent else Reply(EndlessTokens()))
    events = stream(model(upstream).with_fallbacks([model(upstream), model(upstream)]), "Hi")
    next(events)
    if silent:
        gate.wait_until_reached()
    else:
        next(events)

    events.close()

    assert upstream.requests[0].peer_closed.wait(WITHIN)
    join_all()
    assert len(upstream.requests) == 1


def test_what_cut_a_model_off_is_not_kept() -> None:
    callback = QueueCallback(EventQueue(size=1))
    failure, cut = ConnectionError(), Cancelled()
    for error in (failure, cut):
        callback.on_retriever_error(error, run_id=uuid4())

    assert callback.ledger.is_providers(failure)
    assert not callback.ledger.is_providers(cut)


def test_branches_with_numbers_of_ended_threads_are_ended(upstream: ScriptedUpstream) -> None:
    """The system gives a thread's number to another one as soon as it has ended."""
    over = threading.Event()
    earlier = [threading.Thread(target=over.wait) for _ in range(16)]
    for thread in earlier:
        thread.start()
    gates = [upstream.gate(), upstream.gate()]
    upstream.enqueue(*(Reply("a", gate) for gate in gates))
    branches = RunnableParallel(left=plain_chat_model(upstream), right=plain_chat_model(upstream))
    events = stream(branches, "Hi")  # the run is there, and not begun
    over.set()
    for thread in earlier:
        thread.join()
    next(events)
    for gate in gates:
        gate.wait_until_reached()

    events.close()

    assert all(request.peer_closed.wait(WITHIN) for request in upstream.requests)


@pytest.mark.parametrize("model", [chat_model, plain_chat_model])
def test_closing_ends_every_parallel_branch(upstream: ScriptedUpstream, model: Model) -> None:
    gates = [upstream.gate(), upstream.gate()]
    upstream.enqueue(*(Reply("a", gate) for gate in gates))
    events = stream(RunnableParallel(left=model(upstream), right=model(upstream)), "Hi")
    next(events)
    for gate in gates:
        gate.wait_until_reached()

    events.close()

    assert all(request.peer_closed.wait(WITHIN) for request in upstream.requests)
    join_all()


def test_closing_reaches_a_connection_of_an_earlier_run(upstream: ScriptedUpstream) -> None:
    """Of a client that is not ours. Who opened a socket does not tell who waits on it."""
    gate = upstream.gate()
    upstream.enqueue(Reply("a"), Reply("b", gate))
    list(stream(plain_chat_model(upstream, disable_streaming=True), "1"))
    events = stream(plain_chat_model(upstream), "2")
    next(events)
    gate.wait_until_reached()

    events.close()

    assert upstream.requests[0].connection == upstream.requests[1].connection
    assert upstream.requests[1].peer_closed.wait(WITHIN)
    join_all()


def test_one_run_that_is_closed_leaves_the_others_alone(upstream: ScriptedUpstream) -> None:
    gates = [upstream.gate(), upstream.gate()]
    upstream.enqueue(*(Reply("a", gate, "b") for gate in gates))
    model = chat_model(upstream)
    first = stream(model, "1")
    next(first)
    gates[0].wait_until_reached()
    second = stream(model, "2")
    next(second)
    gates[1].wait_until_reached()

    first.close()
    gates[1].open()

    assert [event.text for event in second if isinstance(event, Token)] == ["a", "b"]


def test_a_connection_from_the_pool_is_its_new_runs_alone(upstream: ScriptedUpstream) -> None:
    first, second = Cancellation(), Cancellation()
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate))
    client = http_client()
    request = {"model": "scripted", "messages": [], "stream": True}

    current.set(first)
    client.get(f"{upstream.url}/models")
    current.set(second)
    with client.stream("POST", f"{upstream.url}/chat/completions", json=request) as reply:
        gate.wait_until_reached()
        first.cancel()  # as late as it can come
        gate.open()
        body = reply.read()
    current.set(None)

    assert upstream.requests[0].connection == upstream.requests[1].connection
    assert body.endswith(b"data: [DONE]\n\n")


def test_a_consumer_that_leaves_a_full_queue_frees_the_run(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"QUEUE_SIZE": 1}
    upstream.enqueue(Reply(EndlessTokens()))
    events = stream(chat_model(upstream), "Hi")
    next(events)
    next(events)

    events.close()

    assert upstream.requests[0].peer_closed.wait(WITHIN)
    join_all()


def test_closing_after_the_end_changes_nothing(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("a"))
    events = stream(chat_model(upstream), "Hi")
    *_, end = events

    events.close()
    events.close()

    assert isinstance(end, End)
    assert end.status == "done"
    assert list(events) == []
    assert events.message is not None
    assert events.message.content == "a"
    join_all()


def test_a_tool_that_sleeps_is_woken() -> None:
    asleep = threading.Event()

    def sleep(_: str) -> None:
        import time

        asleep.set()
        time.sleep(0.3)
        raise AssertionError("it went on after its sleep")

    events = stream(RunnableLambda(sleep), "Hi")
    next(events)
    assert asleep.wait(60)

    events.close()

    join_all()


def test_a_run_inside_a_run_ends_with_it(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate))
    model = chat_model(upstream)
    outer = stream(RunnableLambda(lambda text: list(stream(model, text))), "Hi")
    next(outer)
    gate.wait_until_reached()

    outer.close()

    assert upstream.requests[0].peer_closed.wait(WITHIN)
    join_all()


def test_a_stream_may_be_closed_while_another_thread_reads(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate))
    events = stream(chat_model(upstream), "Hi")
    seen: list[object] = []
    reader = threading.Thread(target=lambda: seen.extend(events), daemon=True)
    reader.start()
    gate.wait_until_reached()

    events.close()

    assert upstream.requests[0].peer_closed.wait(WITHIN)
    reader.join(60)
    assert isinstance(seen[-1], End)
    assert seen[-1].status == "stopped"
