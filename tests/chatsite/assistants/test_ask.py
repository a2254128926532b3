"""manage.py ask: a reply in the terminal, in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.server import ROOT, environment
from tests.site import settings_for
from tests.upstream import Failure, Reasoning, Reply, ScriptedUpstream


@contextmanager
def asking(
    upstream: ScriptedUpstream, data_dir: Path, *arguments: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """The command, with pipes for its input and output; killed if the test leaves it running."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "ask", *arguments],
        cwd=ROOT,
        env=environment(data_dir, **settings_for(upstream)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def ask(upstream: ScriptedUpstream, data_dir: Path, *arguments: str, given: str = "") -> tuple[int, str, str]:
    with asking(upstream, data_dir, *arguments) as process:
        out, err = process.communicate(given.encode(), timeout=60)
    return process.returncode, out.decode(), err.decode()


def test_the_reply_is_printed(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    upstream.enqueue(Reply("Very", " cool."))

    assert ask(upstream, tmp_path, "How cool are LLMs?") == (0, "Very cool.\n", "")
    assert upstream.requests[0].messages[-1]["content"] == "How cool are LLMs?"


def test_each_token_is_printed_as_it_comes(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("first", gate, "second"))

    with asking(upstream, tmp_path, "Hi") as process:
        assert process.stdout is not None
        assert process.stdout.read(5) == b"first"
        gate.open()
        assert process.stdout.read() == b"second\n"


def test_the_question_may_come_from_a_pipe(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    upstream.enqueue(Reply("ok"))

    ask(upstream, tmp_path, "-", given="From a pipe?")

    assert upstream.requests[0].messages[-1]["content"] == "From a pipe?"


def test_reasoning_is_shown_beside_the_reply_and_not_in_it(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.enqueue(Reply(Reasoning("Let me think."), "42"))

    assert ask(upstream, tmp_path, "Hi") == (0, "42\n", "Let me think.")


def test_ctrl_c_ends_it_and_the_providers_connection(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate))
    with asking(upstream, tmp_path, "Hi") as process:
        assert process.stdout is not None
        process.stdout.read(1)
        gate.wait_until_reached()

        os.kill(process.pid, signal.SIGINT)

        assert upstream.requests[0].peer_closed.wait(1)
        assert process.wait(10) == 130


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((" ",), "Ask something."),
        (("Hi", "--assistant=nobody"), "There is no assistant 'nobody'. There are: chat"),
        (("Hi", "--option=odd"), "Chat has no option 'odd'."),
    ],
)
def test_bad_input_is_told_and_nobody_is_asked(
    upstream: ScriptedUpstream, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    status, out, err = ask(upstream, tmp_path, *arguments)

    assert (status, out) == (1, "")
    assert message in err


def test_a_failure_is_told_after_what_came_before_it(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    upstream.enqueue(Failure(401))

    status, out, err = ask(upstream, tmp_path, "Hi")

    assert (status, out) == (1, "\n")
    assert "did not accept this site's key" in err
