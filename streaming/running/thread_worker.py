"""Runs a runnable in a thread: the worker of `stream()` and of durable runs."""

import gc
import threading

from streaming import branch_connections
from streaming.running.coroutine_tools import give_functions
from streaming.running.worker import Worker, close_database_connections
from streaming.upstream.waiting_threads import wake_threads


class ThreadWorker(Worker):
    """Runs one runnable's `stream` in a thread of its own."""

    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Put the `Start`, and run."""
        if self._begin():
            name, work = f"run-{self._start.run[:8]}", self._context.run
            thread = threading.Thread(target=work, args=(self._run,), name=name, daemon=True)
            thread.start()
            self._thread = thread

    def join(self, within: float) -> None:
        """Wait until the thread has ended, for so many seconds at most."""
        if self._thread is not None:
            self._thread.join(within)

    def _run(self) -> None:
        try:
            with self._ending():
                try:
                    self._note_working(threading.get_ident())
                    give_functions(self._runnable)
                    for chunk in self._runnable.stream(self._input, self._config):
                        self._see(chunk)
                finally:
                    self._note_working(None)
                    branch_connections.close(self._cancellation)
        finally:
            if self._cancellation.cancelled and not self._cancellation.had_connections:
                # A client of its own. What a completion model was reading is in a reference cycle, and so is
                # the exception of a parallel branch, with all that it was raised in: only the collector
                # closes their connections.
                gc.collect()
            close_database_connections()

    def _note_working(self, thread: int | None) -> None:
        with self._cancellation.lock:
            self._cancellation.thread = thread

    def _cancel(self) -> None:
        super()._cancel()
        wake_threads(self._cancellation, self._callback)
