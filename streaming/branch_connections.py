"""Closes the database connections of a run's parallel branches, as the end of their threads does not.

LangChain gives each branch, and each tool of a step, a thread that ends with it. A connection that was opened
there would stay open until the garbage collector comes by.
"""

import threading
from typing import Any

from streaming.cancellation import Cancellation, current


def note(connection: Any, **kwargs: Any) -> None:
    """Keep in mind which run has opened a connection, and where. Receives Django's `connection_created`."""
    if (run := current.get()) is not None:
        with run.lock:
            run.databases[connection] = threading.current_thread()


def close(run: Cancellation) -> None:
    """Close those of threads that have ended. A thread that lives on may be at work for another run."""
    with run.lock:
        opened, run.databases = run.databases, {}
    for connection, thread in opened.items():
        if not thread.is_alive():
            connection.inc_thread_sharing()
            connection.close()
