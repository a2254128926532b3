"""Bytes become server-sent events by the WHATWG's rules, however they are cut into pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.upstream import event_stream
from streaming.upstream.event_stream import EventStream, EventTooLong, ServerSentEvent


def read(*pieces: bytes) -> list[ServerSentEvent]:
    stream = EventStream()
    return [event for piece in pieces for event in stream.feed(piece)]


def datas(*pieces: bytes) -> list[str]:
    return [event.data for event in read(*pieces)]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_every_line_end_ends_a_line(end: bytes) -> None:
    assert datas(end.join([b"data: a", b"", b"data: b", b"data: c", b"", b""])) == ["a", "b\nc"]


def test_a_line_end_that_is_split_over_two_pieces_is_one() -> None:
    assert datas(b"data: a\r", b"\n\r", b"\ndata: b\r\n", b"\r\n") == ["a", "b"]


def test_a_carriage_return_ends_an_event_before_its_line_feed_has_come() -> None:
    assert datas(b"data: a\r\n\r") == ["a"]


@pytest.mark.parametrize("pieces", [[b"\xef\xbb\xbfdata: a\n\n"], [b"\xef", b"\xbb", b"\xbfdata: a\n\n"]])
def test_a_byte_order_mark_is_no_part_of_the_first_line(pieces: list[bytes]) -> None:
    assert datas(*pieces) == ["a"]


def test_one_space_after_the_colon_is_dropped() -> None:
    assert datas(b"data:a\n\ndata: b\n\ndata:  c\n\n") == ["a", "b", " c"]


def test_lines_that_are_not_data_make_no_event() -> None:
    assert read(b": hello\n\nretry: 3000\n\nid: 7\n\nevent: ping\n\nfoo: bar\n\n\n\n") == []


def test_an_event_has_its_name() -> None:
    assert read(b"event: error\ndata: a\nid: 1\nretry\n\ndata: b\n\n") == [
        ServerSentEvent("a", "error"),
        ServerSentEvent("b"),
    ]


def test_a_field_without_a_colon_is_empty() -> None:
    assert datas(b"data\ndata\n\n") == ["\n"]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert datas(b"data: \xff\n\n") == ["\ufffd"]


def test_an_event_without_its_blank_line_is_none_yet() -> None:
    stream = EventStream()

    assert stream.feed(b"data: a\n\ndata: b\n") == [ServerSentEvent("a")]
    assert stream.unterminated() == ServerSentEvent("b")


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "MOST_BYTES", 100)
    stream = EventStream()

    stream.feed(b"data: a\n" * 12)
    with pytest.raises(EventTooLong):
        stream.feed(b"data: a\n")


lines = st.sampled_from(
    [b"data: a", b"data:", b"data: \xc3\xa9\xf0\x9f\x98\x80", b": c", b"event: x", b"id: 1", b""]
)
ends = st.sampled_from([b"\n", b"\r\n", b"\r"])


@given(st.lists(st.tuples(lines, ends), max_size=20), st.booleans(), st.data())
def test_the_events_do_not_depend_on_the_pieces(
    written: list[tuple[bytes, bytes]],
    has_mark: bool,
    data: st.DataObject,
) -> None:
    body = (b"\xef\xbb\xbf" if has_mark else b"") + b"".join(line + end for line, end in written)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=10)))
    pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]

    assert read(*pieces) == read(body)
