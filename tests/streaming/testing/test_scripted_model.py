"""The scripted model says what it is told, to `stream()`, to `astream()`, and to whoever only calls it."""

import asyncio
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool

from streaming import stream as plain_stream
from streaming.events import End, Reasoning, Token, ToolEnd
from streaming.testing import Hold, Reply, ScriptedModel, ToolCall
from tests.streaming.in_a_loop import Stream
from tests.streaming.reading import of_kind

ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}]}


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def test_it_says_its_pieces_and_how_it_ended(stream: Stream) -> None:
    model = ScriptedModel(Reply(Reasoning("Hm."), "Hel", "lo", usage=(5, 2), finish_reason="length"))

    *events, end = stream(model, "Hi")

    assert [event.text for event in of_kind(Reasoning, events)] == ["Hm."]
    assert [event.text for event in of_kind(Token, events)] == ["Hel", "lo"]
    assert isinstance(end, End)
    assert (end.status, end.finish_reason) == ("done", "length")
    assert end.usage is not None
    assert (end.usage.input_tokens, end.usage.output_tokens, end.usage.source) == (5, 2, "reported")


def test_each_call_has_the_next_reply_and_is_kept(stream: Stream) -> None:
    model = ScriptedModel(Reply(ToolCall("add", {"a": 1, "b": 2})), "It is 3.")

    *events, end = stream(create_agent(model, [add]), ASK)

    assert [event.output for event in of_kind(ToolEnd, events)] == ["3"]
    assert "".join(event.text for event in of_kind(Token, events)) == "It is 3."
    assert isinstance(end, End)
    assert end.status == "done"
    assert [call[-1].text for call in model.calls] == ["Hi", "3"]


def test_an_exception_is_the_providers(stream: Stream) -> None:
    *_, end = stream(ScriptedModel(Reply("Hel", ConnectionError())), "Hi")

    assert isinstance(end, End)
    assert end.error is not None
    assert end.error.code == "upstream_incomplete"


def test_a_call_too_many_fails_and_says_so() -> None:
    events = plain_stream(ScriptedModel(), "Hi")

    with pytest.raises(AssertionError, match="the 0 times in its script"):
        list(events.tokens())


def test_who_only_calls_it_has_the_whole_message() -> None:
    reply = Reply("Hel", "lo", ToolCall("add", {"a": 1}, id="call_1"), usage=(5, 2))
    model = ScriptedModel(reply, reply)

    for message in (model.invoke("Hi"), asyncio.run(model.ainvoke("Hi"))):
        assert message.text == "Hello"
        assert [(call["name"], call["args"], call["id"]) for call in message.tool_calls] == [
            ("add", {"a": 1}, "call_1")
        ]
        assert message.response_metadata["finish_reason"] == "tool_calls"


def test_a_held_run_goes_on_when_it_is_let_go(stream: Stream) -> None:
    with Hold() as hold:
        events = stream(ScriptedModel(Reply("Hel", hold, "lo")), "Hi")
        before = [next(events), next(events)]
        hold.wait_until_reached()
        hold.let_go()
        *after, end = events

    assert [event.text for event in of_kind(Token, [*before, *after])] == ["Hel", "lo"]
    assert isinstance(end, End)
    assert end.status == "done"


def test_a_held_run_can_be_ended(stream: Stream) -> None:
    hold = Hold()
    events = stream(ScriptedModel(Reply("Hel", hold, "lo")), "Hi")
    next(events)
    hold.wait_until_reached()

    events.close()

    assert not isinstance(next(events, None), Token)


def test_held_branches_end_with_their_run() -> None:
    hold, ended = Hold(), []
    model = ScriptedModel(Reply(hold), Reply(hold))

    def call(_: object) -> None:
        try:
            model.invoke("Hi")
        finally:
            ended.append(1)

    both = RunnableLambda(lambda text: text) | {"one": RunnableLambda(call), "two": RunnableLambda(call)}
    with plain_stream(both, "Hi") as events:
        next(events)
        hold.wait_until_reached()
    events._worker.join(10)

    assert ended


def test_a_hold_that_no_run_comes_to_says_so() -> None:
    with pytest.raises(TimeoutError, match="no run has come"):
        Hold().wait_until_reached(timeout=0.01)
