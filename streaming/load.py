"""How busy this process is, and how long whoever has done something waits until more has come together.

A wake-up costs about as much for ten tokens as for one. While the process has processor time to spare nobody
waits, and a token is on its way at once. The less there is, the longer the waits, up to a bound: each wake-up
then finds more, and there are fewer of them.
"""

import time
from collections.abc import Callable

_WINDOW = 0.25
"""Seconds over which the use of the processor is measured."""
_SPARE, _FULL = 0.3, 0.9
"""Shares of one processor: up to the first one nobody waits, from the second on as long as may be."""


class Load:
    """Measures one process. From any thread: two that measure at the same time find about the same."""

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, used: Callable[[], float] = time.process_time
    ) -> None:
        self._clock = clock
        self._used = used
        self._since = clock(), used()
        self._share = 0.0

    def pause(self, most: float) -> float:
        """Seconds to wait now: between none and `most`."""
        self._measure()
        return most * min(max((self._share - _SPARE) / (_FULL - _SPARE), 0.0), 1.0)

    def _measure(self) -> None:
        then, used_then = self._since
        now = self._clock()
        if now - then < _WINDOW:
            return
        used = self._used()
        self._since = now, used
        share = (used - used_then) / (now - then)
        # Half of it is what was known: one burst, the start of a reply say, is no load.
        self._share = (self._share + share) / 2 if now - then < 2 * _WINDOW else share


load = Load()
"""This process's."""
