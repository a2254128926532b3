"""What arrives together becomes one chunk, and the client reads the same response."""

from itertools import pairwise

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.upstream.chunks_joined import JoinedChunks

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"

Read = tuple[list[bytes], bool]
"""What a client reads: the pieces of the body, and whether it ends as it should."""


def client() -> h11.Connection:
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    return connection


def read(arrivals: list[bytes]) -> Read:
    """Read a response that arrives in these pieces, and then its connection's end."""
    connection, pieces = client(), []
    for arrival in [*arrivals, b""]:
        connection.receive_data(arrival)
        while (event := connection.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.Data):
                pieces.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage):
                return pieces, True
    return pieces, False


def joined(arrivals: list[bytes]) -> list[bytes]:
    responses = JoinedChunks()
    return [passed for arrival in arrivals if (passed := responses.feed(arrival))]


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%b\r\n%b\r\n" % (len(data), extension, data)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    bounds = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(bounds)]


bodies = st.lists(st.binary(min_size=1, max_size=40) | st.just(b"\r\n0\r\n\r\n"), max_size=8)
places = st.lists(st.integers(min_value=0, max_value=10_000), max_size=12)


@given(bodies, places, st.sampled_from([b"", b";a=b", b" ;q"]), st.sampled_from([b"", b"X-Sum: 1\r\n"]))
def test_the_body_is_the_same_however_it_arrives(
    body: list[bytes], places: list[int], extension: bytes, trailer: bytes
) -> None:
    response = HEAD + b"".join(chunk(data, extension) for data in body) + b"0\r\n" + trailer + b"\r\n"

    pieces, is_whole = read(joined(cut(response, places)))

    assert (b"".join(pieces), is_whole) == (b"".join(body), True)


def test_chunks_that_arrive_together_are_one() -> None:
    together = b"".join(chunk(b"word%d " % number) for number in range(50))

    pieces, is_whole = read(joined([HEAD + together, together, b"0\r\n\r\n"]))

    assert is_whole
    assert [len(piece.split()) for piece in pieces] == [50, 50]


@given(bodies, places)
def test_a_body_that_breaks_off_ends_where_it_did(body: list[bytes], places: list[int]) -> None:
    response = HEAD + b"".join(chunk(data) for data in body)

    with pytest.raises(h11.RemoteProtocolError, match="incomplete chunked read"):
        read(joined(cut(response, places)))


@pytest.mark.parametrize(
    "wrong",
    [
        b"xyz\r\n",
        b"5\r\nhello!!",
        b"\r\n\r\n",
        b"-5\r\nhello\r\n",
        b"5;" + b"a" * 70_000,
        b"f" * 30 + b"\r\n",
    ],
)
def test_what_is_no_chunk_is_left_to_the_client(wrong: bytes) -> None:
    with pytest.raises(h11.RemoteProtocolError):
        read(joined([HEAD, chunk(b"word") + wrong, wrong]))


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n5\r\nhello\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n5\r\nhello\r\n",
    ],
    ids=["with a length", "until the end", "none", "another coding"],
)
def test_a_body_without_chunks_is_left_alone(response: bytes) -> None:
    for place in range(len(response)):
        assert b"".join(joined(cut(response, [place]))) == response


def test_a_head_that_is_not_the_answer_is_passed_over() -> None:
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"

    pieces, is_whole = read(joined([interim + HEAD + chunk(b"a") + chunk(b"b"), b"0\r\n\r\n"]))

    assert (pieces, is_whole) == ([b"ab"], True)


def test_the_next_response_begins_with_the_next_request() -> None:
    responses = JoinedChunks()
    first = HEAD + chunk(b"a") + b"0\r\n\r\n"
    assert responses.feed(first) == first

    responses.begin()

    assert responses.feed(HEAD + chunk(b"b") + chunk(b"c")) == HEAD + chunk(b"bc")
