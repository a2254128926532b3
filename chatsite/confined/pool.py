"""Child processes that work for this one, a few at a time. Any thread may ask, or greenlet."""

import atexit
import contextlib
import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from chatsite.confined import frames
from chatsite.confined.budgets import Budget

logger = logging.getLogger(__name__)

_CHILD = Path(__file__).with_name("child.py")


class TooMuch(Exception):
    """The work costs more than its budget, or the child broke over it: the plain form is all there is."""


class TooSlow(TooMuch):
    """The child was not through in time. It may have waited for a processor: another time it may be."""


class NoPlace(Exception):
    """The children had other work for as long as one may wait: it may be asked for again."""


class Pool:
    """Does one kind of work (`"module:function"`, see `child.py`) in up to `size` children.

    Children start when they are needed, serve `jobs` pieces of work, and end with this process. An `owner`
    has one place at a time, so that nobody takes all of them.
    """

    def __init__(self, work: str, budget: Budget, *, size: int, jobs: int, wait: float) -> None:
        self._work = work
        self._budget = budget
        self._size = size
        self._jobs = jobs
        self._wait = wait
        self._places = threading.Condition()
        self._taken: list[Hashable | None] = []
        self._idle: list[_Child] = []
        atexit.register(self.close)

    def ask(
        self,
        job: dict[str, Any],
        content: bytes = b"",
        *,
        length: int,
        owner: Hashable = None,
        answer: int | None = None,
        wait: float | None = None,
    ) -> Any:
        """What the work comes to. Raises `TooMuch`, or `NoPlace`."""
        if length > self._budget.characters:
            raise TooMuch
        self._enter(owner, wait)
        try:
            child = self._child()
            try:
                done = child.ask(
                    job,
                    content,
                    seconds=self._budget.seconds_for(length),
                    patience=self._budget.patience,
                    answer=answer or self._budget.answer,
                )
            except BaseException:
                child.close()
                raise
            if child.jobs < self._jobs:
                self._idle.append(child)
            else:
                child.close()
            return done
        finally:
            self._leave(owner)

    def close(self) -> None:
        """End the children that wait."""
        while self._idle:
            self._idle.pop().close()

    def _child(self) -> "_Child":
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        return _Child(self._work, self._budget.memory)

    def _enter(self, owner: Hashable, wait: float | None = None) -> None:
        def room() -> bool:
            return len(self._taken) < self._size and (owner is None or owner not in self._taken)

        with self._places:
            if not self._places.wait_for(room, self._wait if wait is None else wait):
                raise NoPlace
            self._taken.append(owner)

    def _leave(self, owner: Hashable) -> None:
        with self._places:
            self._taken.remove(owner)
            self._places.notify_all()


class _Child:
    """One child process, and the socket to it. Whoever took it from its pool has it alone."""

    def __init__(self, work: str, memory: int) -> None:
        self.jobs = 0
        self._work = work
        self._socket, theirs = socket.socketpair()
        # Isolated: no module of the working directory, no environment variables.
        command = [sys.executable, "-I", *_bytecode(), str(_CHILD), str(theirs.fileno()), work, str(memory)]
        nowhere = subprocess.DEVNULL
        with theirs:
            self._process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=nowhere, stdout=nowhere, stderr=nowhere, env={}
            )

    def ask(
        self, job: dict[str, Any], content: bytes, *, seconds: float, patience: float, answer: int
    ) -> Any:
        self.jobs += 1
        self._socket.settimeout(patience)
        try:
            frames.send(self._socket, json.dumps({"seconds": seconds, "job": job}).encode())
            frames.send(self._socket, content)
            got = frames.receive(self._socket, most=answer)
        except TimeoutError:
            logger.warning("%s was given up: not through in %g seconds", self._work, patience)
            raise TooSlow from None
        except OSError:  # it has ended
            got = None
        told = json.loads(got) if got is not None else {"failed": "its limits"}
        if "failed" in told:
            logger.warning("%s was given up: %s", self._work, told["failed"])
            raise TooMuch
        return told["done"]

    def close(self) -> None:
        """End it: it has nothing to finish."""
        self._socket.close()
        self._process.kill()
        self._process.wait()


def _bytecode() -> list[str]:
    """Where this Python keeps compiled modules: without, each child would compile its own."""
    return ["-X", f"pycache_prefix={sys.pycache_prefix}"] if sys.pycache_prefix else []
