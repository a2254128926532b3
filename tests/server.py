"""A real gunicorn over a real database, started for a test and ended with it."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
# What a child process gets of the environment of the tests. No key, no proxy, no setting of the developer's.
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "PYTHONPYCACHEPREFIX", "COVERAGE_PROCESS_START")

_held_ports: list[socket.socket] = []


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """The whole environment of a process of the site, with nothing of the developer's own settings."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return inherited | {"DATA_DIR": str(data_dir), "PYTHONUNBUFFERED": "1"} | settings


def prepare(data_dir: Path, **settings: str) -> None:
    """Database and static files, as `make run` prepares them."""
    run_python(data_dir, "-m", "chatsite.boot", "prepare", **settings)


def run_python(data_dir: Path, *arguments: str, **settings: str) -> str:
    """What a process of the site prints that Python runs with these arguments. Fails if that fails."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(data_dir, **{"DJANGO_SETTINGS_MODULE": "chatsite.settings", **settings}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        failure = f"python {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}"
        raise AssertionError(failure)
    return done.stdout


def free_port() -> int:
    """A port that the kernel gives to nobody else while the tests run: a socket of ours stays bound to it. A
    server that sets SO_REUSEADDR, as all of ours do, may still listen there."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _held_ports.append(holder)
    port: int = holder.getsockname()[1]
    return port


class GunicornServer:
    """The site under gunicorn, on a loopback port of its own.

    `data_dir` has been through `prepare`. `settings` are environment variables. `worker_class`,
    `workers` and `threads` go through GUNICORN_CMD_ARGS, as an operator sets them; what is not
    given is chatsite/gunicorn_conf.py's to say. The worker class "uvicorn" is that server in place of
    gunicorn.
    """

    def __init__(
        self,
        *,
        data_dir: Path,
        settings: Mapping[str, str] | None = None,
        worker_class: str | None = None,
        workers: int | None = None,
        threads: int | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = data_dir / "gunicorn.log"
        chosen = {"--worker-class": worker_class, "--workers": workers, "--threads": threads}
        options = [f"{name}={value}" for name, value in chosen.items() if value is not None]
        self._environment = environment(
            data_dir,
            HOST="127.0.0.1",
            PORT=str(self.port),
            GUNICORN_CMD_ARGS=" ".join([*options, *arguments]),
            **(settings or {}),
        )
        self._command = _command(worker_class, self.port)
        self._log_start = 0

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Start it, and wait until it answers: the first time, or again after it has ended."""
        with self.log_file.open("ab") as log:
            # In a session of its own, so that the Ctrl-C which ends the tests leaves its end to us.
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(self._is_up, timeout=60, message="gunicorn did not answer /healthz")
        except BaseException as error:
            self.kill()
            error.add_note(f"gunicorn said:\n{self.log}")
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended = self.stop()
        if error is not None:
            error.add_note(f"gunicorn said:\n{self.log}")
        elif not ended:
            failure = f"gunicorn did not end at SIGTERM, and was killed. It said:\n{self.log}"
            raise AssertionError(failure)

    @property
    def pid(self) -> int:
        """The master's."""
        return self.process.pid

    @property
    def worker_pids(self) -> list[int]:
        """The processes that the master has started and that are alive."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    @property
    def log(self) -> str:
        """What the server has written to stdout and stderr since `mark_log`."""
        with self.log_file.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")

    def mark_log(self) -> None:
        """Let `log` begin here: a new test begins."""
        self._log_start = self.log_file.stat().st_size

    def stop(self, *, timeout: float = 60.0) -> bool:
        """SIGTERM, then SIGKILL. Returns whether it ended by itself in time; harmless to repeat."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout)
            return True
        self.kill()
        return False

    def kill(self) -> None:
        """kill -9 of the master and its workers, all of the session that was started for them."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def _is_up(self) -> bool:
        if self.process.poll() is not None:
            failure = f"gunicorn ended with {self.process.returncode}"
            raise AssertionError(failure)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        return False


def _command(worker_class: str | None, port: int) -> list[str]:
    if worker_class == "uvicorn":
        return [
            *(sys.executable, "-m", "uvicorn", "chatsite.asgi:application"),
            *("--host", "127.0.0.1", "--port", str(port)),
        ]
    application = "chatsite.asgi" if worker_class == "asgi" else "chatsite.wsgi"
    return [sys.executable, "-m", "gunicorn", application, "-c", "chatsite/gunicorn_conf.py"]


def copy_prepared(prepared: Path, data_dir: Path) -> Path:
    """A DATA_DIR of a test's own, at the price of a copy."""
    return Path(shutil.copytree(prepared, data_dir))
