"""Who serves while a reload goes on: the old workers, until a new one can.

On HUP gunicorn starts new workers and, in the same moment, tells the old ones to leave. The new ones have
LangChain to import, which takes seconds in which nobody would answer. So an old worker that is told to leave
while its successors start goes on until the first of them is ready.
"""

import mmap
import struct

_STATE = struct.Struct("Q?")
"""The generation that is being started, or was; and whether one of it is ready."""


class Succession:
    """Shared by the master and its workers, who have it from the fork."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _STATE.size)
        self.generation = 0
        """Of this process."""

    def begin(self) -> None:
        """In the master: what is started from now on is a new generation."""
        self.generation += 1
        _STATE.pack_into(self._shared, 0, self.generation, False)  # noqa: FBT003 - a struct's field

    def take_over(self) -> None:
        """In a worker: it is ready to serve."""
        newest, _ = _STATE.unpack_from(self._shared)
        if newest == self.generation:
            _STATE.pack_into(self._shared, 0, newest, True)  # noqa: FBT003

    @property
    def is_expected(self) -> bool:
        """In a worker: whether successors were started, of whom none is ready yet."""
        newest, ready = _STATE.unpack_from(self._shared)
        return bool(newest != self.generation and not ready)
