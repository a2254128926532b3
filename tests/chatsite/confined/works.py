"""Work for children: what each does, and what it must not get away with."""

import os
import re
import signal
import sys
from typing import Any


def work(job: dict[str, Any], content: bytes) -> Any:
    return globals()[job["do"]](content)


def measure(content: bytes) -> int:
    return len(content)


def name(_: bytes) -> int:
    return os.getpid()


def look_around(_: bytes) -> dict[str, Any]:
    own = {"LC_CTYPE"}  # which Python sets by itself
    return {"environment": sorted(os.environ.keys() - own), "django": "django" in sys.modules}


def backtrack(_: bytes) -> bool:
    """In a single match, which never comes back to Python."""
    return bool(re.match(r"(?:a|a?)+$", "a" * 200 + "b"))


def eat_memory(_: bytes) -> int:
    return len(b"x" * (1 << 30))


def answer_without_end(_: bytes) -> str:
    return "x" * 1_000_000


def complain(_: bytes) -> str:
    """More than any pipe holds."""
    for stream in (sys.stdout, sys.stderr):
        for _number in range(100):
            stream.write("x" * 100_000)
    return "done"


def wait(_: bytes) -> None:
    """Without using the processor."""
    signal.pause()


def fail(_: bytes) -> None:
    raise LookupError("of the content")


def end(_: bytes) -> None:
    os._exit(3)
