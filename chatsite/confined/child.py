"""Runs in the child: does one piece of work after the other, each within its time.

The child has no environment (hence no secrets), none of the site's settings, and loads only the module that
does the work: a function of a job (JSON) and of content (bytes) that returns JSON.
"""

import contextlib
import importlib
import json
import logging
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

Work = Callable[[dict[str, Any], bytes], Any]

_ANY_LENGTH = 1 << 40


def main(descriptor: int, work: str, memory: int) -> None:
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from chatsite.confined import frames

    module, name = work.split(":")
    do: Work = getattr(importlib.import_module(module), name)
    _confine(memory)
    logging.disable()  # content can make its parser complain for gigabytes, and complaints quote it
    connection = socket.socket(fileno=descriptor)
    connection.settimeout(None)  # gevent makes its sockets non-blocking, this one's pair as well
    while (head := frames.receive(connection, most=_ANY_LENGTH)) is not None:
        content = frames.receive(connection, most=_ANY_LENGTH)
        if content is None:
            return
        asked = json.loads(head)
        # Without a handler the signal ends the process, wherever it is: in the middle of a match, too.
        signal.setitimer(signal.ITIMER_PROF, asked["seconds"])
        answer = json.dumps(_answer(do, asked["job"], content), ensure_ascii=False).encode()
        signal.setitimer(signal.ITIMER_PROF, 0)
        frames.send(connection, answer)


def _answer(do: Work, job: dict[str, Any], content: bytes) -> dict[str, Any]:
    try:
        return {"done": do(job, content)}
    except Exception as exc:  # noqa: BLE001 - the other side decides; its name only, for a text can quote
        return {"failed": type(exc).__qualname__}


def _confine(memory: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # not every system has every limit
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        os.nice(5)  # the process that serves comes first


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
