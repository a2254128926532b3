"""Taps a run's output where it flows, and puts it into the queue as it grows."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import UUID

from streaming.callbacks.graphs import NOTHING, GraphStates
from streaming.callbacks.outputs import GrowingOutput, Patch
from streaming.callbacks.steps import Step
from streaming.events import Event, Output


class OutputTap:
    """Puts the output of the outermost wanted chain: it is the output of the run.

    LangChain gives it out chunk by chunk where the chain streams, and whole at its end where not. `say` takes
    what of it is text of the reply: it is told whose, and is given a message or a piece of text.
    """

    def __init__(
        self, put: Callable[[Event], None], say: Callable[[Step, Any], bool], graphs: GraphStates
    ) -> None:
        self._put = put
        self._say = say
        self._graphs = graphs
        self._lock = threading.RLock()
        self._output = GrowingOutput()
        self._step: Step | None = None
        self._streams = False

    def begin(self, step: Step) -> None:
        """Take note of a wanted chain that begins. The first is the outermost. A prompt gives no output."""
        with self._lock:
            if self._step is None and step.type != "prompt":
                self._step = step

    def wrote(self, text: str, *, call: str) -> None:
        """Note that a call of a model wrote text, which is shown as tokens. See `GrowingOutput.wrote`."""
        self._output.wrote(text, call=call)

    def tap(self, step_id: UUID, chunks: Iterator[Any]) -> Iterator[Any]:
        """Return the chunks of a step, unchanged; those of the outermost chain are put as they pass."""
        return self._tapped(chunks) if self._is_tapped(step_id) else chunks

    def atap(self, step_id: UUID, chunks: AsyncIterator[Any]) -> AsyncIterator[Any]:
        return self._atapped(chunks) if self._is_tapped(step_id) else chunks

    def end(self, step: Step, output: Any) -> None:
        """Take the output of a chain that has ended. Of one that was streamed all is known already."""
        if self._step is not None and self._graphs.graph_behind(self._step) is step:
            self._add(self._graphs.shown(output))
        if step is self._step:
            if not self._streams:
                self._take(output)
            self._put_patch(self._output.flush())

    def _is_tapped(self, step_id: UUID) -> bool:
        return self._step is not None and self._step.id == step_id

    def _tapped(self, chunks: Iterator[Any]) -> Iterator[Any]:
        self._streams = True
        for chunk in chunks:
            self._take(chunk)
            yield chunk

    async def _atapped(self, chunks: AsyncIterator[Any]) -> AsyncIterator[Any]:
        self._streams = True
        async for chunk in chunks:
            self._take(chunk)
            yield chunk

    def _take(self, chunk: Any) -> None:
        if self._step is None or self._say(self._step, chunk):
            return
        self._add(chunk if isinstance(chunk, str) else self._graphs.without_states(self._step, chunk))

    def _add(self, chunk: Any) -> None:
        if chunk is not NOTHING:
            self._put_patch(self._output.add(chunk))

    def _put_patch(self, patch: Patch) -> None:
        if patch:
            self._put(Output(patch))
