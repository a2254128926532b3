"""The hooks for a plain gunicorn: a worker that is told to end interrupts the runs that do not end."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.server import INHERITED, ROOT, free_port
from tests.streaming.response.test_servers import is_up
from tests.upstream import Reply, ScriptedUpstream
from tests.waiting import wait_until


@pytest.mark.parametrize("worker", ["gthread", "gevent"])
def test_a_worker_that_is_told_to_end_interrupts_what_goes_on(
    worker: str, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    port, database = free_port(), tmp_path / "runs.sqlite3"
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    environment |= {"OPENAI_BASE_URL": upstream.url, "OPENAI_API_KEY": "test", "DATABASE": str(database)}
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", f"127.0.0.1:{port}"]
    command += ["-c", "python:streaming.gunicorn", "-k", worker, "--graceful-timeout", "4"]

    with subprocess.Popen(
        [*command, "tests.streaming.durable_project:wsgi"], cwd=ROOT, env=environment
    ) as process:
        try:
            wait_until(lambda: is_up(port), timeout=60)
            httpx.get(f"http://127.0.0.1:{port}/ask/", trust_env=False, timeout=60).raise_for_status()
            gate.wait_until_reached()
        finally:
            process.send_signal(signal.SIGTERM)

    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT status FROM streaming_run").fetchall() == [("interrupted",)]
        assert connection.execute("SELECT count(*) FROM streaming_process").fetchall() == [(0,)]


def test_the_worker_that_cannot_stream_is_warned_of(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "log"
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    environment |= {"DATABASE": str(tmp_path / "runs.sqlite3")}
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-b", f"127.0.0.1:{port}"]
    command += ["-c", "python:streaming.gunicorn", "-k", "sync", "--log-file", str(log)]

    with subprocess.Popen(
        [*command, "tests.streaming.durable_project:wsgi"], cwd=ROOT, env=environment
    ) as process:
        try:
            wait_until(lambda: log.exists() and "The sync worker" in log.read_text(), timeout=60)
        finally:
            process.terminate()
