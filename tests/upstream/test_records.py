"""What the scripted provider records: requests, connections, and how peers left."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import openai
import pytest

from tests.clients import CHAT, Peer, texts
from tests.upstream import (
    Comments,
    EndlessTokens,
    Reply,
    ScriptedUpstream,
)
from tests.upstream.certificate import client_context, make_certificate, server_context

LEAVES: list[Callable[[Peer], None]] = [Peer.leave_with_fin, Peer.leave_with_rst]


def test_a_request_is_recorded_when_it_arrives(upstream: ScriptedUpstream, peer: Peer) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate))
    before = time.monotonic()

    with pytest.raises(TimeoutError, match="request 1 did not arrive"):
        upstream.wait_for_request(timeout=0.01)
    peer.ask()
    request = upstream.wait_for_request(1)

    assert (request.method, request.path, request.json["model"]) == ("POST", CHAT, "scripted")
    assert before < request.arrived_at < time.monotonic()
    assert not request.answered.is_set()
    gate.open()
    assert request.answered.wait()
    assert not request.abandoned


SITUATIONS: dict[str, Callable[[ScriptedUpstream], Reply]] = {
    "before headers": lambda upstream: Reply("a", headers_after=upstream.gate()),
    "silent after headers": lambda upstream: Reply(upstream.gate(), "a"),
    "silent after tokens": lambda upstream: Reply("a", "b", upstream.gate()),
    "keepalive comments": lambda _: Reply("a", Comments()),
    "endless tokens": lambda _: Reply(EndlessTokens()),
    "slow endless tokens": lambda _: Reply(EndlessTokens(every=60)),
}


@pytest.mark.alone
@pytest.mark.parametrize("leave", LEAVES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_it_sees_at_once_that_the_peer_has_left(
    upstream: ScriptedUpstream, situation: str, leave: Callable[[Peer], None]
) -> None:
    upstream.enqueue(SITUATIONS[situation](upstream))
    peer = Peer(upstream)
    peer.ask()
    request = upstream.wait_for_request()
    assert not request.peer_closed.wait(0.01)

    left_at = time.monotonic()
    leave(peer)

    assert request.peer_closed.wait(1)
    assert request.peer_closed.at - left_at < 0.5
    assert request.abandoned


def test_it_sees_that_a_peer_left_after_the_reply(upstream: ScriptedUpstream, peer: Peer) -> None:
    upstream.enqueue(Reply("a"))
    peer.ask()
    peer.read_until(b"0\r\n\r\n")
    request = upstream.requests[0]
    assert not request.peer_closed.is_set()

    peer.leave_with_fin()

    assert request.peer_closed.wait()
    assert not request.abandoned


def test_half_a_request_is_none(upstream: ScriptedUpstream, peer: Peer) -> None:
    upstream.enqueue(Reply("a"))
    with Peer(upstream) as other:
        other.socket.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 10\r\n\r\n123")

    peer.ask()
    peer.read_until(b"0\r\n\r\n")

    assert len(upstream.requests) == 1


def test_connections_are_kept_and_their_reuse_is_recorded(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("a"), Reply("b", close=True), Reply("c"))

    with httpx.Client(base_url=upstream.url) as client:
        for stream in (True, False, True):
            client.post("/chat/completions", json={"model": "scripted", "stream": stream})

    assert [request.connection for request in upstream.requests] == [1, 1, 2]


def test_a_client_that_leaves_at_done_has_not_abandoned_the_reply(
    upstream: ScriptedUpstream, openai_client: openai.OpenAI
) -> None:
    upstream.enqueue(Reply("a"))
    texts(openai_client)
    openai_client.close()

    request = upstream.requests[0]
    assert request.peer_closed.wait()
    assert request.answered.wait()
    assert not request.abandoned


def test_replies_go_to_many_connections_at_once(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.on(lambda _: Reply("a", gate, "b"))
    peers = [Peer(upstream) for _ in range(20)]
    for peer in peers:
        peer.ask()
    upstream.wait_for_request(20)
    gate.open()

    received = [peer.read_until(b"0\r\n\r\n") for peer in peers]
    for peer in peers:
        peer.leave_with_fin()

    assert all(b'"content": "b"' in reply for reply in received)


@pytest.mark.alone
def test_it_speaks_tls_and_sees_the_peer_leave(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with ScriptedUpstream(tls=server_context(certificate)) as upstream:
        gate = upstream.gate()
        upstream.enqueue(Reply("a"), Reply("a", gate))
        http = openai.DefaultHttpxClient(verify=client_context(certificate))
        client = openai.OpenAI(base_url=upstream.url, api_key="test-key", http_client=http)
        assert "".join(texts(client)) == "a"
        with client.chat.completions.create(model="scripted", messages=[], stream=True) as chunks:
            next(iter(chunks))
            gate.wait_until_reached()
            assert not upstream.requests[1].peer_closed.is_set()
        client.close()

        assert upstream.requests[1].peer_closed.wait(1)
        assert upstream.requests[1].abandoned
