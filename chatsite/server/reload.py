"""Who answers during a reload: the old workers, until a new one is ready.

On HUP gunicorn starts new workers and, in the same moment, tells the old ones to end. The new ones import
LangChain first, which takes seconds in which no worker would answer. So an old worker that is told to end
while new ones start goes on until the first of them is ready.
"""

import mmap
import struct

_STATE = struct.Struct("Q?")
"""The newest generation of workers, and whether one of it is ready."""


class ReloadState:
    """How far a reload is. The master and its workers share it, by memory that they have from the fork."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, _STATE.size)
        self.generation = 0
        """Of this process."""

    def begin(self) -> None:
        """In the master: the workers that are started from now on are a new generation."""
        self.generation += 1
        _STATE.pack_into(self._shared, 0, self.generation, False)  # noqa: FBT003 - a struct's field

    def finish(self) -> None:
        """In a worker: this one is ready to serve. That changes nothing if a newer generation was started."""
        newest, _ = _STATE.unpack_from(self._shared)
        if newest == self.generation:
            _STATE.pack_into(self._shared, 0, newest, True)  # noqa: FBT003

    @property
    def is_under_way(self) -> bool:
        """In a worker: whether newer workers are being started, and none of them is ready yet."""
        newest, ready = _STATE.unpack_from(self._shared)
        return bool(newest != self.generation and not ready)
