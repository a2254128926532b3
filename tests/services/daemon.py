"""A server process that a test may kill, suspend and start again, with what it has written still there."""

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.services.programs import give_to_service_user, service_user
from tests.waiting import wait_until

PATIENCE = 60.0
"""Seconds for a server to answer or to end, on a machine that does much else."""


@contextlib.contextmanager
def folder(prefix: str) -> Iterator[Path]:
    """A server's folder, gone in the end. Whoever the server runs as can write there."""
    with tempfile.TemporaryDirectory(prefix=f"{prefix}-", ignore_cleanup_errors=True) as name:
        give_to_service_user(Path(name))
        yield Path(name)


class Daemon:
    """One server, which runs in the foreground of a process of ours. `log_file` has all that it said."""

    def __init__(self, command: Sequence[str], *, folder: Path) -> None:
        self.log_file = folder / "log"
        self._command = list(command)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log_file.open("ab") as log:
            # In a session of its own, so that the Ctrl-C which ends the tests leaves its end to us.
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=service_user(),
                start_new_session=True,
            )
        try:
            wait_until(self._is_up, timeout=PATIENCE, message=f"{self._command[0]} did not answer")
        except BaseException as error:
            self.kill()
            error.add_note(f"It said:\n{self.log}")
            raise

    def kill(self) -> None:
        """kill -9, of its children too: nginx has some, which would go on without it. Harmless to repeat."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end (SIGTERM), and wait. Harmless to repeat."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def suspend(self) -> None:
        """Leave it there, deaf and dumb: the kernel goes on to take connections for it."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def answers(self) -> bool:
        """Whether it answers now."""
        raise NotImplementedError

    def _is_up(self) -> bool:
        assert self._process is not None
        if (code := self._process.poll()) is not None:
            failure = f"{self._command[0]} ended with {code}"
            raise AssertionError(failure)
        return self.answers()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None, "not started"
        self._process.send_signal(number)
