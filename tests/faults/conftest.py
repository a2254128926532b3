"""A site of each kind for the faults, and the promises, which are checked after every test that has them."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.faults.checker import check, check_others
from tests.faults.ledger import Ledger
from tests.faults.store import SQLite
from tests.server import copy_prepared
from tests.services import disk
from tests.services.disk import SmallDisk
from tests.site import Site, running_site

KINDS = ["gthread-1", "gthread-2", "gevent-1", "gevent-2"]
"""Workers and how many of them."""
TWO_KINDS = ["gthread-2", "gevent-1"]
"""Where it makes little difference, for the time that it takes."""
SETTINGS = {
    # One person may ask for as much as a test likes; what bounds people has tests of its own.
    "CHAT_REPLIES_AT_ONCE": "1000",
    "CHAT_ASSISTANTS": "chatsite.assistants.chat tests.browser.asking_agent tests.faults.branches",
}
GRACE = 6
"""Seconds that a worker has to leave: replies may take half of them."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Keep the tests at a site of one kind together: then only one worker has to start it."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and callspec.params.get("site") in KINDS:
            item.add_marker(pytest.mark.xdist_group(callspec.params["site"]))


def options_of(kind: str) -> tuple[str, int]:
    worker_class, _, workers = kind.partition("-")
    return worker_class, int(workers)


@pytest.fixture(scope="session")
def site_of_kind(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Site]]:
    """One site of each kind for the session, started when it is first wanted."""
    running: dict[str, Site] = {}
    with contextlib.ExitStack() as stack:

        def get(kind: str) -> Site:
            if kind not in running:
                worker_class, workers = options_of(kind)
                data_dir = copy_prepared(prepared, tmp_path_factory.mktemp(kind) / "data")
                started = running_site(
                    data_dir,
                    worker_class=worker_class,
                    workers=workers,
                    settings=SETTINGS,
                    arguments=[f"--graceful-timeout={GRACE}"],
                )
                running[kind] = stack.enter_context(started)
            return running[kind]

        yield get


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, site_of_kind: Callable[[str], Site]) -> Iterator[Site]:
    """A site of every kind in turn. It may lose workers, and has to be up when the test ends."""
    found = site_of_kind(request.param)
    found.server.mark_log()
    yield found
    found.new_round()


@pytest.fixture
def small_disk() -> Iterator[SmallDisk]:
    """One that the test can fill; skipped where none may be mounted."""
    with disk.small(megabytes=16) as mounted:
        yield mounted


@pytest.fixture
def ledger(site: Site) -> Iterator[Ledger]:
    """What the test sends and sees. After the test all the promises are checked."""
    ledger = Ledger(site.upstream)
    yield ledger
    check_others(ledger, site)
    check(ledger, SQLite(site.data_dir))
