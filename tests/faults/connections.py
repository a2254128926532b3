"""The server's end of a connection, looked at from outside: is it still open, and in which process?"""

import re
from pathlib import Path

from tests.site import Site
from tests.visitor import Reading

_ENTRY = re.compile(r"^\s*\d+: \w+:(\w{4}) \w+:(\w{4}) (?:\S+ ){6}(\d+)", re.MULTILINE)


class ServersEnd:
    """The socket that the server has for a reading, known by its number in the kernel's tables."""

    def __init__(self, site: Site, reading: Reading) -> None:
        self._site = site
        sock = reading.response.extensions["network_stream"].get_extra_info("socket")
        ours, theirs = sock.getsockname()[1], sock.getpeername()[1]
        self._number = _inode(local=theirs, remote=ours)

    @property
    def worker(self) -> int | None:
        """The process that has it open, if any has."""
        return next((pid for pid in self._site.server.worker_pids if self._number in _sockets(pid)), None)

    def is_closed(self) -> bool:
        return self.worker is None


def _inode(*, local: int, remote: int) -> str:
    table = re.sub(r" +", " ", Path("/proc/net/tcp").read_text())
    for found_local, found_remote, number in _ENTRY.findall(table):
        if (int(found_local, 16), int(found_remote, 16)) == (local, remote):
            return str(number)
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
