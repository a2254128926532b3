"""manage.py ask: a reply in the terminal, in a process of its own."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError, OutputWrapper

from chatsite.accounts.visitor import Visitor
from chatsite.assistants.screen import Screen
from chatsite.documents import uploads
from streaming.events import End, Output, Token, ToolEnd
from tests.server import ROOT, environment
from tests.site import settings_for
from tests.terminal import CTRL_C, Terminal
from tests.upstream import Cut, EndlessTokens, Failure, Reasoning, Reply, ScriptedUpstream, ToolCall

LIBRARIAN = '''
import threading

from langchain.agents import create_agent
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from chatsite.assistants.base import Assistant
from chatsite.assistants.chat_model import chat_model


class Shelf(BaseRetriever):
    def _get_relevant_documents(self, query, *, run_manager):
        return [Document("In October.", metadata={"title": "Tulips"}), Document("Roses need sun.")]


def look_up(query: str) -> str:
    """Looks something up."""
    return Shelf().invoke(query)[0].page_content


def wait() -> str:
    """Waits for ever."""
    threading.Event().wait()


assistant = Assistant(
    slug="librarian",
    name="Librarian",
    description="Looks things up.",
    build=lambda: create_agent(chat_model(), [look_up, wait]),
    input=lambda turn: {"messages": turn.messages},
    filters={"include_types": ["chat_model", "tool", "retriever"]},
)
'''


FAULTY = """
from langchain_core.runnables import RunnableLambda

from chatsite.assistants.base import Assistant


def break_down(messages):
    raise ValueError(messages)


assistant = Assistant(
    slug="faulty", name="Faulty", description="Breaks.", build=lambda: RunnableLambda(break_down)
)
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", "ask", *arguments]


@contextmanager
def asking(
    upstream: ScriptedUpstream, data_dir: Path, *arguments: str, **settings: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """The command, with pipes for its input and output; killed if the test leaves it running."""
    process = subprocess.Popen(
        command(*arguments),
        cwd=ROOT,
        env=environment(data_dir, **settings_for(upstream), **settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def ask(
    upstream: ScriptedUpstream, data_dir: Path, *arguments: str, given: str = "", **settings: str
) -> tuple[int, str, str]:
    with asking(upstream, data_dir, *arguments, **settings) as process:
        out, err = process.communicate(given.encode(), timeout=60)
    return process.returncode, out.decode(), err.decode()


def at_a_terminal(upstream: ScriptedUpstream, data_dir: Path, *arguments: str, **settings: str) -> Terminal:
    env = environment(data_dir, **settings_for(upstream), **settings)
    return Terminal(command(*arguments), cwd=ROOT, env=env)


def own(assistant: str, directory: Path) -> dict[str, str]:
    """The settings with which an assistant of that source is the only one."""
    (directory / "own_assistant.py").write_text(assistant)
    return {"PYTHONPATH": str(directory), "CHAT_ASSISTANTS": "own_assistant"}


def call(name: str, said: str = "", **arguments: Any) -> Reply:
    """A step in which the model says something, and calls a tool."""
    return Reply(*[said] * bool(said), ToolCall(name, (json.dumps(arguments),)), finish="tool_calls")


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


@pytest.mark.alone
def test_a_pipe_whose_reader_leaves_ends_it_and_the_providers_connection(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.enqueue(Reply(EndlessTokens("x ", every=0.01)))
    with asking(upstream, tmp_path, "Hi") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)

        process.stdout.close()

        assert upstream.requests[0].peer_closed.wait(1)
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


# What leads to the reply


def test_reasoning_is_shown_beside_the_reply_and_not_in_it(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.enqueue(Reply(Reasoning("Let me think."), "42"))

    assert ask(upstream, tmp_path, "Hi") == (0, "42\n", "Let me think.\n")


def test_an_agents_steps_are_shown_beside_its_reply(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    upstream.enqueue(
        call("calculator", expression="6 : 7"),
        call("calculator", "I mean:", expression="6 * 7"),
        Reply("It is", " 42."),
    )

    status, out, err = ask(upstream, tmp_path, "6 times 7?", "--assistant=agent")

    assert (status, out) == (0, "I mean:\nIt is 42.\n")
    assert err.splitlines() == [
        'calculator {"expression": "6 : 7"}',
        "calculator: That is not an arithmetic expression. Example: (2 + 3) * 4 ** 2",
        'calculator {"expression": "6 * 7"}',
        "calculator: 42",
    ]


def test_documents_are_named_beside_the_reply(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    upstream.enqueue(call("look_up", query="tulips"), Reply("In October", " [1]."))

    status, out, err = ask(upstream, tmp_path, "When?", **own(LIBRARIAN, tmp_path))

    assert (status, out) == (0, "In October [1].\n")
    assert err.splitlines() == [
        'look_up {"query": "tulips"}',
        "[1] Tulips",
        "[2] Roses need sun.",
        "look_up: In October.",
    ]


@pytest.mark.django_db(transaction=True)
def test_the_documents_asked_are_those_of_the_user_who_is_named_and_of_nobody_else(
    configured: ScriptedUpstream, capsys: pytest.CaptureFixture[str]
) -> None:
    ann, bob = (Visitor(user=User.objects.create_user(name)) for name in ("ann", "bob"))
    uploads.add("house.md", b"The spare key is under the mat.", visitor=ann)
    uploads.add("flat.md", b"The spare key is in the safe.", visitor=bob)
    configured.enqueue(Reply("Under the mat [1]."))

    call_command("ask", "Where is the spare key?", "--assistant=documents", "--user=ann")
    said = capsys.readouterr()
    call_command("ask", "Where is the spare key?", "--assistant=documents")

    assert said.out == "Under the mat [1].\n"
    assert said.err.splitlines() == ["[1] house.md, part 1"]
    assert "safe" not in configured.requests[0].messages[-1]["content"]
    assert capsys.readouterr().out.startswith("You have not uploaded any documents yet.")
    assert len(configured.requests) == 1


def test_a_user_is_not_known_where_there_are_no_tables(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    status, out, err = ask(upstream, tmp_path, "Hi", "--user=ann")

    assert (status, out) == (1, "")
    assert "The database cannot be used: no such table" in err
    assert "Traceback" not in err


def test_the_log_is_quiet_for_the_reply_alone(
    configured: ScriptedUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    configured.enqueue(Failure(400))

    with pytest.raises(CommandError):
        call_command("ask", "Hi")
    assert caplog.messages == []
    logging.getLogger("streaming").warning("Redis cannot be used")

    assert caplog.messages == ["Redis cannot be used"]


def test_a_form_is_printed_as_the_model_writes_it(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    fields = ("name", "organisation", "email", "phone", "address")
    form = json.dumps(dict.fromkeys(fields, "x"))
    upstream.enqueue(Reply(form[:20], form[20:]))

    asked = ask(upstream, tmp_path, "Anna", "--assistant=structured", "--option=contact")

    assert asked == (0, f"{form}\n", "")
    assert "a form, Contact" in upstream.requests[0].messages[0]["content"]


def test_a_value_is_printed_where_no_text_is(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(OutputWrapper(sys.stdout), OutputWrapper(sys.stderr), bold=str)

    screen.show(Output([{"op": "add", "path": "", "value": {"name": "An"}}]))
    screen.show(Output([{"op": "replace", "path": "/name", "value": "Anna"}]))
    screen.show(End("done"))

    assert capsys.readouterr() == ('{"name": "Anna"}\n', "")


def test_on_a_terminal_steps_and_reply_have_lines_of_their_own(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    thought = (Reasoning("Let me"), Reasoning(" see."))
    called = ToolCall("calculator", ('{"expression": "6 * 7"}',))
    upstream.enqueue(Reply(*thought, "I mean:", called, finish="tool_calls"), Reply("It is", " 42."))

    with at_a_terminal(upstream, tmp_path, "6 times 7?", "--assistant=agent") as terminal:
        assert terminal.status(timeout=60) == 0

    assert terminal.shown.splitlines() == [
        "Let me see.",
        "I mean:",
        'calculator {"expression": "6 * 7"}',
        "calculator: 42",
        "It is 42.",
    ]
    assert b"\x1b[1mcalculator: 42" in terminal.raw
    assert b"\x1b[1mIt is" not in terminal.raw


def test_nothing_that_comes_can_command_a_terminal() -> None:
    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    out, err = Tty(), Tty()
    screen = Screen(OutputWrapper(out), OutputWrapper(err), bold=str)

    screen.show(Token("\x1b[2Ja\r\n\tb\x9b"))
    screen.show(ToolEnd("1", "tool", output="\x1b]52;c;eA==\x07"))

    assert out.getvalue() == "\ufffd[2Ja\n\tb\ufffd\n"
    assert err.getvalue() == "tool: \ufffd]52;c;eA==\ufffd\n"


# Its end


def test_a_failure_before_any_token_prints_nothing_else(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    upstream.enqueue(Failure(401))

    told = "CommandError: The model's server did not accept this site's key.\n"
    assert ask(upstream, tmp_path, "Hi") == (1, "", told)


def test_a_fault_of_an_assistants_own_is_told_and_its_place_is_logged(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    status, out, err = ask(upstream, tmp_path, "Hi", **own(FAULTY, tmp_path))

    log, told = err.splitlines()
    assert (status, out) == (1, "")
    assert "ValueError" in log
    assert "in break_down" in log
    assert "HumanMessage" not in log
    assert told == "CommandError: Something went wrong on this site."


@pytest.mark.parametrize(
    ("assistant", "replies", "printed", "told"),
    [
        ("agent", [call("clock", "Well:"), Reply("It", Cut())], "Well:\nIt", "The reply broke off"),
        ("structured", [Reply("I would rather", " not.")], "I would rather not.", "did not fill in the form"),
    ],
    ids=["agent", "structured"],
)
def test_what_came_before_a_failure_stands(
    upstream: ScriptedUpstream, tmp_path: Path, assistant: str, replies: list[Reply], printed: str, told: str
) -> None:
    upstream.enqueue(*replies)

    status, out, err = ask(upstream, tmp_path, "Hi", f"--assistant={assistant}")

    assert (status, out) == (1, f"{printed}\n")
    assert told in err.splitlines()[-1]


def test_a_failure_is_told_after_what_came_before_it(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Very", " co", gate, Cut()))

    with at_a_terminal(upstream, tmp_path, "Hi") as terminal:
        terminal.wait_for("Very co")
        gate.open()
        assert terminal.status(timeout=60) == 1

    assert terminal.shown.splitlines() == [
        "Very co",
        "CommandError: The reply broke off before the model had finished it.",
    ]


def interrupt(terminal: Terminal, upstream: ScriptedUpstream) -> None:
    """Ctrl-C, and what it does: the provider's connection closes, and the command ends."""
    terminal.press(CTRL_C)

    assert upstream.requests[-1].peer_closed.wait(1)
    assert terminal.status(timeout=10) == 130
    assert "Traceback" not in terminal.shown
    assert terminal.shown.endswith("\n")


@pytest.mark.alone
def test_ctrl_c_ends_what_has_not_begun_to_answer(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("a", headers_after=gate))

    with at_a_terminal(upstream, tmp_path, "Hi") as terminal:
        gate.wait_until_reached(timeout=60)
        interrupt(terminal, upstream)


@pytest.mark.alone
@pytest.mark.parametrize("silent", [True, False], ids=["silent", "flowing"])
def test_ctrl_c_ends_a_reply(upstream: ScriptedUpstream, tmp_path: Path, *, silent: bool) -> None:
    upstream.enqueue(Reply("Very", upstream.gate() if silent else EndlessTokens(" very", every=0.01)))

    with at_a_terminal(upstream, tmp_path, "Hi") as terminal:
        terminal.wait_for("Very")
        interrupt(terminal, upstream)


@pytest.mark.alone
def test_ctrl_c_ends_an_agents_reply(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    upstream.enqueue(call("clock"), Reply("It is", EndlessTokens(" late", every=0.01)))

    with at_a_terminal(upstream, tmp_path, "Late?", "--assistant=agent") as terminal:
        terminal.wait_for("It is late")
        interrupt(terminal, upstream)

    assert len(upstream.requests) == 2


@pytest.mark.alone
def test_ctrl_c_does_not_wait_for_a_tool(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    upstream.enqueue(call("wait"))

    with at_a_terminal(upstream, tmp_path, "Wait", **own(LIBRARIAN, tmp_path)) as terminal:
        terminal.wait_for("wait {}\n")
        interrupt(terminal, upstream)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([" "], "Ask something."),
        (["Hi", "--assistant=nobody"], "There is no assistant 'nobody'. There are: chat"),
        (["Hi", "--option=odd"], "Chat has no option 'odd'."),
        (["Hi", "--user=ann"], "There is no user 'ann'."),
    ],
)
@pytest.mark.django_db
def test_bad_input_is_told_and_nobody_is_asked(
    configured: ScriptedUpstream, arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("ask", *arguments)

    assert configured.requests == []
