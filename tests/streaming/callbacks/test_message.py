"""EventStream.message: the chunks of a reply, added up as LangChain adds them."""

import functools
import operator
from collections.abc import Callable
from typing import Any

import pytest
from langchain.chat_models import init_chat_model
from langchain_core.language_models import FakeListChatModel, FakeListLLM
from langchain_core.messages import AIMessageChunk
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import Runnable, RunnableLambda

from streaming import stream
from streaming.events import Token, Usage
from tests.streaming.models import MODELS, chat_model, completion_model, plain_chat_model
from tests.streaming.reading import code_of, end_of, leave, of_kind, text_of
from tests.upstream import Cut, ErrorEvent, Failure, Reply, ScriptedUpstream, ToolCall
from tests.upstream import Usage as Reported

Model = Callable[..., Runnable[Any, Any]]


def whole_chat_model(upstream: ScriptedUpstream, **options: Any) -> Runnable[Any, Any]:
    """A chat model that does not stream: its provider answers with one JSON body."""
    return chat_model(upstream, disable_streaming=True, **options)


def named_model(upstream: ScriptedUpstream, **options: Any) -> Runnable[Any, Any]:
    """A chat model by the name of its provider and its own."""
    model: Runnable[Any, Any] = init_chat_model(
        "openai:gpt-4o-mini", base_url=upstream.url, api_key="test-key", **options
    )
    return model


CHAT_MODELS = [chat_model, plain_chat_model, whole_chat_model, named_model]


# Success


def test_it_is_the_sum_of_langchains_own_chunks(upstream: ScriptedUpstream) -> None:
    reply = Reply("The sky", " is", " blue.", usage=Reported(9, 4))
    upstream.enqueue(reply, reply)
    model = chat_model(upstream, stream_usage=True)
    theirs = functools.reduce(operator.add, model.stream("What color is the sky?"))

    events = stream(model, "What color is the sky?")
    list(events)

    assert isinstance(events.message, AIMessageChunk)
    assert events.message.content == theirs.content == "The sky is blue."
    assert events.message.usage_metadata == theirs.usage_metadata
    assert events.message.response_metadata == theirs.response_metadata


@pytest.mark.parametrize("model", CHAT_MODELS)
def test_it_has_text_usage_and_finish_reason(upstream: ScriptedUpstream, model: Model) -> None:
    upstream.enqueue(Reply("Very", " cool", finish="length", usage=Reported(11, 7)))

    events = stream(model(upstream, stream_usage=True), "Hi")
    end = end_of(list(events))

    assert events.message is not None
    assert events.message.content == "Very cool"
    assert events.message.response_metadata["finish_reason"] == "length"
    assert events.message.usage_metadata is not None
    assert events.message.usage_metadata["total_tokens"] == 18
    assert (end.status, end.finish_reason, end.usage) == ("done", "length", Usage(11, 7, "reported"))


def test_it_adds_up_to_another_message(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Very"), Reply(" cool"))
    first, second = stream(chat_model(upstream), "1"), stream(chat_model(upstream), "2")
    list(first)
    list(second)

    assert first.message is not None
    assert second.message is not None
    assert (first.message + second.message).content == "Very cool"


def test_it_can_be_sent_back_as_history(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Very cool"), Reply("Indeed"))
    first = stream(chat_model(upstream), "How cool?")
    list(first)
    assert first.message is not None

    list(stream(chat_model(upstream), [("user", "How cool?"), first.message, ("user", "Really?")]))

    sent = upstream.requests[1].messages
    assert [(message["role"], message["content"]) for message in sent] == [
        ("user", "How cool?"),
        ("assistant", "Very cool"),
        ("user", "Really?"),
    ]


@pytest.mark.parametrize("model", CHAT_MODELS)
def test_it_has_the_calls_of_tools_that_the_model_asks_for(upstream: ScriptedUpstream, model: Model) -> None:
    upstream.enqueue(Reply(ToolCall("add", ('{"a": 1, ', '"b": 2}')), finish="tool_calls"))

    events = stream(model(upstream), "1 + 2")
    end = end_of(list(events))

    assert events.message is not None
    (call,) = events.message.tool_calls
    assert (call["name"], call["args"], call["id"]) == ("add", {"a": 1, "b": 2}, "call_1")
    assert end.finish_reason == "tool_calls"


def test_a_completion_model_has_a_message_too(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Spark", "ling", finish="length"))

    events = stream(completion_model(upstream), "A song.")
    end = end_of(list(events))

    assert events.message is not None
    assert events.message.content == "Sparkling"
    assert events.message.response_metadata["finish_reason"] == "length"
    assert (end.status, end.finish_reason) == ("done", "length")
    assert end.usage == Usage(2, 3, "estimated")  # LangChain passes on no report of a completion's stream


def test_an_invoked_completion_model_has_reported_usage(
    upstream: ScriptedUpstream,
) -> None:
    upstream.enqueue(Reply("Spark", "ling", finish="length", usage=Reported(11, 7)))
    model = completion_model(upstream)
    sing: Runnable[str, str] = RunnableLambda(lambda text: str(model.invoke(text)))

    end = end_of(list(stream(sing, "A song.")))

    assert (end.status, end.finish_reason, end.usage) == ("done", "length", Usage(11, 7, "reported"))


def test_while_the_model_writes_it_is_what_there_is(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("The sky", gate, " is blue."))

    with stream(chat_model(upstream), "Hi") as events:
        before = events.message
        next(events)
        next(events)
        gate.wait_until_reached()
        assert events.message == AIMessageChunk(content="The sky")
        gate.open()
        list(events)
        assert before is None
        assert events.message is not None
        assert events.message.content == "The sky is blue."


def test_of_several_models_it_is_the_last_ones(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("draft"), Reply("final"))
    model = chat_model(upstream)

    events = stream(model | StrOutputParser() | model, "Hi")
    list(events)

    assert events.message is not None
    assert events.message.content == "final"


def test_a_runnable_without_text_has_none() -> None:
    events = stream(RunnableLambda(len), "hi")
    list(events)

    assert events.message is None


# Models that do not stream


@pytest.mark.parametrize("model", [FakeListChatModel, FakeListLLM])
def test_any_model_of_langchains_does(model: Callable[..., Runnable[Any, Any]]) -> None:
    events = stream(model(responses=["All at once"]), "Hi")

    assert text_of(events) == "All at once"
    assert events.message is not None
    assert events.message.content == "All at once"


def test_a_whole_reply_is_one_token_with_the_same_end(upstream: ScriptedUpstream) -> None:
    reply = Reply("All ", "at ", "once", usage=Reported(3, 2))
    upstream.enqueue(reply, reply)

    whole = list(stream(whole_chat_model(upstream), "Hi"))
    streamed = list(stream(chat_model(upstream, stream_usage=True), "Hi"))

    assert not upstream.requests[0].streams
    assert of_kind(Token, whole) == [Token("All at once", id=2)]
    ours, theirs = end_of(whole), end_of(streamed)
    assert (ours.status, ours.finish_reason, ours.usage) == (
        theirs.status,
        theirs.finish_reason,
        theirs.usage,
    )


def test_a_model_chosen_at_run_time_streams(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    model = init_chat_model(configurable_fields="any")
    chosen = {"model": "gpt-4o", "model_provider": "openai", "base_url": upstream.url, "api_key": "test-key"}

    events = list(stream(model, "Hi", {"configurable": chosen}))

    assert [token.text for token in of_kind(Token, events)] == ["Hel", "lo"]
    assert upstream.requests[0].json["model"] == "gpt-4o"


# Failure in the middle


@pytest.mark.parametrize("model", [*MODELS, named_model])
def test_after_a_failure_it_is_what_had_come(upstream: ScriptedUpstream, model: Model) -> None:
    upstream.enqueue(Reply("The ", "sky", ErrorEvent("overloaded")))

    events = stream(model(upstream), "Hi")

    assert code_of(list(events)) == "upstream_error"
    assert events.message is not None
    assert events.message.content == "The sky"


@pytest.mark.parametrize(
    ("reply", "code"),
    [(Reply(Cut()), "upstream_incomplete"), (Failure(401), "upstream_auth")],
    ids=["cut", "refused"],
)
def test_a_whole_reply_that_fails_ends_as_failed(
    upstream: ScriptedUpstream, reply: Reply | Failure, code: str
) -> None:
    upstream.enqueue(reply)

    assert code_of(list(stream(whole_chat_model(upstream, max_retries=0), "Hi"))) == code


# A consumer that leaves


@pytest.mark.alone
@pytest.mark.parametrize("model", [*MODELS, named_model])
def test_leaving_closes_upstream_and_keeps_what_had_come(upstream: ScriptedUpstream, model: Model) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("The ", "sky", gate))
    events = stream(model(upstream), "Hi")
    text = ""
    while text != "The sky":  # which may come in one piece
        event = next(events)
        text += event.text if isinstance(event, Token) else ""

    leave(events, upstream, gate)

    assert events.message is not None
    assert events.message.content == "The sky"


@pytest.mark.alone
def test_leaving_a_model_that_does_not_stream_closes_upstream(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("never", headers_after=gate))
    events = stream(whole_chat_model(upstream), "Hi")
    next(events)

    leave(events, upstream, gate)
