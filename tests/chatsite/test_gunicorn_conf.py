"""How the server starts, refuses to start, and ends. A real gunicorn every time."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import ROOT, GunicornServer, copy_prepared, environment, free_port

OTHER_MODEL = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}  # so that no local model is started


@pytest.fixture
def data_dir(prepared: Path, tmp_path: Path) -> Path:
    return copy_prepared(prepared, tmp_path / "data")


def refused(data_dir: Path, **settings: str) -> str:
    """What gunicorn says when it does not start."""
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "chatsite/gunicorn_conf.py"],
        cwd=ROOT,
        env=environment(data_dir, **({"PORT": str(free_port())} | OTHER_MODEL | settings)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("Cannot start: ")
    return done.stderr


def test_a_port_that_is_taken_is_refused(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert f"port {port} on 127.0.0.1 is taken" in refused(data_dir, PORT=str(port))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PORT": "http"}, "PORT is 'http': expected a whole number from 0 to 65535."),
        ({"HOST": "192.0.2.1"}, "HOST is '192.0.2.1', which is not an address of this machine"),
        ({"STREAM_IDLE_TIMEOUT": "never"}, "STREAM_IDLE_TIMEOUT is 'never': expected a number of seconds"),
        (
            {"STREAM_TOTAL_TIMEOUT": "20"},
            "STREAM_FIRST_TOKEN_TIMEOUT (60 s) is longer than STREAM_TOTAL_TIMEOUT",
        ),
        ({"DEBUG": "1", "HOST": "0.0.0.0"}, "DEBUG is on, and on '0.0.0.0' anybody"),  # noqa: S104
        ({"DEBUG": "1", "GUNICORN_CMD_ARGS": "--bind 0.0.0.0:0"}, "DEBUG is on, and on '0.0.0.0' anybody"),
        ({"DEBUG": "1", "GUNICORN_CMD_ARGS": "--bind :0"}, "DEBUG is on, and on '0.0.0.0' anybody"),
        ({"GUNICORN_CMD_ARGS": "-k sync --threads 1"}, "sync worker kills a reply while the model is silent"),
        ({"GUNICORN_CMD_ARGS": "--threads 2"}, "2 threads leave no room for a stream"),
        ({"DATABASE_URL": "postgres://me:canary@127.0.0.1:9/chat"}, "Connection refused"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_cannot_work_is_refused_in_a_sentence(
    data_dir: Path, settings: dict[str, str], said: str
) -> None:
    output = refused(data_dir, **settings)
    assert said in output
    assert "canary" not in output


def test_a_database_that_was_not_migrated_is_refused(tmp_path: Path) -> None:
    assert "run `python manage.py migrate`" in refused(tmp_path)


@pytest.fixture(params=["gthread", "gevent"])
def server(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[GunicornServer]:
    with GunicornServer(data_dir=data_dir, settings=OTHER_MODEL, worker_class=request.param) as running:
        yield running


def test_it_says_where_it_is_and_which_model_answers(server: GunicornServer) -> None:
    assert f"{server.url}/" in server.log
    assert "at http://127.0.0.1:9/v1" in server.log


@pytest.mark.alone
def test_ctrl_c_ends_it_at_once(server: GunicornServer) -> None:
    start = time.monotonic()
    os.killpg(server.pid, signal.SIGINT)
    assert server.process.wait(60) == 0
    # Two seconds are promised, and its workers may take all of them; the rest is for a busy machine.
    assert time.monotonic() - start < 5
    assert "Traceback" not in server.log


def test_nothing_is_written_outside_the_data_directory(data_dir: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    settings = OTHER_MODEL | {"HOME": str(home), "XDG_RUNTIME_DIR": str(home), "TMPDIR": str(home)}
    with GunicornServer(data_dir=data_dir, settings=settings) as running:
        assert running.worker_pids
    assert list(home.rglob("*")) == []
