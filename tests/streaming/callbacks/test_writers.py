"""Whose text it is: told once for each writer, always, and a sub-agent's is not the reply's."""

from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph

from streaming.events import Token, ToolEnd, ToolText
from tests.streaming.callbacks.test_tools import call
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model
from tests.streaming.reading import of_kind, text_of
from tests.upstream import Reply, ScriptedUpstream

ASK: dict[str, Any] = {"messages": [HumanMessage("Hi")]}


def around(name: str, node: Any) -> Any:
    """A graph of one node."""
    graph: Any = StateGraph(MessagesState)
    graph.add_node(name, node)
    graph.add_edge(START, name)
    graph.add_edge(name, END)
    return graph.compile()


def told_in(events: list[Any]) -> list[dict[str, Any]]:
    """The data of all tokens, without LangChain's ids."""
    tokens = [token.data() for token in of_kind(Token, events)]
    return [{key: entry for key, entry in token.items() if key != "step" and entry} for token in tokens]


def test_a_model_alone_is_told_by_the_start(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("Hel", "lo"))

    events = list(stream(chat_model(upstream), "Hi"))

    assert told_in(events) == [{"text": "Hel"}, {"text": "lo"}]
    assert events[0].data()["model"] == "scripted"


def test_writers_one_after_the_other_are_told_apart(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("o", "ne"), Reply("t", "wo"))
    draft, final = (chat_model(upstream).with_config(run_name=name) for name in ("draft", "final"))

    events = list(stream(draft | StrOutputParser() | final, "Hi"))

    assert told_in(events) == [
        {"text": "o", "writer": 1, "name": "draft", "model": "scripted"},
        {"text": "ne"},
        {"text": "t", "writer": 2, "name": "final", "model": "scripted"},
        {"text": "wo", "writer": 2},
    ]
    assert [token.name for token in of_kind(Token, events)] == ["draft", "draft", "final", "final"]


def test_a_writer_in_a_graph_has_its_node_and_path(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("Hello"))
    model = chat_model(upstream)
    graph = around("outer", around("inner", lambda state: {"messages": [model.invoke(state["messages"])]}))

    (told,) = told_in(list(stream(graph, ASK)))

    assert (told["node"], told["path"], told["model"]) == ("inner", ["outer"], "scripted")


def test_a_node_that_speaks_for_itself_is_a_writer(stream: Stream) -> None:
    graph = around("guard", lambda _: {"messages": [AIMessage("No.")]})

    assert told_in(list(stream(graph, ASK))) == [
        {"text": "No.", "writer": 1, "name": "guard", "node": "guard"}
    ]


# What a model writes for a tool


def with_sub_agent(inner: Any, upstream: ScriptedUpstream) -> Any:
    """An agent whose tool asks another one."""

    @tool
    def research(question: str) -> str:
        """Find it out."""
        return str(inner.invoke({"messages": [HumanMessage(question)]})["messages"][-1].text)

    upstream.enqueue(call("research", '{"question": "1"}'))
    return create_agent(chat_model(upstream), [research])


def test_a_sub_agents_text_is_not_the_reply(upstream: ScriptedUpstream, stream: Stream) -> None:
    agent = with_sub_agent(create_agent(chat_model(upstream), []), upstream)
    upstream.enqueue(Reply("no", "tes"), Reply("Found."))

    events = stream(agent, ASK)
    seen = list(events)

    assert text_of(seen) == "Found."
    assert [(event.call_id, event.text) for event in of_kind(ToolText, seen)] == [
        ("call_1", "no"),
        ("call_1", "tes"),
    ]
    assert of_kind(ToolText, seen)[1].data() == {"id": "call_1", "text": "tes"}
    assert of_kind(ToolEnd, seen)[0].output == "notes"
    assert events.message is not None
    assert events.message.text == "Found."


def test_a_sub_agents_own_words_are_not_the_reply(upstream: ScriptedUpstream, stream: Stream) -> None:
    guard = around("guard", lambda _: {"messages": [AIMessage("Not for me.")]})
    agent = with_sub_agent(guard, upstream)
    upstream.enqueue(Reply("It refused."))

    events = list(stream(agent, ASK))

    assert text_of(events) == "It refused."
    assert [event.text for event in of_kind(ToolText, events)] == ["Not for me."]


def test_what_a_tool_wrote_is_the_reply_if_it_is_returned(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("no", "tes"))
    model = chat_model(upstream)

    @tool
    def research(question: str) -> str:
        """Find it out."""
        return str(model.invoke(question).text)

    asking: Runnable[Any, Any] = RunnableLambda(research.invoke)

    events = list(stream(asking, "Hi"))

    assert text_of(events) == "notes"
