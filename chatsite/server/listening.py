"""The addresses that the server listens on: read, refused in words if they are taken, and shown to people."""

import errno
import ipaddress
import os
import socket
from collections.abc import Iterable

from chatsite.config import env
from chatsite.config.terminal import say as _

Address = tuple[str, int] | str | int
"""What gunicorn makes of `bind`: host and port, the path of a Unix socket, or an inherited descriptor."""


class CannotListenError(Exception):
    """An address cannot be had. The message says why, and what to do."""


def host() -> str:
    """Read HOST, the name or address to listen on."""
    return env.text(
        "HOST", "127.0.0.1", pattern=r"[\w.:\[\]-]+", expected=_("a name or an address, without a port")
    )


def require_free(addresses: Iterable[Address]) -> None:
    """Raise CannotListenError if one is taken or not ours. gunicorn itself would try for five seconds."""
    if os.environ.get("GUNICORN_FD") or os.environ.get("LISTEN_FDS"):
        return  # sockets that an earlier master, or systemd, has opened already
    for address in addresses:
        if isinstance(address, tuple):
            _try(*address)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on `host`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _try(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            probe.listen(1)
    except OSError as error:
        raise CannotListenError(_explain(host, port, error)) from None


def _explain(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        told = _("port {port} on {host} is taken by another program. Stop that one, or set PORT to another.")
        return told.format(port=port, host=host)
    if error.errno == errno.EACCES:
        told = _("port {port} needs rights that this user does not have. Choose one above 1023: PORT=8000")
        return told.format(port=port)
    told = _("HOST is {host!r}, which is not an address of this machine ({why}).")
    return told.format(host=host, why=error.strerror)


def link(sock: socket.socket) -> str:
    """The address at which a browser on this machine reaches the server that listens on `sock`."""
    name = sock.getsockname()
    if not isinstance(name, tuple):
        return f"unix:{name}"
    host = str(name[0])
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://{f'[{host}]' if ':' in host else host}:{name[1]}/"
