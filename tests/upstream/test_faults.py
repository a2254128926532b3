"""The scripted provider's faults and gates, byte for byte."""

import json
import threading

import httpx
import openai
import pytest

from tests.clients import Peer, texts
from tests.upstream import (
    BAD_JSON,
    Cut,
    End,
    ErrorEvent,
    Event,
    Failure,
    Raw,
    Reply,
    Reset,
    ScriptedUpstream,
    Unframed,
    refusing_url,
    silent_port_url,
)


def test_a_gate_holds_what_comes_after_it(upstream: ScriptedUpstream, peer: Peer) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("before", gate, "after"))
    peer.ask()

    gate.wait_until_reached()
    peer.read_until(b"\n\n\r\n")
    peer.socket.setblocking(False)  # noqa: FBT003 - the signature of the standard library
    with pytest.raises(BlockingIOError):
        peer.socket.recv(1)

    peer.socket.settimeout(5)
    gate.open()
    assert b"after" in peer.read_until(b"0\r\n\r\n")


def test_a_gate_can_hold_the_headers(upstream: ScriptedUpstream, peer: Peer) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("a", headers_after=gate))
    peer.ask()

    gate.wait_until_reached()
    peer.socket.setblocking(False)  # noqa: FBT003 - the signature of the standard library
    with pytest.raises(BlockingIOError):
        peer.socket.recv(1)

    peer.socket.settimeout(5)
    gate.open()
    assert peer.read_until(b"0\r\n\r\n").startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_gate_holds_a_whole_reply_and_a_failure(upstream: ScriptedUpstream, peer: Peer) -> None:
    whole, failure = upstream.gate(), upstream.gate()
    upstream.enqueue(Reply("a", whole), Failure(500, headers_after=failure))

    peer.ask(stream=False)
    whole.wait_until_reached()
    whole.open()
    assert peer.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 200 OK")
    peer.ask(stream=False)
    failure.wait_until_reached()
    failure.open()
    assert b"HTTP/1.1 500 Internal Server Error" in peer.read_until(b"\r\n\r\n")


def test_a_gate_that_nobody_reaches_is_an_error(upstream: ScriptedUpstream) -> None:
    with pytest.raises(TimeoutError):
        upstream.gate().wait_until_reached(timeout=0.01)


def test_gates_open_at_the_end_and_no_thread_is_left() -> None:
    before = set(threading.enumerate())
    with ScriptedUpstream() as upstream, Peer(upstream) as mid_stream, Peer(upstream) as before_headers:
        gates = upstream.gate(), upstream.gate()
        upstream.enqueue(Reply("a", gates[0]), Reply("b", headers_after=gates[1]))
        for peer, gate in zip((mid_stream, before_headers), gates, strict=True):
            peer.ask()
            gate.wait_until_reached()

    assert all(gate.is_open for gate in gates)
    assert set(threading.enumerate()) <= before


def test_a_reply_can_end_cleanly_without_a_finish_reason(upstream: ScriptedUpstream, peer: Peer) -> None:
    upstream.enqueue(Reply("a", finish=None), Reply("a", End()))

    peer.ask()
    without_finish = peer.read_until(b"0\r\n\r\n")
    peer.ask()
    at_once = peer.read_until(b"0\r\n\r\n")

    for said in (without_finish, at_once):
        assert b'"finish_reason": "stop"' not in said
        assert b"[DONE]" not in said


def test_a_cut_closes_within_a_chunk(upstream: ScriptedUpstream, peer: Peer) -> None:
    upstream.enqueue(Reply("a", Cut()))
    peer.ask()

    assert peer.read_all().endswith(b'400\r\ndata: {"choices": [{"del')


def test_a_cut_closes_within_a_whole_reply(upstream: ScriptedUpstream, peer: Peer) -> None:
    upstream.enqueue(Reply("a", Cut()))
    peer.ask(stream=False)

    assert peer.read_all().endswith(b'{"id": "chatcm')


@pytest.mark.parametrize("stream", [True, False])
def test_a_reset_is_a_reset(upstream: ScriptedUpstream, peer: Peer, *, stream: bool) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate, Reset()))
    peer.ask(stream=stream)
    if stream:
        peer.read_until(b"\n\n\r\n")
    gate.open()

    with pytest.raises(ConnectionResetError):
        peer.read_all()


def test_an_error_event_comes_inside_a_200(upstream: ScriptedUpstream, openai_client: openai.OpenAI) -> None:
    upstream.enqueue(Reply("a", ErrorEvent("overloaded", code="busy")))

    with pytest.raises(openai.APIError, match="overloaded") as raised:
        texts(openai_client)

    assert raised.value.code == "busy"


def test_bad_json_is_bad(upstream: ScriptedUpstream, openai_client: openai.OpenAI) -> None:
    upstream.enqueue(Reply("a", BAD_JSON))

    with pytest.raises(json.JSONDecodeError):
        texts(openai_client)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, openai.AuthenticationError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
    ],
)
def test_a_failure_has_status_headers_and_body(
    upstream: ScriptedUpstream, openai_client: openai.OpenAI, status: int, error: type[openai.APIStatusError]
) -> None:
    upstream.enqueue(Failure(status, "no", headers={"Retry-After": "120"}))

    with pytest.raises(error, match="no") as raised:
        texts(openai_client)

    assert raised.value.response.headers["Retry-After"] == "120"


def test_a_failure_can_have_any_body(upstream: ScriptedUpstream, peer: Peer) -> None:
    upstream.enqueue(Failure(502, body=b"<html>", headers={"Content-Type": "text/html"}, close=True))
    peer.ask()

    received = peer.read_all()

    assert received.startswith(b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n")
    assert received.endswith(b"\r\n\r\n<html>")


def test_bytes_and_events_can_be_anything(upstream: ScriptedUpstream, peer: Peer) -> None:
    upstream.enqueue(Reply(Event({"odd": 1}), Raw(b": hi\n\n"), Unframed(b"nonsense"), End()))
    peer.ask()

    received = peer.read_until(b"0\r\n\r\n")

    assert received.endswith(b'\r\n\r\n12\r\ndata: {"odd": 1}\n\n\r\n6\r\n: hi\n\n\r\nnonsense0\r\n\r\n')


def test_refusing_url_refuses() -> None:
    with refusing_url() as url, pytest.raises(httpx.ConnectError):
        httpx.get(url)


def test_silent_port_url_never_connects() -> None:
    with silent_port_url() as url, pytest.raises(httpx.ConnectTimeout):
        httpx.get(url, timeout=0.2)
