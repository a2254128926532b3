"""Views that stream, in somebody's own project, under the servers that such a project has."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest

from tests.server import INHERITED, ROOT, free_port
from tests.streaming.upstream.test_cancellation import WITHIN
from tests.upstream import Cut, EndlessTokens, ErrorEvent, Reply, ScriptedUpstream
from tests.visitor import Reading
from tests.waiting import wait_until

GUNICORN = ["gunicorn", "--no-control-socket", "-b", "127.0.0.1:{port}"]
UVICORN = ["uvicorn", "--host", "127.0.0.1", "--port", "{port}"]
WSGI, ASGI = "tests.streaming.project:wsgi", "tests.streaming.project:asgi"
SERVERS = {
    "gthread": [*GUNICORN, "-k", "gthread", "--threads", "4", WSGI],
    "gevent": [*GUNICORN, "-k", "gevent", WSGI],
    "asgi": [*GUNICORN, "-k", "asgi", ASGI],
    "uvicorn": [*UVICORN, ASGI],
    "daphne": ["daphne", "-b", "127.0.0.1", "-p", "{port}", ASGI],
    "runserver": ["tests.streaming.project", "runserver", "--noreload", "127.0.0.1:{port}"],
}
PATHS = {
    "stream": "/answer/",
    "astream": "/async/answer/",
    "a generator": "/presented/",
    "an asynchronous generator": "/async/presented/",
}
VIEWS = {f"{server}, {name}": (server, path) for server in SERVERS for name, path in PATHS.items()}
pytestmark = pytest.mark.parametrize(
    ("server", "path"), VIEWS.values(), ids=VIEWS, indirect=["server"], scope="module"
)


class Served(NamedTuple):
    """A provider, and where a server answers from it."""

    upstream: ScriptedUpstream
    url: str

    @contextlib.contextmanager
    def asking(self) -> Iterator[Reading]:
        with (
            httpx.Client(trust_env=False, timeout=30) as client,
            client.stream("GET", self.url, params={"question": "Hi"}) as response,
        ):
            assert response.headers["Content-Type"] == "text/event-stream"
            yield Reading(response)


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Served]:
    """One server for all tests of its kind."""
    port = free_port()
    command = [sys.executable, "-m", *(word.format(port=port) for word in SERVERS[request.param])]
    with ScriptedUpstream() as upstream:
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        environment |= {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": "test-key"}
        with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) as process:
            try:
                wait_until(lambda: is_up(port), timeout=60, message=f"{request.param} did not answer")
                yield Served(upstream, f"http://127.0.0.1:{port}")
            finally:
                process.terminate()


@pytest.fixture
def served(server: Served, path: str) -> Iterator[Served]:
    """One of its views."""
    yield Served(server.upstream, server.url + path)
    server.upstream.new_round()


def is_up(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def test_each_token_arrives_when_it_was_written(served: Served) -> None:
    gate = served.upstream.gate()
    served.upstream.enqueue(Reply("Hel", gate, "lo"))

    with served.asking() as reading:
        assert reading.until("token").json == {"text": "Hel"}
        gate.open()
        assert reading.end["status"] == "done"
    assert reading.text == "Hello"


@pytest.mark.parametrize(
    ("ending", "code"),
    [(ErrorEvent("overloaded"), "upstream_error"), (Cut(), "upstream_incomplete")],
    ids=["error", "cut"],
)
def test_a_failure_in_the_middle_is_a_failed_end(served: Served, ending: Any, code: str) -> None:
    served.upstream.enqueue(Reply("Hel", ending))

    with served.asking() as reading:
        end = reading.end

    assert reading.text == "Hel"
    assert (end["status"], end["error"]["code"]) == ("failed", code)


@pytest.mark.parametrize("state", ["before the first", "silent", "flowing", "a token now and then"])
def test_a_reader_who_leaves_closes_the_providers_connection(
    served: Served, state: str, request: pytest.FixtureRequest
) -> None:
    if "runserver" in request.node.callspec.id:
        pytest.skip("runserver does not tell its socket: the second heartbeat finds it out")
    gate = served.upstream.gate()
    served.upstream.enqueue(
        {
            "before the first": Reply(headers_after=gate),
            "silent": Reply("Hel", gate),
            "flowing": Reply(EndlessTokens()),
            "a token now and then": Reply(EndlessTokens(every=0.9)),
        }[state]
    )

    with served.asking() as reading:
        reading.until("start" if state == "before the first" else "token")
        if state in {"before the first", "silent"}:
            gate.wait_until_reached()

    (asked,) = served.upstream.requests
    assert asked.peer_closed.wait(WITHIN)
