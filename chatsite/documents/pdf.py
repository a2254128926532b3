"""Reads the text of a PDF, in a child process with little time and memory.

A PDF is a program's data: a few kilobytes can unpack into gigabytes, or keep a parser busy for ever. The
child has no environment, none of the site's code, and bounds that the system enforces; whatever becomes
of it, the site only waits, for `PATIENCE` at most.

The child runs this file: bytes on standard input, on standard output JSON, either `{"pages": [text, ...]}`
or `{"refused": why}`.
"""

import contextlib
import io
import json
import logging
import resource
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pypdf import PdfReader

Refusal = Literal["broken", "encrypted", "too_many_pages", "too_long", "too_much_work"]

logger = logging.getLogger(__name__)

SECONDS = 20
"""For one file. A page takes some ten milliseconds."""
PATIENCE = SECONDS + 5
"""Seconds that the site waits for it: the time above is the core's."""
MEMORY = 1 << 30
"""Bytes of address space. pypdf itself unpacks a stream to 75 MB at most, but a file has many."""


class Refused(Exception):
    """The file cannot be read, or is too much."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


def pages(content: bytes, *, max_pages: int, max_characters: int) -> list[str]:
    """The text of each page, "" for one without. Raises `Refused`."""
    # Isolated: no module of the working directory, no environment variables, hence no secrets either.
    command = [sys.executable, "-I", *_bytecode(), __file__, str(max_pages), str(max_characters)]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=PATIENCE, check=False, env={}
        )
    except subprocess.TimeoutExpired:
        raise Refused("too_much_work") from None
    if done.returncode:  # killed by a limit; what it said can quote the file
        logger.warning("the reader of a PDF ended with %s", done.returncode)
        raise Refused("too_much_work")
    answer: dict[str, Any] = json.loads(done.stdout)
    if "refused" in answer:
        raise Refused(answer["refused"])
    found: list[str] = answer["pages"]
    return found


def _bytecode() -> list[str]:
    """Where this Python keeps compiled modules: without, the child would compile pypdf every time."""
    return ["-X", f"pycache_prefix={sys.pycache_prefix}"] if sys.pycache_prefix else []


# What follows runs in the child.


def main(max_pages: int, max_characters: int) -> None:
    _limit_itself()
    try:
        answer: dict[str, Any] = {"pages": _read(sys.stdin.buffer.read(), max_pages, max_characters)}
    except Refused as refused:
        answer = {"refused": refused.why}
    except MemoryError:
        answer = {"refused": "too_much_work"}
    json.dump(answer, sys.stdout)


def _limit_itself() -> None:
    for limit, value in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        with contextlib.suppress(ValueError, OSError):  # not every system has every limit
            resource.setrlimit(limit, (value, value))


def _read(content: bytes, max_pages: int, max_characters: int) -> list[str]:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

    try:
        reader = PdfReader(io.BytesIO(content))
        _check(reader, max_pages)
        return _texts(reader, max_characters)
    except (Refused, MemoryError):
        raise
    except (DependencyError, FileNotDecryptedError):
        raise Refused("encrypted") from None
    except LimitReachedError:
        raise Refused("too_much_work") from None
    except Exception:  # noqa: BLE001 - a broken file makes the parser raise anything
        raise Refused("broken") from None


def _check(reader: "PdfReader", max_pages: int) -> None:
    # Many files are locked against changes only: an empty password opens them.
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused("encrypted")
    if len(reader.pages) > max_pages:
        raise Refused("too_many_pages")


def _texts(reader: "PdfReader", max_characters: int) -> list[str]:
    found: list[str] = []
    left = max_characters
    for page in reader.pages:
        found.append(page.extract_text())
        left -= len(found[-1])
        if left < 0:
            raise Refused("too_long")
    return found


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
