"""Calls of tools that a stop has cut off have a result in every later turn, or are not sent."""

import threading
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver

from streaming.events import ToolEnd, ToolStart
from streaming.upstream.cut_off_calls import CANCELLED, answered
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import reasoning_model
from tests.streaming.reading import end_of, text_of, until
from tests.streaming.upstream.test_cancellation import join_all
from tests.upstream import Failure, Reply, Request, ScriptedUpstream, ToolCall

QUICK, SLOW = ToolCall("quick", ("{}",), id="q"), ToolCall("slow", ("{}",), id="s", index=1)
HALF = ToolCall("slow", ('{"a": "b',))


@pytest.fixture
def tools() -> Iterator[list[Any]]:
    """One that answers at once, and one that waits until the test is over."""
    released = threading.Event()

    @tool
    def quick() -> str:
        """Answer at once."""
        return "quick"

    @tool
    def slow() -> str:
        """Take long."""
        released.wait(30)
        return "slow"

    yield [quick, slow]
    released.set()
    join_all()


def strict(request: Request) -> Failure | None:
    """A server that refuses calls without results, as all do."""
    owed: set[str] = set()
    for message in request.messages:
        if message["role"] == "tool":
            owed.discard(message["tool_call_id"])
        elif owed:
            return Failure(400)
        owed |= {call["id"] for call in message.get("tool_calls") or ()}
    return Failure(400) if owed else None


@pytest.mark.parametrize(
    ("calls", "then"),
    [((SLOW,), ToolStart), ((QUICK, SLOW), ToolEnd), ((HALF,), None)],
    ids=["in a tool", "between two tools", "in the arguments"],
)
def test_a_conversation_goes_on_after_a_stop(
    upstream: ScriptedUpstream, stream: Stream, tools: list[Any], calls: Any, then: Any
) -> None:
    gate = upstream.gate()
    steps = (*calls, *(() if then else (gate,)))
    upstream.on(strict)
    upstream.enqueue(Reply(*steps, finish="tool_calls"), Reply("Hello."))
    agent = create_agent(reasoning_model(upstream), tools, checkpointer=InMemorySaver())
    config = {"configurable": {"thread_id": "1"}}

    with stream(agent, {"messages": [HumanMessage("Go.")]}, config) as events:
        next(events)
        if then:
            until(then, events)
        else:
            gate.wait_until_reached()
    seen = list(stream(agent, {"messages": [HumanMessage("Hi")]}, config))

    assert (end_of(seen).status, text_of(seen)) == ("done", "Hello.")
    assert "Go." in str(upstream.requests[-1].messages)


def call(id_: str) -> dict[str, Any]:
    return {"name": "look", "args": {}, "id": id_, "type": "tool_call"}


def broken(id_: str) -> dict[str, Any]:
    return {"name": "look", "args": '{"a', "id": id_, "error": None, "type": "invalid_tool_call"}


def result(id_: str) -> ToolMessage:
    return ToolMessage("found", tool_call_id=id_)


CANCEL = [(CANCELLED, "b")]


@pytest.mark.parametrize(
    ("messages", "missing"),
    [
        ([AIMessage("", tool_calls=[call("a")]), result("a"), HumanMessage("Hi")], []),
        ([AIMessage("", tool_calls=[call("a"), call("b")]), result("a"), HumanMessage("Hi")], CANCEL),
        ([AIMessage("", tool_calls=[call("b")]), AIMessage("So.")], CANCEL),
        ([HumanMessage("Hi"), AIMessage("", tool_calls=[call("b")])], CANCEL),
        ([result("a"), HumanMessage("Hi")], []),
        ([], []),
    ],
)
def test_only_calls_without_a_result_get_one(
    messages: list[BaseMessage], missing: list[tuple[str, str]]
) -> None:
    before = deepcopy(messages)

    complete = answered(messages)

    added = [message for message in complete if message not in before]
    assert [(message.text, getattr(message, "tool_call_id", None)) for message in added] == missing
    assert messages == before


def test_half_arguments_are_not_sent() -> None:
    raw = {"tool_calls": [{"id": "a", "function": {"name": "look", "arguments": '{"a'}}]}
    alone = AIMessage("", invalid_tool_calls=[broken("a")], additional_kwargs=raw)
    beside = AIMessage("Well", invalid_tool_calls=[broken("a")], additional_kwargs=raw)
    failed = AIMessage("", invalid_tool_calls=[broken("a")])

    assert answered([alone, HumanMessage("Hi")]) == [HumanMessage("Hi")]
    assert answered([beside])[0] == AIMessage("Well")
    assert answered([failed, result("a")]) == [failed, result("a")]
