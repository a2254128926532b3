"""An asynchronous view over `astream()`, under real servers: gunicorn's ASGI worker, and uvicorn."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.server import INHERITED, ROOT, free_port
from tests.upstream import Reply, ScriptedUpstream
from tests.visitor import Reading
from tests.waiting import wait_until

APPLICATION = "tests.streaming.async_project:application"
COMMANDS = {
    "gunicorn": ["gunicorn", "-k", "asgi", "--no-control-socket", "-b", "127.0.0.1:{port}", APPLICATION],
    "uvicorn": ["uvicorn", "--host", "127.0.0.1", "--port", "{port}", APPLICATION],
}


@pytest.fixture(scope="module", params=COMMANDS)
def provider_and_url(request: pytest.FixtureRequest) -> Iterator[tuple[ScriptedUpstream, str]]:
    """A provider, and where a server with the view answers from it."""
    port = free_port()
    command = [sys.executable, "-m", *(word.format(port=port) for word in COMMANDS[request.param])]
    with ScriptedUpstream() as upstream:
        environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
        environment |= {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": "test-key"}
        with subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True) as server:
            try:
                wait_until(lambda: is_up(port), timeout=60, message=f"{request.param} did not answer")
                yield upstream, f"http://127.0.0.1:{port}/answer/?question=Hi"
            finally:
                server.terminate()


def is_up(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


@contextlib.contextmanager
def asking(url: str) -> Iterator[Reading]:
    with httpx.Client(trust_env=False, timeout=10) as client, client.stream("GET", url) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        yield Reading(response)


def test_each_token_arrives_when_it_was_written(provider_and_url: tuple[ScriptedUpstream, str]) -> None:
    upstream, url = provider_and_url
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo"))

    with asking(url) as reading:
        assert reading.until("token").json == {"text": "Hel"}
        gate.open()
        assert reading.end["status"] == "done"
    assert reading.text == "Hello"


@pytest.mark.parametrize("written", [["Hel"], []], ids=["after a token", "before the first"])
def test_a_reader_who_leaves_closes_the_providers_connection(
    provider_and_url: tuple[ScriptedUpstream, str], written: list[str]
) -> None:
    upstream, url = provider_and_url
    gate = upstream.gate()
    upstream.enqueue(Reply(*written, gate) if written else Reply(headers_after=gate))

    with asking(url) as reading:
        reading.until("token" if written else "start")
        gate.wait_until_reached()

    assert upstream.requests[-1].peer_closed.wait(1)
