"""The whole site for a test: a scripted provider, gunicorn in front of it, and visitors."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from tests.server import GunicornServer, copy_prepared
from tests.upstream import ScriptedUpstream
from tests.visitor import Visitor


class Options(TypedDict, total=False):
    """How gunicorn runs, as `GunicornServer` takes it; `settings` are added to, and win over, the usual."""

    settings: Mapping[str, str]
    worker_class: str
    workers: int
    threads: int
    arguments: Sequence[str]


class Site:
    """A running site: `url`, its `server` and its `upstream`. `url` may be that of a proxy in front of it."""

    def __init__(self, server: GunicornServer, upstream: ScriptedUpstream, *, url: str | None = None) -> None:
        self.server = server
        self.upstream = upstream
        self.url = url or server.url
        self._visitors = contextlib.ExitStack()

    @property
    def data_dir(self) -> Path:
        """Where the site has its data."""
        return self.server.log_file.parent

    def visitor(self, *, receive_buffer: int | None = None) -> Visitor:
        """A new person, unknown to the site; their connections are closed at the end of the test."""
        return self._visitors.enter_context(Visitor(self.url, receive_buffer=receive_buffer))

    def new_round(self) -> None:
        """End what the test has left running; fail if it left replies that nobody asked for."""
        self._visitors.close()
        self.upstream.new_round()


def settings_for(upstream: ScriptedUpstream) -> dict[str, str]:
    """The environment in which the scripted provider answers, and guests are let in."""
    return {
        "OPENAI_BASE_URL": upstream.url,
        "OPENAI_API_KEY": "test-key",
        "CHAT_MODEL": upstream.model,
        "CHAT_ALLOW_GUESTS": "1",
    }


@contextlib.contextmanager
def running_site(data_dir: Path, **options: Unpack[Options]) -> Iterator[Site]:
    """A site with a scripted provider of its own, in a prepared `data_dir`. Guests are let in."""
    with ScriptedUpstream() as upstream:
        options["settings"] = settings_for(upstream) | dict(options.get("settings", {}))
        with GunicornServer(data_dir=data_dir, **options) as server:
            site = Site(server, upstream)
            yield site
            # Before gunicorn is asked to end: it would wait for replies that are held at a gate.
            site.new_round()


class SiteStarter:
    """Starts sites, each with its own provider, data and options; leaving the context ends them all."""

    def __init__(self, prepared: Path, directory: Path) -> None:
        self.sites: list[Site] = []
        self._prepared = prepared
        self._directory = directory
        self._running = contextlib.ExitStack()

    def __call__(self, **options: Unpack[Options]) -> Site:
        data_dir = copy_prepared(self._prepared, self._directory / f"site-{len(self.sites) + 1}")
        site = self._running.enter_context(running_site(data_dir, **options))
        self.sites.append(site)
        return site

    def close(self) -> None:
        self._running.close()
