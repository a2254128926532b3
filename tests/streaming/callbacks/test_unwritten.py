"""Messages that no model wrote: they are the reply's text, once."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import Runnable, RunnableBranch, RunnableGenerator, RunnableLambda
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.types import Command

import streaming
from streaming.events import Output, Token
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model
from tests.streaming.reading import end_of, of_kind, outputs_of, text_of
from tests.upstream import Reply, ScriptedUpstream

REFUSAL = "I cannot help with that."
ASK: dict[str, Any] = {"messages": [HumanMessage("Hi")]}


def says(answer: Any) -> Runnable[Any, Any]:
    return RunnableLambda(lambda _: answer)


def graph_of(*nodes: Any) -> Any:
    """A graph whose nodes run one after the other."""
    graph: Any = StateGraph(MessagesState)
    names = [f"node{place}" for place in range(len(nodes))]
    for name, node in zip(names, nodes, strict=True):
        graph.add_node(name, node)
    for before, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(before, after)
    return graph.compile()


def answers(*messages: BaseMessage) -> Any:
    return lambda _: {"messages": list(messages)}


# The output of a chain


@pytest.mark.parametrize("answer", [AIMessage(REFUSAL), REFUSAL], ids=["message", "text"])
def test_what_a_function_says_is_the_reply(stream: Stream, answer: Any) -> None:
    events = stream(says(answer), "Hi")

    assert [token.text for token in of_kind(Token, events)] == [REFUSAL]
    assert events.message is not None
    assert events.message.text == REFUSAL


def test_what_a_function_says_is_in_tokens() -> None:
    assert list(streaming.stream(says(AIMessage(REFUSAL)), "Hi").tokens()) == [(REFUSAL, REFUSAL)]


def test_a_guard_answers_in_place_of_the_model(upstream: ScriptedUpstream, stream: Stream) -> None:
    guarded: Runnable[Any, Any] = RunnableBranch(
        (lambda text: "bomb" in text, says(AIMessage(REFUSAL))), chat_model(upstream)
    )

    events = list(stream(guarded, "A bomb"))

    assert text_of(events) == REFUSAL
    assert end_of(events).status == "done"
    assert upstream.requests == []


def test_pieces_of_a_generator_function_are_tokens(stream: Stream) -> None:
    def speak(_: Iterator[Any]) -> Iterator[AIMessageChunk]:
        yield AIMessageChunk(content="Not ", id="1")
        yield AIMessageChunk(content="now.", id="1")

    async def aspeak(_: Any) -> Any:
        yield AIMessageChunk(content="Not ", id="1")
        yield AIMessageChunk(content="now.", id="1")

    events = stream(RunnableGenerator(speak, aspeak), "Hi")

    assert [token.text for token in of_kind(Token, events)] == ["Not ", "now."]
    assert events.message is not None
    assert events.message.text == "Not now."


def test_text_before_the_models_is_not_said_twice(upstream: ScriptedUpstream) -> None:
    import streaming

    upstream.enqueue(Reply("Hel", "lo"))
    model = chat_model(upstream) | StrOutputParser()

    def speak(asked: Iterator[Any]) -> Iterator[str]:
        yield "One moment. "
        yield from model.stream("".join(asked))

    events = list(streaming.stream(RunnableGenerator(speak), "Hi"))

    assert [token.text for token in of_kind(Token, events)] == ["One moment. ", "Hel", "lo"]
    assert of_kind(Output, events) == []


@pytest.mark.parametrize("wrap", [lambda answer: answer, lambda answer: AIMessage(answer.text)])
def test_a_models_message_is_not_said_twice(upstream: ScriptedUpstream, stream: Stream, wrap: Any) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    model = chat_model(upstream)

    events = list(stream(RunnableLambda(lambda text: wrap(model.invoke(text))), "Hi"))

    assert [token.text for token in of_kind(Token, events)] == ["Hel", "lo"]


def test_a_message_of_the_input_is_not_the_reply(stream: Stream) -> None:
    said = [HumanMessage("Hi"), AIMessage("Hello.")]

    events = list(stream(RunnableLambda(lambda messages: messages[-1]), said))

    assert text_of(events) == ""


@pytest.mark.parametrize("answer", [{"n": 1}, [1, 2], 7])
def test_data_of_a_function_stays_output(stream: Stream, answer: Any) -> None:
    events = list(stream(says(answer), "Hi"))

    assert outputs_of(events) == [answer]
    assert text_of(events) == ""


# The state of a graph


@pytest.mark.parametrize(
    "node",
    [
        answers(AIMessage(REFUSAL)),
        lambda _: {"messages": AIMessage(REFUSAL)},
        lambda _: Command(update={"messages": [AIMessage(REFUSAL)]}),
        lambda _: [Command(update={"messages": [AIMessage(REFUSAL)]})],
    ],
    ids=["list", "message", "command", "commands"],
)
def test_what_a_node_says_is_the_reply(stream: Stream, node: Any) -> None:
    events = stream(graph_of(node), ASK)

    assert [token.text for token in of_kind(Token, events)] == [REFUSAL]
    assert events.message is not None
    assert events.message.text == REFUSAL


def test_a_node_that_adds_to_the_models_reply(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    model = chat_model(upstream)

    def ask(state: Any) -> Any:
        return {"messages": [model.invoke(state["messages"])]}

    events = stream(graph_of(ask, answers(AIMessage(" Bye."))), ASK)

    assert text_of(events) == "Hello Bye."
    assert events.message is not None
    assert events.message.text == " Bye."


def test_old_messages_of_a_state_are_not_said_again(stream: Stream) -> None:
    said = {"messages": [HumanMessage("Hi"), AIMessage("Hello."), HumanMessage("A bomb")]}

    graph = graph_of(lambda state: state, answers(AIMessage(REFUSAL)), lambda state: state)
    events = list(stream(graph, said))

    assert text_of(events) == REFUSAL


def test_a_subgraph_says_its_message_once(stream: Stream) -> None:
    events = list(stream(graph_of(graph_of(answers(AIMessage(REFUSAL)))), ASK))

    assert text_of(events) == REFUSAL


def test_a_graphs_message_is_said_once_in_a_chain(stream: Stream) -> None:
    chain = graph_of(answers(AIMessage(REFUSAL))) | RunnableLambda(
        lambda state: (
            next(iter(state.values()))["messages"][-1] if "messages" not in state else state["messages"][-1]
        )
    )

    events = list(stream(chain, ASK))

    assert text_of(events) == REFUSAL


def test_a_node_that_is_filtered_out_says_nothing(stream: Stream) -> None:
    events = list(stream(graph_of(answers(AIMessage(REFUSAL))), ASK, exclude_types=["chain"]))

    assert text_of(events) == ""
