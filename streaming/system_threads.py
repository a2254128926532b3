"""Threads of the system under gevent, where Python's own are greenlets: asyncio tells loops apart by their
threads, and would take the loop of one greenlet for everybody's."""

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from typing import Any


def patched() -> Any:
    """gevent's record of what it has replaced; None without gevent."""
    return sys.modules.get("gevent.monkey")


def systems(module: str, name: str) -> Any:
    """What Python's module has, or had before gevent replaced it."""
    monkey = patched()
    return monkey.get_original(module, name) if monkey else getattr(import_module(module), name)


def start_thread(work: Callable[..., object], *args: Any) -> None:
    """Start a thread that nobody waits for."""
    systems("_thread", "start_new_thread")(work, args)


class SystemThreads(ThreadPoolExecutor):
    """Does each piece of work in a thread of its own."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        start_thread(_work, future, fn, args, kwargs)
        return future


def _work(future: Future[Any], fn: Callable[..., Any], args: Any, kwargs: Any) -> None:
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as exc:  # noqa: BLE001 - whoever waits for it shall have it
            future.set_exception(exc)
