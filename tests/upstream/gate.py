"""A gate: the place where a script waits until the test lets it go on.

It is a pipe rather than a `threading.Event`, so that the thread which waits for the
gate can wait for its peer's FIN or RST at the same time, in one `poll`.
"""

import os
import threading


class Gate:
    """Closed at first; once opened it stays open. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_end, self._write_end = os.pipe()
        self._reached = threading.Event()
        self._open = False

    @property
    def is_open(self) -> bool:
        return self._open

    def open(self) -> None:
        """Let every script that waits here, or comes here later, go on."""
        with self._lock:
            if not self._open:
                self._open = True
                # The end of the pipe is what every waiting `poll` sees.
                os.close(self._write_end)

    def wait_until_reached(self, *, timeout: float = 60.0) -> None:
        """Wait until a script stands here: all that it says before has been sent."""
        if not self._reached.wait(timeout):
            message = f"no script reached the gate in {timeout} s"
            raise TimeoutError(message)

    def fileno(self) -> int:
        """A descriptor that becomes readable when the gate opens."""
        return self._read_end

    def mark_reached(self) -> None:
        self._reached.set()

    def dispose(self) -> None:
        """Open, and give the descriptors back; only when nobody waits any more."""
        self.open()
        with self._lock:
            if self._read_end >= 0:
                os.close(self._read_end)
                self._read_end = -1
