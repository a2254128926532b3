"""A terminal with a program in it: what it shows is read, and keys are pressed."""

import os
import pty
import re
import select
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.waiting import wait_until

CTRL_C = "\x03"

_STYLE = re.compile(rb"\x1b\[[\d;]*m")


class Terminal:
    """The program's standard input, output and error; Ctrl-C sends it a SIGINT, as the kernel has it."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self._ours, self._its = pty.openpty()
        # The first terminal that the leader of a session opens is the session's own.
        opened = ["sh", "-c", 'exec "$@" <>"$0" >&0 2>&0', os.ttyname(self._its), *command]
        self._process = subprocess.Popen(opened, cwd=cwd, env=env, start_new_session=True)
        self.raw = b""
        """What has been written to it, with the styles."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)
        os.close(self._its)

    @property
    def shown(self) -> str:
        """What a person has read so far."""
        return _STYLE.sub(b"", self.raw).decode().replace("\r\n", "\n")

    def wait_for(self, text: str) -> None:
        """Wait until it shows the text."""
        wait_until(lambda: self._read() and text in self.shown, timeout=60, message=f"no {text!r}")

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    def status(self, *, timeout: float) -> int:
        """The program's exit status, once it has ended and all that it wrote is shown."""
        wait_until(lambda: self._read() and self._process.poll() is not None, timeout=timeout)
        self._read()
        return self._process.wait()

    def _read(self) -> bool:
        """Take what is there by now: a program whose terminal nobody reads would wait in its writing."""
        while select.select([self._ours], [], [], 0)[0]:
            self.raw += os.read(self._ours, 65_536)
        return True
