"""One reply, from the bytes of its body to LangChain's chunks, or to all that the server said."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import httpx2
from langchain_core.outputs import ChatGenerationChunk, GenerationChunk
from openai import OpenAIError

from streaming.upstream.answer import Answer, Said
from streaming.upstream.arrivals import Arrivals, arrivals, drain

Chunk = TypeVar("Chunk", bound=GenerationChunk | ChatGenerationChunk)


@dataclass(frozen=True)
class AllSaid:
    """The objects of one response, and whether the server has said that it is done."""

    objects: list[Said]
    done: bool


class Reader(Protocol[Chunk]):
    """Makes chunks of the objects of a stream: one class for each kind of stream."""

    def take(self, said: Said) -> None:
        """Take one object. Raises the error in it."""

    def given(self) -> list[Chunk]:
        """The chunks for what was taken since the last time: mostly one."""

    def rest(self) -> list[Chunk]:
        """The chunks for what was held back, now that nothing follows."""

    def end(self, *, done: bool) -> list[Chunk]:
        """The last chunks. `done` is whether the server has said so. Raises the error if that is no end."""


class Reply(Generic[Chunk]):
    """Reads one response. An error comes after the chunks for what was said before it."""

    def __init__(self, response: httpx2.Response, reader: Reader[Chunk]) -> None:
        self._response = response
        self._answer = Answer(response)
        self._reader = reader

    def chunks(self) -> Iterator[Chunk]:
        """For code that may wait."""
        try:
            pieces = Arrivals(self._response)
            for piece in pieces:
                yield from self._of(self._answer.feed(piece))
                if self._answer.done:
                    break
            yield from self._last()
            pieces.drain()
        finally:
            self._response.close()

    async def achunks(self) -> AsyncIterator[Chunk]:
        """For a coroutine."""
        try:
            pieces = arrivals(self._response)
            async for piece in pieces:
                for chunk in self._of(self._answer.feed(piece)):
                    yield chunk
                if self._answer.done:
                    break
            for chunk in self._last():
                yield chunk
            await drain(pieces)
        finally:
            await self._response.aclose()

    def _of(self, objects: list[Said]) -> Iterator[Chunk]:
        failure = self._answer.failure
        try:
            for said in objects:
                self._reader.take(said)
        except OpenAIError as exc:
            failure = exc
        yield from self._reader.given()
        if failure is not None:
            yield from self._reader.rest()
            raise failure

    def _last(self) -> Iterator[Chunk]:
        yield from self._of(self._answer.end())
        yield from self._reader.rest()
        yield from self._reader.end(done=self._answer.done)


def all_of(response: httpx2.Response) -> AllSaid:
    """All that a server says, once it is through. Raises the error in it."""
    answer = Answer(response)
    try:
        said = [part for piece in response.iter_bytes() for part in answer.feed(piece)]
    finally:
        response.close()
    return _ended(answer, said)


async def aall_of(response: httpx2.Response) -> AllSaid:
    """The same for a coroutine."""
    answer = Answer(response)
    try:
        said = [part async for piece in response.aiter_bytes() for part in answer.feed(piece)]
    finally:
        await response.aclose()
    return _ended(answer, said)


def _ended(answer: Answer, said: list[Said]) -> AllSaid:
    said += answer.end()
    if answer.failure is not None:
        raise answer.failure
    return AllSaid(said, answer.done)
