"""Taps a run's output where it flows, and puts it into the queue as it grows."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import UUID

from streaming.callbacks.outputs import GrowingOutput, Patch
from streaming.callbacks.steps import Step
from streaming.events import Event, Output


class OutputTap:
    """The output of the outermost wanted chain is the output of the run.

    LangChain gives it out chunk by chunk where the chain streams, and whole at its end where not.
    """

    def __init__(self, put: Callable[[Event], None]) -> None:
        self._put = put
        self._lock = threading.RLock()
        self._output = GrowingOutput()
        self._step: UUID | None = None
        self._streams = False

    def begin(self, step: Step) -> None:
        """A wanted chain begins: the first one is the outermost. A prompt's output is a model's input."""
        with self._lock:
            if self._step is None and step.type != "prompt":
                self._step = step.id

    def wrote(self, text: str, *, call: str) -> None:
        """That call of a model wrote a text that is shown by itself. See `GrowingOutput.wrote`."""
        self._output.wrote(text, call=call)

    def tap(self, step_id: UUID, chunks: Iterator[Any]) -> Iterator[Any]:
        """The chunks of a step, unchanged; those of the outermost chain are put as they pass."""
        return self._tapped(chunks) if step_id == self._step else chunks

    def atap(self, step_id: UUID, chunks: AsyncIterator[Any]) -> AsyncIterator[Any]:
        return self._atapped(chunks) if step_id == self._step else chunks

    def end(self, step_id: UUID, output: Any) -> None:
        """A chain has ended. What was streamed is known already, and adding it again would double it."""
        if step_id == self._step:
            self._put_patch([] if self._streams else self._output.add(output))
            self._put_patch(self._output.flush())

    def _tapped(self, chunks: Iterator[Any]) -> Iterator[Any]:
        self._streams = True
        for chunk in chunks:
            self._put_patch(self._output.add(chunk))
            yield chunk

    async def _atapped(self, chunks: AsyncIterator[Any]) -> AsyncIterator[Any]:
        self._streams = True
        async for chunk in chunks:
            self._put_patch(self._output.add(chunk))
            yield chunk

    def _put_patch(self, patch: Patch) -> None:
        if patch:
            self._put(Output(patch))
