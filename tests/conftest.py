"""Fixtures for every test: a scripted provider, and the whole site under a real gunicorn."""

import contextlib
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import openai
import pytest
from django.conf import settings
from django.core.signals import request_finished
from django.db import close_old_connections, connections
from django.utils import translation
from pytest_django.plugin import DjangoDbBlocker

from chatsite.boot import use_wal
from chatsite.server.local_model import LocalModel
from tests.clients import Peer
from tests.server import copy_prepared, prepare
from tests.site import Site, SiteStarter, running_site
from tests.upstream import ScriptedUpstream


@pytest.fixture(scope="session", autouse=True)
def responses_leave_connections_alone() -> Iterator[None]:
    """A response that is closed in a test would look after the connection of a test before it, which
    pytest-django forbids to touch. Django's own test client does the same."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.fixture(autouse=True)
def no_language_is_left() -> Iterator[None]:
    """A request leaves its language to the thread, as under a server. The next test speaks English."""
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def no_connection_is_left(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> None:
    """A test without a database has no connection of an earlier test's either: streams look after the one
    that they find, which is forbidden here."""
    asked = {"db", "transactional_db"} & set(request.fixturenames)
    if not asked and request.node.get_closest_marker("django_db") is None:
        with django_db_blocker.unblock():
            connections.close_all()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, as everywhere else: one in memory cannot be used by several threads at once. Each
    worker's DATA_DIR is its own; on a server its database has the worker's name at its end."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] == "chatsite.config.sqlite":
        database["TEST"]["NAME"] = str(Path(settings.DATA_DIR) / "tests.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        use_wal()


@pytest.fixture
def upstream() -> Iterator[ScriptedUpstream]:
    """A scripted OpenAI-compatible server; fails at teardown if the script and the requests disagree."""
    with ScriptedUpstream() as server:
        yield server


@pytest.fixture
def peer(upstream: ScriptedUpstream) -> Iterator[Peer]:
    """A raw socket to `upstream`."""
    with Peer(upstream) as peer:
        yield peer


@pytest.fixture
def openai_client(upstream: ScriptedUpstream) -> Iterator[openai.OpenAI]:
    """OpenAI's own client of `upstream`, which does not retry."""
    with openai.OpenAI(base_url=upstream.url, api_key="test-key", max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def local_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalModel]:
    """The real model in the box, one for all tests that are marked `model`."""
    model = LocalModel(log=tmp_path_factory.mktemp("model") / "local-model.log")
    with one_core():
        model.start()
    yield model
    model.stop()


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """For a process that is started meanwhile. llama.cpp's threads wait for each other at every token, which
    takes seconds where something else wants one of their cores."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated DATA_DIR with static files, for servers to start from a copy of."""
    data_dir = tmp_path_factory.mktemp("prepared")
    prepare(data_dir)
    return data_dir


@pytest.fixture(scope="session")
def shared_site(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The one server of the session. Tests use `site`."""
    data_dir = copy_prepared(prepared, tmp_path_factory.mktemp("shared") / "data")
    with running_site(data_dir) as site:
        yield site


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """The site as `make run` has it, shared by the tests: people and replies are their own, data is not."""
    shared_site.server.mark_log()
    yield shared_site
    shared_site.new_round()


@pytest.fixture
def start_site(prepared: Path, tmp_path: Path) -> Iterator[SiteStarter]:
    """Starts sites of the test's own: `start_site(worker_class="gevent", workers=2, settings={...})`."""
    starter = SiteStarter(prepared, tmp_path)
    with contextlib.closing(starter):
        yield starter


def sites_of(item: pytest.Function) -> list[Site]:
    """The sites that a test was given, and those that it started."""
    given = item.funcargs.values()
    found = [value for value in given if isinstance(value, Site)]
    return list(dict.fromkeys(found + [site for value in given for site in getattr(value, "sites", ())]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what gunicorn said during a test that failed."""
    report = yield
    if report.failed:
        report.sections += [(f"gunicorn at {site.url}", site.server.log) for site in sites_of(item)]
    return report
