"""Wakes a cancelled run's threads that wait on connections that are not ours.

Models that use `upstream.http_client()` never need this: a run knows their connections. A model that brings
an HTTP client of its own (any other provider's) waits on a socket that nobody reported. The innermost frames
of the waiting thread hold that socket. So look there, queue `Cancelled` for the thread, and shut the socket
down, which wakes the thread. The exception comes first: a client that retries would take the shutdown for a
network fault, and call the model again.

Only a thread of the run is touched, and only while it waits on a socket or sleeps: the run's own thread, and
those that LangChain gave to parallel branches. Under gevent a thread is a greenlet, of which the interpreter
has no frames: nothing is found there.
"""

import ctypes
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from inspect import getattr_static
from types import FrameType

from langchain_core.callbacks import BaseCallbackHandler

from streaming.cancellation import Cancellation, Cancelled
from streaming.upstream.branches import works_for

_DEPTH = 4
"""How far out from the innermost frame a client's own socket may lie."""
_FIRST_LOOK = 0.02
"""Seconds in which the run's own checks usually end it."""
_PATIENCE = 10.0
"""Seconds after which a thread that never waits on a socket (it computes) is left to end by itself."""


def wake_threads(run: Cancellation, callback: BaseCallbackHandler) -> None:
    """Wake the run's threads until they are gone. Returns at once; the work is done in a thread.

    A thread that is ending the run is spared, for as long as it does.
    """
    with run.lock:
        if run.thread is None:
            return
    arguments = (run, callback)
    threading.Thread(target=_wake_all, args=arguments, name="streaming-waker", daemon=True).start()


def _wake_all(run: Cancellation, callback: BaseCallbackHandler) -> None:
    give_up = time.monotonic() + _PATIENCE
    raised: set[int] = set()
    pause = _FIRST_LOOK
    while time.monotonic() < give_up:
        time.sleep(pause)
        if not _wake_those_waiting(run, callback, raised):
            return
        pause = 0.1


def _wake_those_waiting(run: Cancellation, callback: BaseCallbackHandler, raised: set[int]) -> bool:
    """Wake those that wait now. False if the run's own thread has left the run."""
    with run.lock:  # the thread cannot leave the run meanwhile
        if run.thread is None:
            return False
        # A thread that has ended may have left its number to a branch.
        spared = {run.ending, *(thread.ident for thread in run.earlier if thread.is_alive())}
        frames = sys._current_frames()
        while frames:
            thread, frame = frames.popitem()
            if thread not in spared and (thread == run.thread or works_for(callback, frame)):
                _wake(thread, frame, raised)
            del frame  # it keeps the connection open after the thread has dropped that
    return True


def _wake(thread: int, frame: FrameType, raised: set[int]) -> None:
    sockets = list(_sockets(frame))
    if thread not in raised and (sockets or _sleeps(frame)):
        raised.add(thread)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Cancelled))
    for waiting in sockets:
        with suppress(OSError):
            socket.socket.shutdown(waiting, socket.SHUT_RDWR)


def _sockets(frame: FrameType | None) -> Iterator[socket.socket]:
    for _ in range(_DEPTH):
        if frame is None:
            return
        for value in frame.f_locals.values():
            held = value if issubclass(type(value), socket.socket) else getattr_static(value, "_sock", None)
            if issubclass(type(held), socket.socket):
                yield held
        frame = frame.f_back


def _sleeps(frame: FrameType) -> bool:
    """Whether the frame's function calls `sleep`, as a client's does that waits to try again."""
    return "sleep" in frame.f_code.co_names
