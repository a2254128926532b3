"""Answers in pieces. That a peer is not waited for for ever is in the workers' tests."""

from collections.abc import Iterable, Iterator
from typing import Any

from gunicorn.http.wsgi import FileWrapper

from chatsite.server.slow_peers import PIECE, in_pieces


class Body:
    """What an application answers with, which has to be closed."""

    def __init__(self, *items: bytes) -> None:
        self.items = items
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.items)

    def close(self) -> None:
        self.closed = True


def answer(body: Iterable[bytes]) -> Any:
    environ = {"wsgi.file_wrapper": FileWrapper}
    return in_pieces(lambda environ, start_response: body)(environ, None)


def test_a_large_item_comes_in_pieces_and_a_small_one_whole() -> None:
    large = bytes(range(256)) * 1000

    pieces = list(answer([b"", b"small", large]))

    assert pieces[:2] == [b"", b"small"]
    assert b"".join(pieces[2:]) == large
    assert {len(piece) for piece in pieces[2:-1]} == {PIECE}


def test_the_applications_answer_is_closed() -> None:
    body = Body(b"a")

    answer(body).close()
    answer([b"a"]).close()

    assert body.closed


def test_a_file_stays_the_servers_to_send() -> None:
    file = FileWrapper(None)

    assert answer(file) is file
