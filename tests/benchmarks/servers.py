"""The servers that are compared, and how each is started."""

import contextlib
import os
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.server import ROOT, environment, free_port, prepare
from tests.waiting import wait_until

BENCH = ROOT / ".venv" / "bench"
"""Where the peers and what makes them fast are installed: nothing of it is the site's, or the tests'."""
MOST_STREAMS = 1024


@dataclass(frozen=True)
class Server:
    """How one of them is started, and what people ask it for."""

    name: str
    command: Sequence[str]
    path: str
    field: str = "question"
    guests: bool = False
    """Whether it is the chat site: people load the page first, and the log is in a database."""
    settings: Mapping[str, str] | None = None


def _gunicorn(*arguments: str) -> Sequence[str]:
    return (sys.executable, "-m", "gunicorn", "--workers=1", "--bind=127.0.0.1:{port}", *arguments)


_GTHREAD = ("--worker-class=gthread", f"--threads={MOST_STREAMS + 64}", "--worker-connections=4096")
_GEVENT = ("--worker-class=gevent", "--worker-connections=4096")
_PROJECT = "tests.benchmarks.targets.project"
_SITE = ("-c", "chatsite/gunicorn_conf.py", "chatsite.wsgi")
_UVICORN = (
    *(
        sys.executable,
        "-m",
        "uvicorn",
        "--host=127.0.0.1",
        "--port={port}",
        "--loop=uvloop",
        "--http=httptools",
    ),
    *("--no-access-log", "--backlog=4096", "tests.benchmarks.targets.fastapi_app:app"),
)
_LIMITS = {
    "CHAT_ALLOW_GUESTS": "1",
    "CHAT_REPLIES_AT_ONCE": "100000",
    "LIMIT_GUEST_MESSAGES": "0",
    "LIMIT_GUEST_TOKENS": "0",
}

SERVERS = {
    server.name: server
    for server in (
        Server("fastapi", _UVICORN, "/answer/"),
        Server(
            "site-gevent", _gunicorn(*_GEVENT, *_SITE), "/messages/", "text", guests=True, settings=_LIMITS
        ),
        Server(
            "site-gthread", _gunicorn(*_GTHREAD, *_SITE), "/messages/", "text", guests=True, settings=_LIMITS
        ),
        Server("view-gevent", _gunicorn(*_GEVENT, _PROJECT), "/answer/"),
        Server("view-gthread", _gunicorn(*_GTHREAD, _PROJECT), "/answer/"),
        Server("recipe-gthread", _gunicorn(*_GTHREAD, _PROJECT), "/recipe/"),
        Server("loop-gthread", _gunicorn(*_GTHREAD, _PROJECT), "/loop/"),
        Server("floor", (sys.executable, "-m", "tests.benchmarks.targets.floor", "{port}"), "/answer/"),
    )
}


@dataclass(frozen=True)
class Running:
    """A server that answers."""

    url: str
    pid: int


@contextlib.contextmanager
def provider(*, rate: float, tokens: int) -> Iterator[str]:
    """The model's server, in a process of its own. Gives its address."""
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.provider",
        "--rate",
        str(rate),
        "--tokens",
        str(tokens),
    ]
    with subprocess.Popen(command, cwd=ROOT, env=fast(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        finally:
            process.kill()


@contextlib.contextmanager
def running(server: Server, *, provider_url: str) -> Iterator[Running]:
    """The server, until the context ends."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"PROVIDER": provider_url, **(server.settings or {})}
        if server.guests:
            settings |= {
                "OPENAI_BASE_URL": provider_url,
                "OPENAI_API_KEY": "benchmark",
                "CHAT_MODEL": "benchmark",
            }
            prepare(Path(folder), **settings)
        command = [part.format(port=port) for part in server.command]
        log = Path(folder) / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=fast() | environment(Path(folder), HOST="127.0.0.1", PORT=str(port), **settings),
                stdout=output,
                stderr=output,
            )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: _answers(url, process), timeout=180, message=f"{server.name} did not answer")
            yield Running(url, process.pid)
        except BaseException as error:
            error.add_note(f"{server.name} said:\n{log.read_text()[-4000:]}")
            raise
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def fast() -> dict[str, str]:
    """The environment of a process that may use what the peers are installed with."""
    return dict(os.environ) | {"PYTHONPATH": f"{ROOT}{os.pathsep}{BENCH}"}


def _answers(url: str, process: "subprocess.Popen[bytes]") -> bool:
    if process.poll() is not None:
        failure = f"it ended with {process.returncode}"
        raise AssertionError(failure)
    with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=5) as answer:
        return bool(answer.status == 200)
    return False
