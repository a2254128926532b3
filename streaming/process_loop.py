"""Runs coroutines where no event loop runs: in a loop in a thread. One loop a process.

One, and not one for each run: asynchronous clients keep connections for the next call, and those belong to
the loop that opened them.
"""

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any

from streaming.system_threads import SystemThreads, patched, start_thread, systems


def in_process_loop(work: Coroutine[Any, Any, Any]) -> Future[Any]:
    """Do it in the loop. It sees the caller's context variables."""
    return asyncio.run_coroutine_threadsafe(work, _loop())


_loops: dict[int, asyncio.AbstractEventLoop] = {}
"""By process: a forked one has not inherited the thread."""


def _loop() -> asyncio.AbstractEventLoop:
    """The loop, at work in a thread."""
    if (loop := _loops.get(os.getpid())) is None:
        new = asyncio.SelectorEventLoop(systems("selectors", "DefaultSelector")())
        if patched():
            new.set_default_executor(SystemThreads())
        loop = _loops.setdefault(os.getpid(), new)
        if loop is new:
            start_thread(loop.run_forever)
        else:  # another thread was first
            new.close()
    return loop
