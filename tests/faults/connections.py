"""The server's end of a connection, looked at from outside: is it open, in which process, and how full?"""

import re
from pathlib import Path

from tests.site import Site
from tests.visitor import Reading

_ENTRY = re.compile(r"^\s*\d+: \w+:(\w{4}) \w+:(\w{4}) \w+ (\w+):\w+ (?:\S+ ){4}(\d+)", re.MULTILINE)


class ServersEnd:
    """The socket that the server has for a reading, known by its number in the kernel's tables."""

    def __init__(self, site: Site, reading: Reading) -> None:
        self._site = site
        ours, theirs = reading.connection.getsockname()[1], reading.connection.getpeername()[1]
        self._ports = theirs, ours
        _, self._number = _entry(*self._ports)

    @property
    def worker(self) -> int | None:
        """The process that has it open, if any has."""
        return next((pid for pid in self._site.server.worker_pids if self._number in _sockets(pid)), None)

    @property
    def unsent(self) -> int:
        """Bytes that were written to it, and that the peer has no room for."""
        size, _ = _entry(*self._ports)
        return size

    def is_closed(self) -> bool:
        return self.worker is None


def _entry(local: int, remote: int) -> tuple[int, str]:
    """What the kernel has of a connection: bytes that wait to be sent, and the socket's number."""
    table = re.sub(r" +", " ", Path("/proc/net/tcp").read_text())
    for found_local, found_remote, unsent, number in _ENTRY.findall(table):
        if (int(found_local, 16), int(found_remote, 16)) == (local, remote):
            return int(unsent, 16), str(number)
    failure = f"no connection from {remote} to {local}"
    raise AssertionError(failure)


def _sockets(pid: int) -> set[str]:
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:  # closed meanwhile
            continue
        if target.startswith("socket:["):
            found.add(target[8:-1])
    return found
