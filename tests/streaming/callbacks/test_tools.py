"""Tools and agents: their calls as events, and the models that work inside them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ToolRetryMiddleware
from langchain_core.callbacks import Callbacks, StdOutCallbackHandler
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langchain_core.tools import BaseTool, ToolException, tool

import streaming
from streaming.events import Token, ToolEnd, ToolStart, ToolText
from streaming.response import sse
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model, completion_model, plain_chat_model
from tests.streaming.reading import code_of, end_of, leave, of_kind, outputs_of, text_of, until
from tests.upstream import Cut, ErrorEvent, Failure, Reply, ScriptedUpstream, ToolCall

ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "What is 1 + 2?"}]}
Model = Callable[..., Any]


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def broken(a: int) -> int:
    """Raise what nobody expects."""
    raise ValueError("canary")


@tool
def strict(a: int) -> int:
    """Refuse, in words for a person."""
    raise ToolException("Only numbers below 10.")


strict.handle_tool_error = True


def call(name: str, arguments: str, **options: Any) -> Reply:
    """A model's step that calls a tool."""
    half = len(arguments) // 2
    return Reply(ToolCall(name, (arguments[:half], arguments[half:]), **options), finish="tool_calls")


def kinds(events: list[Any]) -> list[str]:
    return [event.event for event in events]


# An agent: LangChain's, which is a graph of LangGraph's


@pytest.mark.parametrize("model", [chat_model, plain_chat_model])
def test_an_agents_steps_are_events_and_every_model_step_streams(
    upstream: ScriptedUpstream, stream: Stream, model: Model
) -> None:
    upstream.enqueue(
        Reply("Let me ", "see.", ToolCall("add", ('{"a": 1, ', '"b": 2}')), finish="tool_calls"),
        Reply("It ", "is 3."),
    )

    events = list(stream(create_agent(model(upstream), [add]), ASK))

    assert kinds(events) == ["start", "token", "token", "tool-start", "tool-end", "token", "token", "end"]
    assert of_kind(ToolStart, events) == [ToolStart("call_1", "add", {"a": 1, "b": 2}, id=4)]
    assert of_kind(ToolEnd, events) == [ToolEnd("call_1", "add", output="3", id=5)]
    assert text_of(events) == "Let me see.It is 3."
    assert end_of(events).finish_reason == "stop"
    first, second = {token.step: None for token in of_kind(Token, events)}
    assert first != second


def test_the_model_is_told_what_the_tool_returned(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(call("add", '{"a": 1, "b": 2}'), Reply("3."))

    list(stream(create_agent(chat_model(upstream), [add]), ASK))

    assert upstream.requests[1].messages[-1] == {"role": "tool", "content": "3", "tool_call_id": "call_1"}


def test_a_step_is_shown_while_the_next_model_is_still_silent(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    gate = upstream.gate()
    upstream.enqueue(call("add", '{"a": 1, "b": 2}'), Reply("3.", headers_after=gate))

    with stream(create_agent(chat_model(upstream), [add]), ASK) as events:
        assert any(isinstance(event, ToolEnd) for event in events)
        gate.open()
        assert text_of(events) == "3."


def test_usage_is_that_of_every_model_step(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(call("add", '{"a": 1, "b": 2}'), Reply("3."))

    end = end_of(list(stream(create_agent(chat_model(upstream, stream_usage=True), [add]), ASK)))

    assert end.usage is not None
    assert (end.usage.input_tokens, end.usage.source) == (10, "reported")


def test_several_calls_in_one_step_are_told_apart(upstream: ScriptedUpstream, stream: Stream) -> None:
    both = [ToolCall("add", (f'{{"a": {n}, "b": 1}}',), id=f"call_{n}", index=n) for n in range(2)]
    upstream.enqueue(Reply(*both, finish="tool_calls"), Reply("1 and 2."))

    events = list(stream(create_agent(chat_model(upstream), [add]), ASK))

    assert {start.call_id: start.input for start in of_kind(ToolStart, events)} == {
        "call_0": {"a": 0, "b": 1},
        "call_1": {"a": 1, "b": 1},
    }
    assert {end.call_id: end.output for end in of_kind(ToolEnd, events)} == {"call_0": "1", "call_1": "2"}


def test_what_a_tool_returns_is_made_safe_to_store_and_to_send(stream: Stream) -> None:
    @tool
    def odd(a: int) -> dict[str, Any]:
        """Return what JSON and databases refuse."""
        return {"text": "a\0b\ud83d", "number": float("nan"), "object": object}

    (end,) = of_kind(ToolEnd, stream(odd, {"a": 1}))

    assert (end.output["text"], end.output["number"]) == ("a\ufffdb\ufffd", None)
    assert b"NaN" not in sse.encode(end)


# Tools that raise


def test_an_agent_goes_on_after_a_tool_that_refuses(
    upstream: ScriptedUpstream,
    stream: Stream,
) -> None:
    upstream.enqueue(call("strict", '{"a": 13}'), Reply("I cannot."))

    events = list(stream(create_agent(chat_model(upstream), [strict]), ASK))

    assert of_kind(ToolEnd, events)[0].error == "Only numbers below 10."
    assert text_of(events) == "I cannot."
    assert end_of(events).status == "done"


def test_arguments_that_do_not_fit_are_a_tools_error(
    upstream: ScriptedUpstream,
    stream: Stream,
) -> None:
    upstream.enqueue(call("add", '{"a": "many", "b": 2}'), Reply("Which number?"))

    events = list(stream(create_agent(chat_model(upstream), [add]), ASK))

    assert of_kind(ToolEnd, events)[0].error == "The tool failed (ValidationError)."
    assert text_of(events) == "Which number?"


def test_a_tool_that_raises_ends_its_step_and_run(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(call("broken", '{"a": 1}'))

    events = list(stream(create_agent(chat_model(upstream), [broken]), ASK))

    assert of_kind(ToolEnd, events) == [
        ToolEnd("call_1", "broken", error="The tool failed (ValueError).", id=3)
    ]
    assert code_of(events) == "internal"
    assert "canary" not in repr(events)


def test_middleware_lets_an_agent_survive_a_raising_tool(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(call("broken", '{"a": 1}'), Reply("It is broken."))
    agent = create_agent(
        chat_model(upstream), [broken], middleware=[ToolRetryMiddleware(max_retries=0, on_failure="continue")]
    )

    events = list(stream(agent, ASK))

    assert of_kind(ToolEnd, events)[0].error == "The tool failed (ValueError)."
    assert text_of(events) == "It is broken."
    assert end_of(events).status == "done"


def test_an_agent_goes_on_after_calling_an_unknown_tool(
    upstream: ScriptedUpstream,
    stream: Stream,
) -> None:
    upstream.enqueue(call("subtract", '{"a": 1}'), Reply("I can only add."))

    events = list(stream(create_agent(chat_model(upstream), [add]), ASK))

    assert text_of(events) == "I can only add."
    assert end_of(events).status == "done"


# A runnable inside a tool


def tools_with(model: Runnable[Any, Any]) -> dict[str, BaseTool]:
    """Tools that ask a model, in each of the ways that there are."""

    @tool
    def invokes(word: str) -> str:
        """Just invoke it: since Python 3.11, LangChain finds the callbacks by itself."""
        return text(model.invoke(word))

    @tool
    def carries_callbacks(word: str, callbacks: Callbacks) -> str:
        """Carry the callbacks over by hand."""
        return text(model.invoke(word, {"callbacks": callbacks}))

    @tool
    def carries_config(word: str, config: RunnableConfig) -> str:
        """Carry all of the config over by hand."""
        return text(model.invoke(word, config))

    @tool
    def adds_callbacks(word: str, config: RunnableConfig) -> str:
        """Add a handler of one's own to those that are there."""
        return text(model.with_config(callbacks=[StdOutCallbackHandler()]).invoke(word, config))

    @tool
    def thread_with_config(word: str, config: RunnableConfig) -> str:
        """Use a thread, and carry the config over."""
        return in_thread(lambda: text(model.invoke(word, config)))

    @tool
    def thread(word: str) -> str:
        """Use a thread, which has no context variables."""
        return in_thread(lambda: text(model.invoke(word)))

    @tool
    def replaces_callbacks(word: str) -> str:
        """Pass callbacks of one's own, which take the others' place."""
        return text(model.invoke(word, {"callbacks": [StdOutCallbackHandler()]}))

    return {
        tool_.name: tool_
        for tool_ in (
            invokes,
            carries_callbacks,
            carries_config,
            adds_callbacks,
            thread_with_config,
            thread,
            replaces_callbacks,
        )
    }


def text(answer: Any) -> str:
    return answer if isinstance(answer, str) else str(answer.text)


def in_thread(work: Callable[[], str]) -> str:
    with ThreadPoolExecutor() as pool:
        return pool.submit(work).result()


def streaming_completion_model(upstream: ScriptedUpstream) -> Runnable[Any, Any]:
    """LangChain streams a completion model that is only invoked if it was made for it."""
    return completion_model(upstream, streaming=True)


SAME_CONTEXT = ["invokes", "carries_callbacks", "carries_config", "adds_callbacks"]
RIGHT = [*SAME_CONTEXT, "thread_with_config"]
WRONG = ["thread", "replaces_callbacks"]


@pytest.mark.parametrize("name", RIGHT)
@pytest.mark.parametrize("model", [chat_model, plain_chat_model, streaming_completion_model])
def test_a_model_inside_a_tool_streams(
    upstream: ScriptedUpstream, stream: Stream, model: Model, name: str
) -> None:
    upstream.enqueue(Reply("Hel", "lo"))

    events = list(stream(tools_with(model(upstream))[name], {"word": "Hi"}))

    assert kinds(events) == ["start", "tool-start", "token", "token", "tool-end", "end"]
    assert of_kind(ToolEnd, events)[0].output == "Hello"


def test_an_invoked_completion_model_gives_one_token(
    upstream: ScriptedUpstream,
    stream: Stream,
) -> None:
    upstream.enqueue(Reply("Hel", "lo"))

    events = stream(tools_with(completion_model(upstream))["invokes"], {"word": "Hi"})

    assert [token.text for token in of_kind(Token, events)] == ["Hello"]


@pytest.mark.parametrize("name", WRONG)
def test_a_model_inside_a_tool_is_silent_where_they_do_not(
    upstream: ScriptedUpstream, stream: Stream, name: str
) -> None:
    upstream.enqueue(Reply("Hel", "lo"))

    events = list(stream(tools_with(chat_model(upstream))[name], {"word": "Hi"}))

    assert kinds(events) == ["start", "tool-start", "tool-end", "end"]
    assert of_kind(ToolEnd, events)[0].output == "Hello"


@pytest.mark.parametrize("name", [*RIGHT, *WRONG])
def test_the_same_in_the_tool_of_an_agent(upstream: ScriptedUpstream, stream: Stream, name: str) -> None:
    upstream.enqueue(call(name, '{"word": "Hi"}'), Reply("in", "ner"), Reply("outer"))
    model = chat_model(upstream)

    events = list(stream(create_agent(model, [tools_with(model)[name]]), ASK))

    assert text_of(events) == "outer"
    inner = [(event.call_id, event.text) for event in of_kind(ToolText, events)]
    assert inner == ([("call_1", "in"), ("call_1", "ner")] if name in RIGHT else [])
    assert of_kind(ToolEnd, events)[0].output == "inner"


def test_a_function_inside_a_tool_gives_its_output(stream: Stream) -> None:
    @tool
    def reverse(word: str) -> str:
        """Reverse a word."""
        reversed_: str = RunnableLambda(lambda text: text[::-1]).invoke(word)
        return reversed_

    events = list(stream(reverse, {"word": "hello"}))

    assert outputs_of(events) == ["olleh"]
    assert of_kind(ToolEnd, events)[0].output == "olleh"


# A runnable inside an asynchronous tool: in an event loop only


def asynchronous_tool(model: Runnable[Any, Any]) -> BaseTool:
    @tool
    async def ask(word: str) -> str:
        """Ask a model."""
        return text(await model.ainvoke(word))

    return ask


def test_a_model_inside_an_asynchronous_tool_streams(upstream: ScriptedUpstream, astream: Stream) -> None:
    upstream.enqueue(Reply("Hel", "lo"))

    events = list(astream(asynchronous_tool(chat_model(upstream)), {"word": "Hi"}))

    assert kinds(events) == ["start", "tool-start", "token", "token", "tool-end", "end"]
    assert of_kind(ToolEnd, events)[0].output == "Hello"


@pytest.mark.parametrize(
    ("ending", "code"),
    [(ErrorEvent("canary"), "upstream_error"), (Cut(), "upstream_incomplete")],
    ids=["error", "cut"],
)
def test_a_failing_model_in_an_asynchronous_tool_ends_the_run(
    upstream: ScriptedUpstream, astream: Stream, ending: Any, code: str
) -> None:
    upstream.enqueue(Reply("Hel", ending))
    ask = asynchronous_tool(chat_model(upstream, max_retries=0))

    events = list(astream(ask, {"word": "Hi"}))

    assert kinds(events) == ["start", "tool-start", "token", "tool-end", "end"]
    assert code_of(events) == code


@pytest.mark.alone
def test_leaving_a_model_in_an_asynchronous_tool_closes_upstream(
    upstream: ScriptedUpstream, astream: Stream
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    events = astream(asynchronous_tool(chat_model(upstream)), {"word": "Hi"})
    until(Token, events)

    leave(events, upstream, gate)


# Failure in the middle


def test_an_agent_that_fails_later_keeps_its_steps(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(call("add", '{"a": 1, "b": 2}'), Reply("It ", ErrorEvent("overloaded")))

    events = list(stream(create_agent(chat_model(upstream), [add]), ASK))

    assert of_kind(ToolEnd, events)[0].output == "3"
    assert text_of(events) == "It "
    assert code_of(events) == "upstream_error"


def test_an_agent_whose_model_breaks_off_within_a_tool_call_fails(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    upstream.enqueue(Reply(ToolCall("add", ('{"a": 1, ',)), ErrorEvent("overloaded")))

    events = list(stream(create_agent(chat_model(upstream), [add]), ASK))

    assert kinds(events) == ["start", "end"]
    assert code_of(events) == "upstream_error"


FAILURES = [
    (Failure(401, "canary"), "", "OpenAIAuthenticationError", "upstream_auth"),
    (Reply("Hel", ErrorEvent("canary")), "Hel", "APIError", "upstream_error"),
    (Reply("Hel", Cut()), "Hel", "OpenAIConnectionError", "upstream_incomplete"),
]
by_every_failure = pytest.mark.parametrize(
    ("reply", "written", "kind", "code"), FAILURES, ids=["refused", "error", "cut"]
)


@by_every_failure
def test_a_failing_model_in_a_tool_ends_the_run(
    upstream: ScriptedUpstream, stream: Stream, reply: Reply | Failure, written: str, kind: str, code: str
) -> None:
    model = chat_model(upstream, max_retries=0)
    upstream.enqueue(call("invokes", '{"word": "Hi"}'), reply)

    events = list(stream(create_agent(model, [tools_with(model)["invokes"]]), ASK))

    assert "".join(event.text for event in of_kind(ToolText, events)) == written
    assert of_kind(ToolEnd, events)[0].error == f"The tool failed ({kind})."
    assert code_of(events) == code


# A consumer that leaves


@pytest.mark.alone
@pytest.mark.parametrize("model", [chat_model, plain_chat_model])
@pytest.mark.parametrize("step", [1, 2])
def test_leaving_an_agent_closes_upstream_and_calls_nothing_more(
    upstream: ScriptedUpstream, stream: Stream, model: Model, step: int
) -> None:
    gate = upstream.gate()
    first = call("add", '{"a": 1, "b": 2}') if step == 2 else Reply("Let me", gate)
    upstream.enqueue(*[first, Reply("It is", gate)][:step])
    events = stream(create_agent(model(upstream), [add]), ASK)
    until(Token, events)

    leave(events, upstream, gate)


@pytest.mark.alone
@pytest.mark.parametrize("name", SAME_CONTEXT)
def test_leaving_a_model_in_a_tool_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream, name: str
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    events = stream(tools_with(chat_model(upstream))[name], {"word": "Hi"})
    until(Token, events)

    leave(events, upstream, gate)


@pytest.mark.alone
@pytest.mark.parametrize(
    ("model", "name"),
    [*((plain_chat_model, name) for name in RIGHT), (chat_model, "thread_with_config")],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_leaving_ends_an_unreported_call_inside_a_tool(
    upstream: ScriptedUpstream, model: Model, name: str
) -> None:
    """On a client of its own, or in a thread without the run's context. In an event loop it would go on."""
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate))
    events = streaming.stream(tools_with(model(upstream))[name], {"word": "Hi"})
    until(Token, events)

    leave(events, upstream, gate)
