"""Where a request ends, held against gunicorn's own parser."""

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser
from gunicorn.http.errors import ParseException
from gunicorn.http.unreader import Unreader
from hypothesis import given
from hypothesis import strategies as st

from chatsite.server.incoming_request import MOST_BODY, MOST_HEAD, IncomingRequest, Stage

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"


@pytest.mark.parametrize(
    ("received", "stage"),
    [
        (b"", Stage.NOTHING),
        (b"\r\n", Stage.NOTHING),
        (b"G", Stage.HEAD),
        (GET[:-1], Stage.HEAD),
        (GET, Stage.WHOLE),
        (b"\r\n" + GET, Stage.WHOLE),
        (b"GET / HTTP/1.0\r\n\r\n", Stage.WHOLE),
        (GET + b"GET", Stage.WHOLE),
        (POST, Stage.BODY),
        (POST + b"abcd", Stage.BODY),
        (POST + b"abcde", Stage.WHOLE),
        (POST.replace(b"Content-Length: 5", b"content-LENGTH:\t 0 "), Stage.WHOLE),
        (POST.replace(b"5", b"%d" % (MOST_BODY + 1)), Stage.UPLOAD),
        (POST.replace(b"5", b"9" * 100), Stage.UPLOAD),
        (POST.replace(b"5", b"five"), Stage.UPLOAD),
        (POST.replace(b"Content-Length: 5", b"Transfer-Encoding: chunked"), Stage.UPLOAD),
        (b"GET /" + b"a" * MOST_HEAD, Stage.TOO_LARGE),
        (GET.replace(b"Host", b"a: %b\r\nHost" % (b"a" * MOST_HEAD)), Stage.TOO_LARGE),
        (b"\r", Stage.HEAD),
        (b"\n", Stage.NO_REQUEST),
        (b"GET / HTTP/1.1\n", Stage.NO_REQUEST),
        (b"GET / HTTP/1.1\r\nHost: x\n\n", Stage.NO_REQUEST),
        (b"\x16\x03\x01", Stage.NO_REQUEST),
        (b"\r\n\0", Stage.NO_REQUEST),
    ],
    ids=lambda value: value.name if isinstance(value, Stage) else "",
)
def test_how_much_of_a_request_is_there(received: bytes, stage: Stage) -> None:
    assert IncomingRequest(received).stage is stage


def test_a_peer_can_wait_to_be_asked_for_the_body() -> None:
    expecting = POST.replace(b"Host", b"expect: 100-Continue\r\nHost")

    assert IncomingRequest(expecting).waits_to_be_asked
    assert not IncomingRequest(POST).waits_to_be_asked
    assert not IncomingRequest(expecting + b"abcde").waits_to_be_asked
    assert not IncomingRequest(expecting.replace(b"1.1", b"1.0")).waits_to_be_asked


@given(cuts=st.lists(st.integers(0, len(POST) + 5)))
def test_it_may_be_cut_anywhere(cuts: list[int]) -> None:
    request, incoming, places = POST + b"abcde", IncomingRequest(), sorted(cuts)

    for start, end in zip([0, *places], [*places, None], strict=True):
        assert incoming.stage is not Stage.WHOLE or not request[start:end]
        incoming.feed(request[start:end])

    assert incoming.stage is Stage.WHOLE
    assert incoming.take() == request


def test_an_upload_is_whole_when_somebody_else_has_read_the_rest() -> None:
    incoming = IncomingRequest(POST.replace(b"5", b"%d" % (MOST_BODY + 5)) + b"abcde")
    incoming.take()

    incoming.count(MOST_BODY - 1)
    assert (incoming.stage, incoming.take()) == (Stage.UPLOAD, b"")
    incoming.count(1)
    assert (incoming.stage, incoming.take()) == (Stage.WHOLE, b"")


class Nothing(Unreader):  # type: ignore[misc] # gunicorn is not typed
    """A source that has said all that it has to say. Whoever wants more has to wait for it."""

    def recv(self, size: int) -> bytes:
        raise AssertionError("gunicorn waits for more")


LINES = st.sampled_from(
    [
        b"Host: x",
        b"Content-Length: 3",
        b"Content-Length: 5",
        b"content-length:\t5",
        b"Content-Length : 5",
        b"Content-Length: +5",
        b"Content-Length: 5, 5",
        b"Content-Length: 5\nX: y",
        b" Content-Length: 5",
        b"X: y\rContent-Length: 5",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: identity",
        b"Connection: close",
        b"Expect: 100-continue",
        b"X-Content-Length: 9",
        b": x",
        b"x",
    ]
)
FIRST_LINES = st.sampled_from(
    [b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"POST / HTTP/1.0", b"GET /", b"\r\nGET / HTTP/1.1"]
)


@given(FIRST_LINES, st.lists(LINES), st.sampled_from([b"", b"abcde", b"abcde" + GET, b"0\r\n\r\n"]))
def test_gunicorn_never_waits_for_more_of_what_is_whole(
    first: bytes, lines: list[bytes], body: bytes
) -> None:
    incoming = IncomingRequest(b"\r\n".join([first, *lines, b"", body]))
    if incoming.stage is not Stage.WHOLE:
        return
    parser = get_parser(Config(), Nothing(), ("127.0.0.1", 1))
    parser.unreader.unread(incoming.take())

    try:
        request = next(parser)
        request.body.read()
    except (ParseException, StopIteration):
        pass


@given(st.lists(LINES, min_size=1), st.lists(st.sampled_from([b"\r\n", b"\n"])), st.integers(0, 20))
def test_gunicorn_refuses_what_ends_its_lines_without_a_cr(
    lines: list[bytes], ends: list[bytes], cut: int
) -> None:
    said = b"".join(line + end for line, end in zip([b"GET / HTTP/1.1", *lines], ends, strict=False))
    incoming = IncomingRequest(said[:cut])
    incoming.feed(said[cut:])
    if incoming.stage is not Stage.NO_REQUEST:
        return
    parser = get_parser(Config(), Nothing(), ("127.0.0.1", 1))
    parser.unreader.unread(said)

    with pytest.raises(ParseException):
        next(parser)
