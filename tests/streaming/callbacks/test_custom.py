"""What graphs and tools say by themselves arrives as custom events, whatever modes a graph streams in."""

import json
from typing import Any
from uuid import uuid4

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
from langchain_core.messages import HumanMessage
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import tool
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, MessagesState, StateGraph

from streaming.callbacks.bounded import LIMIT, bounded
from streaming.events import Custom, Start, Token, ToolEnd
from tests.streaming.callbacks.test_tools import call
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model
from tests.streaming.reading import end_of, of_kind, text_of
from tests.upstream import Reply, ScriptedUpstream

ASK: dict[str, Any] = {"messages": [HumanMessage("Hi")]}
SAID = {"progress": 40}


def graph(node: Any = None) -> Any:
    """A graph whose node says something."""

    def search(_: Any) -> Any:
        get_stream_writer()(SAID)
        return {}

    building: Any = StateGraph(MessagesState)
    building.add_node("search", node or search)
    building.add_edge(START, "search")
    building.add_edge("search", END)
    return building.compile()


GRAPH = graph()


def said_in(events: list[Any]) -> list[Any]:
    return [event.data() for event in of_kind(Custom, events)]


@pytest.mark.parametrize(
    "runnable",
    [
        graph,
        lambda: graph().with_config(run_name="guide"),
        lambda: RunnableLambda(lambda asked: asked) | graph(),
        lambda: RunnableLambda(GRAPH.invoke),
        lambda: RunnableLambda(lambda asked: GRAPH.invoke({"messages": asked["messages"]})),
        lambda: graph(graph()),
        lambda: graph().bind(stream_mode="values"),
        lambda: graph().bind(stream_mode=["updates", "messages"], subgraphs=True),
    ],
    ids=["graph", "configured", "sequence", "method", "function", "subgraph", "values", "several modes"],
)
def test_what_a_node_writes_arrives(stream: Stream, runnable: Any) -> None:
    assert said_in(list(stream(runnable(), ASK))) == [{"name": "search", "data": SAID}]


@pytest.mark.parametrize(
    "modes",
    [
        {"stream_mode": "custom"},
        {"stream_mode": ["custom", "updates"]},
        {"stream_mode": ["custom"], "subgraphs": True},
    ],
    ids=["alone", "several", "subgraphs"],
)
def test_a_graph_that_streams_custom_data_says_it_once(stream: Stream, modes: Any) -> None:
    assert [said["data"] for said in said_in(list(stream(graph().bind(**modes), ASK)))] == [SAID]


def test_it_comes_before_what_is_written_later(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(call("search", "{}"), Reply("Done."))

    @tool
    def search() -> str:
        """Search."""
        get_stream_writer()("Searching")
        return "Nothing."

    events = list(stream(create_agent(chat_model(upstream), [search]), ASK))

    assert [event.event for event in events] == ["start", "tool-start", "custom", "tool-end", "token", "end"]
    assert said_in(events) == [{"name": "tools", "data": "Searching"}]


def test_a_dispatched_event_arrives(stream: Stream) -> None:
    def work(_: Any) -> int:
        dispatch_custom_event("progress", SAID)
        return 1

    async def work_in_a_loop(_: Any) -> int:
        await adispatch_custom_event("progress", SAID)
        return 1

    working: Runnable[Any, int] = RunnableLambda(work, work_in_a_loop)

    assert said_in(list(stream(working, "Hi"))) == [{"name": "progress", "data": SAID}]


def test_a_filter_leaves_out_what_its_step_says(stream: Stream) -> None:
    def work(_: Any) -> int:
        dispatch_custom_event("progress", SAID)
        return 1

    assert said_in(list(stream(RunnableLambda(work), "Hi", exclude_types=["chain"]))) == []


# What is too large


def test_a_large_result_of_a_tool_is_cut_and_says_so(upstream: ScriptedUpstream, stream: Stream) -> None:
    @tool
    def screenshot() -> list[dict[str, str]]:
        """Take a picture."""
        return [{"type": "image", "base64": "A" * 1_200_000, "mime_type": "image/png"}]

    upstream.enqueue(call("screenshot", "{}"), Reply("Done."))

    events = list(stream(create_agent(chat_model(upstream), [screenshot]), ASK))

    (ended,) = of_kind(ToolEnd, events)
    assert "[cut: 1,200,000 characters in all]" in ended.output[0]["base64"]
    assert len(json.dumps(ended.data())) < LIMIT + 1000
    assert text_of(events) == "Done."
    assert end_of(events).status == "done"


@pytest.mark.parametrize(
    "value", [None, 7, "text", ["a", {"b": [1.5, True]}], {"a": {"b": "c"}}, []], ids=repr
)
def test_what_fits_is_left_as_it_is(value: Any) -> None:
    assert bounded(value, limit=100) == value


@pytest.mark.parametrize(
    "value",
    ["x" * 1000, ["x"] * 1000, {str(number): "x" for number in range(1000)}, [["x" * 30] * 30] * 30],
    ids=["text", "list", "entries", "nested"],
)
def test_what_does_not_fit_is_cut(value: Any) -> None:
    cut = json.dumps(bounded(value, limit=100), ensure_ascii=False)

    assert "[cut: " in cut
    assert len(cut) < 500


# The run's id


def test_a_run_has_the_id_that_its_config_names(stream: Stream) -> None:
    run_id = uuid4()

    events = list(stream(RunnableLambda(len), "Hi", {"run_id": run_id}))

    assert of_kind(Start, events)[0].run == str(run_id)
    assert of_kind(Token, events) == []
