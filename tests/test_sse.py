"""The tests' reader of events follows the standard, whatever the bytes are cut into."""

from collections.abc import Iterator

import pytest

from tests.sse import EventParser


def read(stream: bytes, *, size: int) -> Iterator[tuple[str, str, str]]:
    parser = EventParser()
    for start in range(0, len(stream), size):
        for event in parser.feed(stream[start : start + size]):
            yield event.name, event.data, event.id


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
@pytest.mark.parametrize(
    ("stream", "events"),
    [
        (b"data: a\n\n", [("message", "a", "")]),
        (b"event: token\r\nid: 1\r\ndata: a\r\ndata:b\r\n\r\n", [("token", "a\nb", "1")]),
        (b"data: a\r\rdata: b\r\n\r\n", [("message", "a", ""), ("message", "b", "")]),
        (b"\xef\xbb\xbfdata: a\n\n", [("message", "a", "")]),
        (b": comment\n\ndata: a\n\n", [("message", "a", "")]),
        (b"id: 4\n\ndata: a\n\n", [("message", "a", "4")]),
        (b"id: 4\ndata: a\n\nid: 5\0\ndata: b\n\n", [("message", "a", "4"), ("message", "b", "4")]),
        (b"event: lost\n\ndata: a\n\n", [("message", "a", "")]),
        ("data: é\u2028🙂\n\n".encode(), [("message", "é\u2028🙂", "")]),
        (b"data\n\n", [("message", "", "")]),
        (b"data: unfinished\n", []),
    ],
)
def test_it_reads_events(stream: bytes, events: list[tuple[str, str, str]], size: int) -> None:
    assert list(read(stream, size=size)) == events


def test_it_keeps_comments() -> None:
    parser = EventParser()

    assert list(parser.feed(b": heartbeat\n\n:\n")) == []

    assert parser.comments == ["heartbeat", ""]
