"""EventStreamResponse: bytes, headers, heartbeats, and who is closed when."""

import gc
import socket
from collections.abc import Iterator

import pytest
from django.db import connection

from streaming import EventStreamResponse, stream
from streaming.events import IDLE, End, Event, Idle, Token
from streaming.log.event_log import EventLog
from streaming.response import disconnect
from streaming.response.response import TICK
from tests.streaming.models import chat_model
from tests.upstream import EndlessTokens, Reply, ScriptedUpstream
from tests.waiting import wait_until


def body_of(response: EventStreamResponse) -> bytes:
    body = b"".join(response)
    response.close()
    return body


def test_events_become_frames_and_something_is_sent_at_once() -> None:
    response = EventStreamResponse([Token("Hi", id=1), End(status="done", id=2)])

    comment, token, end = list(response)

    assert comment.startswith(b":")
    assert token == b'id: 1\nevent: token\ndata: {"text":"Hi"}\n\n'
    assert end.startswith(b"id: 2\nevent: end\n")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kept", [0, None], ids=["closed", "persistent"])
def test_a_stream_does_not_hold_the_connection_of_its_view(
    kept: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", kept)
    connection.close()
    connection.ensure_connection()

    next(iter(EventStreamResponse([])))

    assert connection.connection is None


def test_events_that_are_there_together_are_sent_together() -> None:
    log = EventLog([Token("H", id=1), Token("i", id=2)])
    frames = iter(EventStreamResponse(log.follow(), heartbeat=60))
    next(frames)

    assert next(frames).count(b"event: token") == 2
    log.put(Token("!"))
    log.end(End(status="done"))
    assert [next(frames).count(b"\n\n")] == [2]
    assert list(frames) == []


def test_a_presenter_that_adds_something_sends_no_event_later() -> None:
    log = EventLog([Token("H", id=1), Token("i", id=2)])

    def twice(events: Iterator[Event | Idle]) -> Iterator[Event | Idle]:
        for event in events:
            yield event
            yield event

    frames = iter(EventStreamResponse(log.follow(), presenter=twice, heartbeat=60))
    next(frames)

    assert next(frames).count(b"event: token") == 3
    assert next(frames).count(b"event: token") == 1


def test_much_that_is_there_is_sent_in_bounded_pieces() -> None:
    log = EventLog([Token("x" * 1000, id=number) for number in range(1, 101)])
    log.end(End(status="done"))

    assert max(map(len, EventStreamResponse(log.follow()))) < 20_000


def test_no_proxy_or_middleware_holds_it_back() -> None:
    response = EventStreamResponse([])

    assert response.headers["Content-Type"] == "text/event-stream"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.headers["Content-Encoding"] == "identity"
    assert "no-cache" in response.headers["Cache-Control"]
    assert "Connection" not in response.headers, "hop-by-hop: WSGI forbids it"


def test_a_comment_is_sent_when_nothing_else_was() -> None:
    assert body_of(EventStreamResponse([IDLE, IDLE], heartbeat=1e-9)).count(b": heartbeat\n\n") == 2
    assert body_of(EventStreamResponse([IDLE, IDLE], heartbeat=60)).count(b": heartbeat\n\n") == 0


def test_a_stream_of_a_runnable_is_served_as_it_is(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", "lo"))

    body = body_of(EventStreamResponse(stream(chat_model(upstream), "Hi")))

    assert b'data: {"text":"Hel"}' in body
    assert b'"status":"done"' in body


def test_a_presenter_shows_the_events_its_own_way_and_hears_of_silence(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo"))

    def shout(events: Iterator[Event | Idle]) -> Iterator[Event | Idle]:
        for event in events:
            if isinstance(event, Idle):
                gate.open()
            yield Token(event.text.upper(), id=event.id) if isinstance(event, Token) else event

    body = body_of(EventStreamResponse(stream(chat_model(upstream), "Hi"), presenter=shout, heartbeat=0.05))

    assert b'data: {"text":"HEL"}' in body
    assert b": heartbeat" in body
    assert b'data: {"text":"LO"}' in body


def test_a_plain_generator_has_heartbeats_while_it_waits(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo"))

    def shout(events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, Token):
                yield Token(event.text.upper(), id=event.id)

    response = EventStreamResponse(shout(stream(chat_model(upstream), "Hi")), heartbeat=0.05)
    frames = iter(response)
    assert any(b"HEL" in frame for frame in frames)
    assert next(frames) == b": heartbeat\n\n"
    gate.open()
    assert any(b"LO" in frame for frame in frames)
    response.close()


def test_a_plain_generator_ends_with_its_reader(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", upstream.gate()))
    ended: list[str] = []

    def noting(events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, End):
                ended.append(event.status)
            yield event

    response = EventStreamResponse(noting(stream(chat_model(upstream), "Hi")))
    assert any(b"Hel" in frame for frame in response)

    response.close()

    assert upstream.requests[0].peer_closed.wait(10)
    wait_until(lambda: ended == ["stopped"])


def test_a_plain_generator_does_not_run_ahead_for_ever(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply(EndlessTokens()))
    seen: list[Event] = []

    def noting(events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            seen.append(event)
            yield event

    response = EventStreamResponse(noting(stream(chat_model(upstream), "Hi")))
    assert any(b"token" in frame for frame in response)
    wait_until(lambda: len(seen) >= 64)
    response.close()

    assert len(seen) < 70
    assert upstream.requests[0].peer_closed.wait(10)


def test_what_a_plain_generator_raises_is_raised() -> None:
    def failing() -> Iterator[Event]:
        yield Token("Hi", id=1)
        raise ValueError("mine")

    response = EventStreamResponse(failing())

    with pytest.raises(ValueError, match="mine"):
        list(response)
    response.close()


@pytest.mark.alone
def test_closing_the_response_stops_the_run(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    response = EventStreamResponse(stream(chat_model(upstream), "Hi"))
    frames = iter(response)
    while b"token" not in next(frames):
        pass
    gate.wait_until_reached()

    response.close()

    assert upstream.requests[0].peer_closed.wait(1)


def test_a_response_that_was_never_read_is_closed_all_the_same(upstream: ScriptedUpstream) -> None:
    left = []
    response = EventStreamResponse(stream(chat_model(upstream), "Hi"), on_close=lambda: left.append(1))

    response.close()

    assert left == [1]
    assert upstream.requests == []


def test_a_reader_who_hung_up_ends_the_stream_although_nothing_is_written() -> None:
    ours, readers = socket.socketpair()
    with ours, readers:
        disconnect.remember(environ={"gunicorn.socket": ours})
        closed = []

        def silent() -> Iterator[Event | Idle]:
            try:
                while True:
                    yield IDLE
            finally:
                closed.append(True)

        response = EventStreamResponse(silent(), heartbeat=TICK)
        frames = iter(response)
        next(frames)
        readers.shutdown(socket.SHUT_WR)

        assert list(frames) == []
        response.close()
        wait_until(lambda: closed == [True])
    disconnect.remember()


def test_a_reader_who_sends_more_has_not_hung_up() -> None:
    ours, readers = socket.socketpair()
    with ours, readers:
        assert not disconnect.has_gone(ours)
        readers.sendall(b"GET / HTTP/1.1\r\n")
        assert not disconnect.has_gone(ours)
        readers.close()
        ours.recv(100)
        assert disconnect.has_gone(ours)
    assert disconnect.has_gone(ours), "closed on our side"
    assert not disconnect.has_gone(None)


def test_a_response_that_is_dropped_unclosed_gives_its_place_back(upstream: ScriptedUpstream) -> None:
    left = []
    response = EventStreamResponse([Token("Hi", id=1)], on_close=lambda: left.append(1))

    del response
    gc.collect()

    assert left == [1]
