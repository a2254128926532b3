"""A Redis of a test's own."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import redis

from tests.server import free_port
from tests.services.daemon import Daemon, folder
from tests.services.programs import require


class RedisServer(Daemon):
    """One redis-server. With `append_only`, what it has acknowledged is there again after a kill."""

    def __init__(self, *, folder: Path, append_only: bool = False, password: str = "") -> None:
        (program,) = require("redis-server", package="redis-server")
        self.port = free_port()
        self._password = password
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(folder),
            "save": "",  # no snapshots: a default Redis has forgotten everything after a kill
            "appendonly": "yes" if append_only else "no",
            "appendfsync": "no",  # a kill of the process loses nothing that the kernel has
            "requirepass": password,
        }
        super().__init__(
            [program, *(word for name, value in options.items() for word in (f"--{name}", value))],
            folder=folder,
        )

    @property
    def url(self) -> str:
        return f"redis://{f':{self._password}@' if self._password else ''}127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), self.client() as client:
            return bool(client.ping())
        return False

    def flush(self) -> None:
        """Delete everything."""
        with self.client() as client:
            client.flushall()

    def client(self) -> redis.Redis:
        """A connection of the test's own; close it."""
        return redis.Redis(host="127.0.0.1", port=self.port, password=self._password or None)


@contextlib.contextmanager
def running(*, append_only: bool = False, password: str = "") -> Iterator[RedisServer]:
    """A Redis, until the end of the context."""
    with folder("redis") as place:
        server = RedisServer(folder=place, append_only=append_only, password=password)
        server.start()
        try:
            yield server
        finally:
            server.kill()
