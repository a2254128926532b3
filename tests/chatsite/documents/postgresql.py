"""A PostgreSQL of a test's own, where the machine has the programs for one."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.server import free_port

SERVICE_USER = "nobody"
"""PostgreSQL does not run as root: there, it runs as this user."""


def is_installed() -> bool:
    return all(_find(name) for name in ("initdb", "pg_ctl"))


def _find(name: str) -> str | None:
    """A program of the server's. Debian keeps them out of the PATH, a folder for each version."""
    debians = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, debians)]))


@contextlib.contextmanager
def running() -> Iterator[str]:
    """An empty database; gives its address, and deletes it in the end."""
    with tempfile.TemporaryDirectory(prefix="postgresql-", ignore_cleanup_errors=True) as directory:
        data, port = Path(directory) / "data", free_port()
        if os.geteuid() == 0:
            shutil.chown(directory, SERVICE_USER)
        _run("initdb", "-D", str(data), "-U", "tests", "-A", "trust", "--no-sync", "-E", "UTF8")
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={directory} -c fsync=off"
        )
        _run("pg_ctl", "-D", str(data), "-o", options, "-l", f"{directory}/log", "-w", "start")
        try:
            yield f"postgres://tests@127.0.0.1:{port}/postgres"
        finally:
            _run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")


def _run(name: str, *arguments: str) -> None:
    command = [_find(name) or name, *arguments]
    user = SERVICE_USER if os.geteuid() == 0 else None
    subprocess.run(
        command,
        check=True,
        timeout=60,
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
