"""Sends what is due, whether or not anybody looks: a thread that each process has one of.

It is woken when a reply has ended here. Every few seconds it looks by itself: for what a process that died
has left due, and for what was refused and may be tried again.
"""

import logging
import random
import threading

from django.db import DatabaseError, connections

logger = logging.getLogger("chatsite.waiting")

LOOK = 5.0
"""Seconds between two looks, at most."""


class _Sender:
    """The thread, which begins with the first `start` or `wake`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look after what is due from now on."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():  # a forked process has none yet
                self._thread = threading.Thread(target=self._work, name="waiting", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Look now: something is due. Never waits."""
        self._woken.set()
        self.start()

    def _work(self) -> None:
        from chatsite.waiting import sending  # loads LangChain, which Django need not do to begin

        while True:
            self._woken.wait(LOOK * random.uniform(0.5, 1))  # noqa: S311 - not all processes at once
            self._woken.clear()
            try:
                sending.send_due()
            except DatabaseError as error:
                logger.warning("what waits could not be sent: %s", type(error).__name__)
            except Exception as error:  # noqa: BLE001 - the next look may succeed; the text may be a prompt
                logger.error("what waits could not be sent: %s", type(error).__name__)
            finally:
                connections.close_all()


sender = _Sender()
"""The process's only one."""
