"""What the log says of a failed run with Django's DEBUG, and without."""

from collections.abc import Callable
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import tool
from pytest_django import Settings

from streaming import stream
from tests.streaming.models import chat_model
from tests.upstream import Failure, Reply, ScriptedUpstream, ToolCall


def lookup(given: dict[str, str]) -> str:
    return {"a": "b"}[given["user"]]


@tool
def fails() -> str:
    """Raise what nobody expects."""
    raise ValueError("own-fault")


def agent(upstream: ScriptedUpstream) -> Runnable[Any, Any]:
    upstream.enqueue(Reply(ToolCall("fails", ("{}",)), finish="tool_calls"))
    return create_agent(chat_model(upstream), [fails])


OWN: list[tuple[Callable[[ScriptedUpstream], Any], dict[str, Any], str, str]] = [
    (lambda _: RunnableLambda(lookup), {"user": "own-fault"}, "KeyError: 'own-fault'", "in lookup"),
    (agent, {"messages": [("user", "Go.")]}, "ValueError: own-fault", "in fails"),
    (
        lambda upstream: ChatPromptTemplate.from_template("{question}") | chat_model(upstream),
        {"qestion": "prompt-canary"},
        "missing variables {'question'}",
        "in _validate_input",
    ),
]


@pytest.mark.parametrize(("runnable", "given", "message", "place"), OWN, ids=["function", "tool", "prompt"])
@pytest.mark.parametrize("debug", [True, False])
def test_debug_logs_the_message_of_the_sites_own_code(
    upstream: ScriptedUpstream,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    runnable: Callable[[ScriptedUpstream], Any],
    given: dict[str, Any],
    message: str,
    place: str,
    debug: bool,
) -> None:
    settings.DEBUG = debug

    list(stream(runnable(upstream), given))

    assert place in caplog.text
    assert (message in caplog.text) is debug
    assert "prompt-canary" not in caplog.text


def rethrows(upstream: ScriptedUpstream) -> Runnable[Any, Any]:
    """A function that quotes what its model's server said."""

    def ask(question: str) -> None:
        try:
            chat_model(upstream, max_retries=0).invoke(question)
        except Exception as exc:
            raise ValueError(f"failed: {exc}") from exc

    return RunnableLambda(ask)


@pytest.mark.parametrize("runnable", [lambda upstream: chat_model(upstream, max_retries=0), rethrows])
def test_debug_logs_nothing_that_a_provider_wrote(
    upstream: ScriptedUpstream,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    runnable: Callable[[ScriptedUpstream], Any],
) -> None:
    settings.DEBUG = True
    upstream.enqueue(Failure(400, "provider-canary"))

    list(stream(runnable(upstream), "prompt-canary"))

    assert "failed" in caplog.text
    assert "canary" not in caplog.text
