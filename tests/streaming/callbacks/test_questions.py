"""What a graph asks a person ends its run as waiting, and another run answers it."""

from typing import Any
from uuid import uuid4

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command, interrupt

from streaming.events import Token, ToolEnd, ToolStart
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model
from tests.streaming.reading import end_of, of_kind, text_of
from tests.upstream import Reply, ScriptedUpstream, ToolCall

ASK: dict[str, Any] = {"messages": [HumanMessage("Hi")]}


@tool
def book(day: str) -> str:
    """Book a table."""
    return str(interrupt({"ask": f"Book {day}?"}))


@tool
def note(text: str) -> str:
    """Note something."""
    return f"Noted: {text}"


def conversation() -> Any:
    return {"configurable": {"thread_id": str(uuid4())}}


def asking(*, compiled: Any = None, **options: Any) -> Any:
    """A graph that greets, asks, and repeats the answer; or that has such a graph inside."""
    graph: Any = StateGraph(MessagesState)
    graph.add_node("greet", compiled or (lambda _: {"messages": [AIMessage("Hello. ")]}))
    graph.add_node(
        "ask", lambda _: {} if compiled else {"messages": [AIMessage(f"You said {interrupt('?')}.")]}
    )
    graph.add_edge(START, "greet")
    graph.add_edge("greet", "ask")
    graph.add_edge("ask", END)
    return graph.compile(**options)


def values_of(events: list[Any]) -> list[Any]:
    end = end_of(events)
    assert end.status == "waiting"
    return [question["value"] for question in end.asked or ()]


def test_a_tool_that_asks_waits_and_does_not_fail(upstream: ScriptedUpstream, stream: Stream) -> None:
    calls = (
        ToolCall("book", ('{"day": "Friday"}',)),
        ToolCall("note", ('{"text": "two"}',), id="n", index=1),
    )
    upstream.enqueue(Reply("One moment. ", *calls, finish="tool_calls"), Reply("Booked."))
    agent = create_agent(chat_model(upstream), [book, note], checkpointer=InMemorySaver())
    config = conversation()

    asked = list(stream(agent, ASK, config))
    answered = list(stream(agent, Command(resume="yes"), config))

    assert sorted(event.name for event in of_kind(ToolStart, asked)) == ["book", "note"]
    assert [(event.name, event.error) for event in of_kind(ToolEnd, asked)] == [("note", None)]
    assert values_of(asked) == [{"ask": "Book Friday?"}]
    assert [event.name for event in of_kind(ToolStart, answered)] == ["book"]
    assert [(event.name, event.output) for event in of_kind(ToolEnd, answered)] == [("book", "yes")]
    assert (text_of(asked), text_of(answered)) == ("One moment. ", "Booked.")
    assert end_of(answered).status == "done"


@pytest.mark.parametrize(
    "graph",
    [lambda saver: asking(checkpointer=saver), lambda saver: asking(compiled=asking(), checkpointer=saver)],
    ids=["node", "subgraph"],
)
def test_a_node_that_asks_is_answered_by_another_run(stream: Stream, graph: Any) -> None:
    built, config = graph(InMemorySaver()), conversation()

    asked = list(stream(built, ASK, config))
    answered = list(stream(built, Command(resume="so"), config))

    assert values_of(asked) == ["?"]
    assert text_of(asked) == "Hello. "
    assert [token.text for token in of_kind(Token, answered)] == ["You said so."]
    assert end_of(answered).status == "done"


def test_a_graph_that_pauses_before_a_node_waits(stream: Stream) -> None:
    graph = asking(checkpointer=InMemorySaver(), interrupt_before=["ask"])

    assert values_of(list(stream(graph, ASK, conversation()))) == []
