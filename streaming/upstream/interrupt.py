"""Ends the waiting of a cancelled run's threads on connections that are not ours.

Models that use `upstream.http_client()` never need this: their connections are known. A model that
brings its own HTTP client (any other provider's) waits in a socket that nobody told us about. Python
knows: the innermost frames of the waiting thread hold it. So look there, queue `Cancelled` for the
thread, and shut the socket down to wake it. The exception comes first: a client that retries would take
the shutdown for a network fault, and call the model again.

Only a thread of the run is touched, and only while it waits on a socket or sleeps. A run has its own
thread, and LangChain may have given parallel branches others: those have the run's callback in a frame.
Under gevent a thread is a greenlet, of which the interpreter has no frames: nothing is found there.
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

from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.callbacks.manager import BaseRunManager

from streaming.cancellation import Cancellation, Cancelled

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
    threading.Thread(target=_wake_all, args=arguments, name="streaming-interrupt", daemon=True).start()


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
    """One look. False if the run's own thread has left it."""
    with run.lock:  # it cannot leave it meanwhile
        if run.thread is None:
            return False
        # Those that have ended may have left their numbers to branches.
        spared = {run.ending, *(thread.ident for thread in run.earlier if thread.is_alive())}
        frames = sys._current_frames()
        while frames:
            thread, frame = frames.popitem()
            if thread not in spared and (thread == run.thread or _works_for(callback, frame)):
                _wake(thread, frame, raised)
            del frame  # it has the connection, which has to go as soon as the thread has left it
    return True


def _works_for(callback: BaseCallbackHandler, frame: FrameType | None) -> bool:
    while frame is not None:
        for value in frame.f_locals.values():
            # By type(): isinstance() asks the value, and a lazy object answers by loading itself.
            kind = type(value)
            if issubclass(kind, BaseRunManager | BaseCallbackManager) and callback in value.handlers:
                return True
        frame = frame.f_back
    return False


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
