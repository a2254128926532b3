"""The README's lines, as printed: an assistant in a throw-away Django project."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import httpx
import pytest

from chatsite.assistants.base import Assistant, Turn
from tests.server import ROOT, environment, free_port
from tests.site import settings_for
from tests.upstream import Reply, ScriptedUpstream
from tests.visitor import Visitor
from tests.waiting import wait_until

README = (ROOT / "README.md").read_text().partition("## An assistant of your own\n")[2].partition("\n## ")[0]
PAGE = (ROOT / "docs/recipes/own-assistant.md").read_text()
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def printed(language: str) -> list[str]:
    return [body for found, body in FENCE.findall(README) if found == language]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the files that the README prints, and nothing else."""
    for body in printed("python"):
        name = body.partition("\n")[0].removeprefix("# ")
        (tmp_path / name).write_text(body)
    return tmp_path


@contextlib.contextmanager
def served(project: Path, upstream: ScriptedUpstream) -> Iterator[str]:
    """The project, served by the commands that the README prints; gives its address."""
    (commands,) = printed("bash")
    port = free_port()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    env = environment(project, **settings_for(upstream)) | {"PATH": path, "PORT": str(port)}
    script = commands.replace("/path/to/streaming-chat", str(ROOT))
    log = project / "log"
    with log.open("wb") as output:
        shell = subprocess.Popen(
            ["bash", "-euc", script],
            cwd=project,
            env=env,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: is_up(url, shell, log), timeout=90, message="it does not answer /healthz")
        yield url
    finally:
        end(shell)


def is_up(url: str, shell: subprocess.Popen[bytes], log: Path) -> bool:
    assert shell.poll() is None, log.read_text()
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    return False


def end(shell: subprocess.Popen[bytes]) -> None:
    """End the shell and what it has started: a session of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(shell.pid, signal.SIGTERM)
    try:
        shell.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()


def test_the_printed_lines_are_a_site_with_that_assistant(project: Path, upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Arr", gate, ", cheese."))

    with served(project, upstream) as url, Visitor(url) as visitor:
        with visitor.send("I like cheese.") as reading:
            assert reading.until("token").json["text"] == "Arr"
            gate.open()
            assert reading.end["status"] == "done"
        assert "Arr, cheese." in visitor.get(f"/c/{reading.start['conversation']}/").text

    assert [message["content"] for message in upstream.requests[0].messages] == [
        "Say it as a pirate would.",
        "I like cheese.",
    ]
    assert (project / "var/db.sqlite3").is_file()


def test_the_recipe_has_the_same_lines() -> None:
    assert FENCE.findall(PAGE) == FENCE.findall(README)


def test_the_assistant_is_a_dozen_lines() -> None:
    (source,) = [body for body in printed("python") if "Assistant(" in body]
    lines = [line for line in source.splitlines() if line and not line.startswith("#")]
    assert len(lines) <= 12


def test_every_field_of_an_assistant_is_in_the_table() -> None:
    table = PAGE.partition("## What an assistant has")[2]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [field.name for field in fields(Assistant)]
    for field in fields(Turn):
        assert f"`{field.name}`" in table
