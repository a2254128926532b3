"""LangGraph: what of a graph's state a reader gets, and what a graph keeps for itself."""

import json
from typing import Annotated, Any

import pytest
from langchain.agents import AgentState, create_agent
from langchain.tools import ToolRuntime
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.runnables import Runnable, RunnableBranch, RunnableLambda, RunnableParallel
from langchain_core.tools import InjectedToolArg, InjectedToolCallId, StructuredTool, tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import InjectedState
from langgraph.types import Command
from pydantic import BaseModel

from streaming.events import ToolEnd, ToolStart
from streaming.response import sse
from tests.streaming.callbacks.test_tools import call
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model
from tests.streaming.reading import of_kind, outputs_of, text_of
from tests.upstream import Reply, ScriptedUpstream

ASK: dict[str, Any] = {"messages": [HumanMessage("Hi")]}
SECRET = "canary"


class State(MessagesState):
    profile: dict[str, str]
    score: int


def graph() -> Any:
    """A graph that learns something about a person."""
    building: Any = StateGraph(State)
    building.add_node(
        "learn",
        lambda _: Command(
            update={"messages": [AIMessage("Noted.")], "profile": {"email": SECRET}, "score": 7}, goto="think"
        ),
    )
    building.add_node("think", lambda _: {"profile": {"email": SECRET, "plan": SECRET}})
    building.add_edge(START, "learn")
    building.add_edge("think", END)
    return building.compile()


def bytes_of(events: list[Any]) -> str:
    return b"".join(map(sse.encode, events)).decode()


IN_CHAINS: dict[str, Any] = {
    "alone": graph,
    "configured": lambda: graph().with_config(run_name="guide"),
    "values": lambda: graph().bind(stream_mode="values"),
    "last of a sequence": lambda: RunnableLambda(lambda asked: asked) | graph(),
    "branch": lambda: RunnableBranch((lambda _: True, graph()), RunnableLambda(len)),
    "fallback": lambda: graph().with_fallbacks([RunnableLambda(len)]),
    "retry": lambda: graph().with_retry(),
    "function": lambda: RunnableLambda(lambda asked: graph().invoke(asked)),
    "chosen by a function": lambda: RunnableLambda(lambda _: graph()),
    "subgraph": lambda: in_a_graph(graph()),
    "parallel": lambda: RunnableParallel(state=graph()),
}


def in_a_graph(node: Any) -> Any:
    building: Any = StateGraph(State)
    building.add_node("inner", node)
    building.add_edge(START, "inner")
    return building.compile()


@pytest.mark.parametrize("name", IN_CHAINS)
def test_a_graphs_state_is_private(stream: Stream, name: str) -> None:
    events = list(stream(IN_CHAINS[name](), ASK))

    assert text_of(events) == "Noted."
    assert outputs_of(events) == []
    assert SECRET not in bytes_of(events)


@pytest.mark.parametrize("name", [name for name in IN_CHAINS if name != "parallel"])
def test_state_that_is_asked_for_is_output(stream: Stream, name: str) -> None:
    events = list(stream(IN_CHAINS[name](), ASK, include_state=["score"]))

    assert outputs_of(events)[-1:] == [{"score": 7}]
    assert SECRET not in bytes_of(events)


def test_what_a_function_makes_of_a_state_is_output(stream: Stream) -> None:
    def rate(asked: Any) -> Any:
        return {"rating": graph().invoke(asked)["score"]}

    assert outputs_of(list(stream(RunnableLambda(rate), ASK))) == [{"rating": 7}]


def test_what_a_chain_makes_of_a_state_is_output(stream: Stream) -> None:
    last: Runnable[Any, Any] = RunnableLambda(lambda updates: {"nodes": len(updates)})

    assert outputs_of(list(stream(graph() | last, ASK))) == [{"nodes": 1}]


class Contact(BaseModel):
    """How to reach somebody."""

    name: str


def test_an_agents_structured_answer_is_output(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(call("Contact", '{"name": "Ada"}'))
    agent = create_agent(chat_model(upstream), [], response_format=Contact)

    assert outputs_of(list(stream(agent, ASK))) == [{"structured_response": {"name": "Ada"}}]


# Tools


@tool
def hand_over(x: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> Command[Any]:
    """Change the state, and tell the model so."""
    told = ToolMessage("Handed over.", tool_call_id=tool_call_id)
    return Command(update={"note": SECRET, "messages": [told]})


@tool
def hand_over_twice(x: str, tool_call_id: Annotated[str, InjectedToolCallId]) -> list[Any]:
    """The same with several commands."""
    told = ToolMessage("Handed over.", tool_call_id=tool_call_id)
    return [Command(update={"note": SECRET}), Command(update={"messages": [told]})]


@pytest.mark.parametrize("handing_over", [hand_over, hand_over_twice])
def test_a_tools_result_is_what_it_tells_the_model(
    upstream: ScriptedUpstream, stream: Stream, handing_over: Any
) -> None:
    upstream.enqueue(call(handing_over.name, '{"x": "1"}'), Reply("Done."))

    events = list(stream(create_agent(chat_model(upstream), [handing_over]), ASK))

    assert of_kind(ToolEnd, events)[0].output == "Handed over."
    assert SECRET not in bytes_of(events)


class Keys(AgentState[Any]):
    key: str


@tool
def injected(
    x: str,
    state: Annotated[dict[str, Any], InjectedState],
    runtime: ToolRuntime,
    token: Annotated[str, InjectedToolArg] = SECRET,
) -> str:
    """Look into the state."""
    return f"{len(state['key'])} {len(runtime.state['key'])}"


def test_injected_arguments_are_private(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(call("injected", '{"x": "1"}'), Reply("Done."))
    agent = create_agent(chat_model(upstream), [injected], state_schema=Keys)

    events = list(stream(agent, {**ASK, "key": SECRET}))

    assert of_kind(ToolStart, events)[0].input == {"x": "1"}
    assert of_kind(ToolEnd, events)[0].output == "6 6"
    assert SECRET not in bytes_of(events)


def test_an_argument_that_is_no_json_is_private(stream: Stream) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "string"}}}
    taking = StructuredTool(
        name="taking", description="Take.", args_schema=schema, func=lambda x, message: f"{x} {len(message)}"
    )

    events = list(stream(taking, {"x": "1", "message": [HumanMessage(SECRET)]}))

    assert of_kind(ToolStart, events)[0].input == {"x": "1"}
    assert SECRET not in json.dumps(of_kind(ToolStart, events)[0].data())
