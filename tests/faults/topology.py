"""The site on several machines, as compose.yaml has it, from this machine's own packages: nginx, replicas
with a data directory each, one PostgreSQL, one Redis. No request is bound to a replica.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack

from tests.server import ROOT, GunicornServer, copy_prepared, free_port, prepare
from tests.services import nginx, postgresql, redis
from tests.services.nginx import Nginx
from tests.services.postgresql import PostgreSQL
from tests.services.redis import RedisServer
from tests.site import Options, Site, settings_for
from tests.upstream import ScriptedUpstream
from tests.visitor import Visitor

SECRET_KEY = "the-replicas-share-one-key-or-sessions-would-end-at-the-next-request"
REPLICAS = ("web-1", "web-2")
"""Their names in compose.yaml."""


@dataclass
class Topology:
    """All of it, running."""

    replicas: list[Site]
    """Each with its `server`; any of them may be killed, and started again."""
    nginx: Nginx
    postgresql: PostgreSQL
    redis: RedisServer
    upstream: ScriptedUpstream
    front: Site
    """What people see: the replicas through nginx."""

    @property
    def sites(self) -> list[Site]:
        """For reports: whose log is worth showing."""
        return self.replicas

    def new_round(self) -> None:
        """End what a test has left running."""
        for site in [*self.replicas, self.front]:
            site.new_round()


def at(site: Site, person: Visitor) -> Visitor:
    """The same person at another door: the cookies are theirs, and go with them."""
    other = site.visitor()
    other.http.cookies.update(person.http.cookies)
    return other


@contextlib.contextmanager
def running(
    directory: Path, *, database: Mapping[str, object] | None = None, **options: Unpack[Options]
) -> Iterator[Topology]:
    """Everything in `directory`, until the end of the context. `database` are settings of PostgreSQL's, such
    as max_connections; `options` are the replicas'."""
    with contextlib.ExitStack() as stack:
        upstream = stack.enter_context(ScriptedUpstream())
        stores = stack.enter_context(postgresql.server(**(database or {})))
        wakeups = stack.enter_context(redis.running(append_only=True))
        settings = settings_for(upstream) | {
            "DATABASE_URL": stores.url,
            "REDIS_URL": wakeups.url,
            "SECRET_KEY": SECRET_KEY,
        }
        options["settings"] = settings | dict(options.get("settings", {}))
        prepared = directory / "prepared"
        prepare(prepared, **options["settings"])
        replicas = [
            Site(
                stack.enter_context(
                    GunicornServer(data_dir=copy_prepared(prepared, directory / name), **options)
                ),
                upstream,
            )
            for name in REPLICAS
        ]
        proxy = stack.enter_context(nginx_for([replica.server for replica in replicas]))
        found = Topology(
            replicas=replicas,
            nginx=proxy,
            postgresql=stores,
            redis=wakeups,
            upstream=upstream,
            front=Site(replicas[0].server, upstream, url=proxy.url),
        )
        yield found
        found.new_round()


@contextlib.contextmanager
def nginx_for(replicas: list[GunicornServer]) -> Iterator[Nginx]:
    """nginx with the very configuration that compose.yaml mounts, but for the addresses."""
    place, port = ROOT / "deploy/nginx", free_port()
    addresses = (place / "chat/replicas.conf").read_text()
    for name, replica in zip(REPLICAS, replicas, strict=True):
        addresses = addresses.replace(f"{name}:8000", f"127.0.0.1:{replica.port}")
    files = {"chat/replicas.conf": addresses, "chat/listen.conf": f"listen 127.0.0.1:{port};\n"}
    with nginx.running((place / "chat.conf").read_text(), port=port, files=files) as server:
        yield server
