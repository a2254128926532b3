"""A PostgreSQL of a test's own."""

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.server import free_port
from tests.services.daemon import PATIENCE, folder
from tests.services.programs import require, service_user

PROGRAMS = ("initdb", "pg_ctl")


class PostgreSQL:
    """One server, with an empty database at `url`. `settings` are PostgreSQL's own, `max_connections` say."""

    def __init__(self, *, folder: Path, **settings: object) -> None:
        self._initdb, self._pg_ctl = self.programs()
        self._folder = folder
        self._data = folder / "data"
        self.port = free_port()
        self.url = f"postgres://tests@127.0.0.1:{self.port}/postgres"
        self._settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
            "fsync": "off",  # a kill of the processes loses nothing that the kernel has
            **settings,
        }
        self._run(
            self._initdb, "-D", str(self._data), "-U", "tests", "-A", "trust", "--no-sync", "-E", "UTF8"
        )

    def programs(self) -> list[str]:
        """Where `PROGRAMS` are: the machine's own."""
        return require(*PROGRAMS, package="postgresql")

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = " ".join(f"-c {name}={value}" for name, value in self._settings.items())
        self._control("-o", options, "-l", str(self._folder / "log"), "start")

    def restart(self) -> None:
        """End every session and start again, as `systemctl restart postgresql` does."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """Shut down in order; sessions that are open are ended."""
        self._control("-m", "fast", "stop")

    def kill(self) -> None:
        """End all its processes at once, with no shutdown: it has to recover when it starts, as after a
        kill -9."""
        self._control("-m", "immediate", "stop")

    def is_running(self) -> bool:
        return (self._data / "postmaster.pid").exists()

    def _control(self, *arguments: str) -> None:
        self._run(self._pg_ctl, "-D", str(self._data), "-t", str(int(PATIENCE)), "-w", *arguments)

    def _run(self, *command: str) -> None:
        subprocess.run(
            command,
            check=True,
            timeout=2 * PATIENCE,
            user=service_user(),
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextlib.contextmanager
def server(**settings: object) -> Iterator[PostgreSQL]:
    """A server, until the end of the context; its data goes with it."""
    with folder("postgresql") as place:
        started = PostgreSQL(folder=place, **settings)
        started.start()
        try:
            yield started
        finally:
            if started.is_running():
                started.kill()


@contextlib.contextmanager
def running(**settings: object) -> Iterator[str]:
    """The address of an empty database, until the end of the context."""
    with server(**settings) as started:
        yield started.url
