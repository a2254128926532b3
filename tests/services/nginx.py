"""An nginx of a test's own."""

import contextlib
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.services.daemon import Daemon, folder
from tests.services.programs import give_to_service_user, require

MAIN = """\
daemon off;
worker_processes 2;
pid nginx.pid;
error_log stderr notice;
events {}
http {
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include site.conf;
}
"""
"""What an installation's own nginx.conf is to the site's file: paths, and nothing of how it is served."""


class Nginx(Daemon):
    """One nginx, which serves what `site` (a file for the http block) says.

    `files` are written beside it, for it to include: names and contents.
    """

    def __init__(self, site: str, *, port: int, folder: Path, files: Mapping[str, str]) -> None:
        (program,) = require("nginx", package="nginx")
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.access_log = folder / "access.log"
        for name, text in {"nginx.conf": MAIN, "site.conf": site, **files}.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        for name in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
            (folder / name).mkdir()
        for path in [folder, *folder.rglob("*")]:
            give_to_service_user(path)
        command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
        super().__init__(command, folder=folder)

    def answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False


@contextlib.contextmanager
def running(site: str, *, port: int, files: Mapping[str, str]) -> Iterator[Nginx]:
    """An nginx with that configuration, until the end of the context. `port` is where it says it listens."""
    with folder("nginx") as place:
        server = Nginx(site, port=port, folder=place, files=files)
        server.start()
        try:
            yield server
        finally:
            server.stop()
