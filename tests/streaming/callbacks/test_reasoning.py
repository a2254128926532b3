"""What a model says to itself: events of its own, from wherever its provider puts it, and never the text."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from streaming.events import End, Event, Reasoning, Token, Usage
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model, reasoning_model
from tests.streaming.reading import code_of, end_of, leave, outputs_of
from tests.upstream import Cut, Delta, EndlessTokens, ErrorEvent, Reply, ScriptedUpstream
from tests.upstream import End as Over
from tests.upstream import Reasoning as Thought
from tests.upstream import Usage as Reported

FIELDS = ["reasoning_content", "reasoning", "reasoning_text"]


class Contact(BaseModel):
    """How to reach somebody."""

    name: str


def said(events: Iterable[Event]) -> list[tuple[str, str]]:
    """What the model wrote, and which of it is reasoning. What arrives together comes in one event."""
    written = [event for event in events if isinstance(event, Reasoning | Token)]
    parts = itertools.groupby(written, key=lambda event: event.event)
    return [(kind, "".join(event.text for event in part)) for kind, part in parts]


# Beside the text, in a field that OpenAI's schema does not have


@pytest.mark.parametrize("field", FIELDS)
def test_reasoning_beside_the_text_is_events_whatever_its_field(
    upstream: ScriptedUpstream, stream: Stream, field: str
) -> None:
    upstream.enqueue(Reply(Thought("They ", field), Thought("greet.", field), "Hel", "lo"))

    events = list(stream(reasoning_model(upstream), "Hi"))

    assert said(events) == [("reasoning", "They greet."), ("token", "Hello")]
    assert end_of(events).status == "done"


@pytest.mark.parametrize("field", FIELDS)
def test_a_reply_that_comes_all_at_once_has_its_reasoning_too(
    upstream: ScriptedUpstream, stream: Stream, field: str
) -> None:
    upstream.enqueue(Reply(Thought("They greet.", field), "Hello"))

    events = list(stream(reasoning_model(upstream, disable_streaming=True), "Hi"))

    assert not upstream.requests[0].streams
    assert said(events) == [("reasoning", "They greet."), ("token", "Hello")]


def test_reasoning_before_structured_output_comes_once(upstream: ScriptedUpstream, stream: Stream) -> None:
    """LangChain streams a JSON schema through another part of OpenAI's client."""
    upstream.enqueue(Reply(Thought("They are "), Thought("Ada."), '{"name": ', '"Ada"}'))
    chain = reasoning_model(upstream).with_structured_output(
        Contact.model_json_schema(), method="json_schema"
    )

    events = list(stream(chain, "Hi"))

    assert said(events) == [("reasoning", "They are Ada."), ("token", '{"name": "Ada"}')]
    assert outputs_of(events)[-1] == {"name": "Ada"}


# In blocks of the content


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")  # content is text, to OpenAI
@pytest.mark.parametrize(
    "block",
    [
        {"type": "thinking", "thinking": "They greet."},
        {"type": "thinking", "thinking": [{"type": "text", "text": "They greet."}]},
        {"type": "reasoning", "reasoning": "They greet."},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "They greet."}]},
    ],
    ids=["Anthropic's", "Mistral's", "LangChain's", "a summary"],
)
def test_blocks_of_reasoning_are_events_and_blocks_of_text_are_text(
    upstream: ScriptedUpstream, stream: Stream, block: dict[str, Any]
) -> None:
    text = {"type": "text", "text": "Hello"}
    upstream.enqueue(Reply(Delta({"content": [block]}), Delta({"content": [text]})))

    events = list(stream(chat_model(upstream), "Hi"))

    assert said(events) == [("reasoning", "They greet."), ("token", "Hello")]
    assert end_of(events).status == "done"


class InBlocks(BaseChatModel):
    """A model of somebody else's that gives each token as a list."""

    @property
    def _llm_type(self) -> str:
        return "in-blocks"

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise NotImplementedError

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        contents: list[list[str | dict[str, Any]]] = [
            [{"type": "text", "text": "Hel", "index": 0}],
            [{"type": "text", "text": "lo", "index": 0}],
            [{"type": "thinking", "thinking": "hm", "index": 1}],
            [{"type": "input_json_delta", "partial_json": "{", "index": 2}],
            ["plain"],
            [],
        ]
        for content in contents:
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=content))
            if run_manager:
                run_manager.on_llm_new_token(content, chunk=chunk)
            yield chunk


def test_a_token_that_is_a_list_is_what_its_blocks_say(stream: Stream) -> None:
    assert said(list(stream(InBlocks(), "Hi"))) == [
        ("token", "Hello"),
        ("reasoning", "hm"),
        ("token", "plain"),
    ]


RESPONSES: list[dict[str, Any]] = [
    {"use_responses_api": True},
    {"use_responses_api": True, "output_version": "v1"},
]
"""OpenAI's other API, in its own blocks and in LangChain's."""


@pytest.mark.parametrize("options", RESPONSES, ids=["responses", "v1"])
def test_summaries_of_the_responses_api_are_events(
    upstream: ScriptedUpstream, stream: Stream, options: dict[str, Any]
) -> None:
    upstream.enqueue(Reply(Thought("They "), Thought("greet."), "Hel", "lo", usage=Reported(11, 7)))

    events = list(stream(chat_model(upstream, **options), "Hi"))

    assert [request.path for request in upstream.requests] == ["/v1/responses"]
    assert said(events) == [("reasoning", "They greet."), ("token", "Hello")]
    assert end_of(events) == End(
        status="done", finish_reason="completed", usage=Usage(11, 7, "reported"), id=len(events)
    )


def test_a_response_that_was_cut_short_says_why(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply(Thought("They greet."), "Hel", finish="max_output_tokens"))

    end = end_of(list(stream(chat_model(upstream, use_responses_api=True), "Hi")))

    assert (end.status, end.finish_reason) == ("done", "max_output_tokens")


# Failure in the middle


def reasoning_beside(upstream: ScriptedUpstream) -> Runnable[Any, Any]:
    return reasoning_model(upstream, max_retries=0)


def reasoning_in_blocks(upstream: ScriptedUpstream) -> Runnable[Any, Any]:
    return chat_model(upstream, use_responses_api=True, max_retries=0)


Model = Callable[[ScriptedUpstream], Runnable[Any, Any]]
by_both_models = pytest.mark.parametrize("model", [reasoning_beside, reasoning_in_blocks])


@pytest.mark.parametrize(
    ("model", "ending", "code"),
    [
        (reasoning_beside, ErrorEvent("overloaded"), "upstream_error"),
        (reasoning_beside, Cut(), "upstream_incomplete"),
        (reasoning_in_blocks, ErrorEvent("overloaded"), "internal"),  # LangChain makes a ValueError of it
        (reasoning_in_blocks, Cut(), "upstream_incomplete"),
    ],
    ids=["beside-error", "beside-cut", "blocks-error", "blocks-cut"],
)
def test_a_failure_while_reasoning_leaves_no_text(
    upstream: ScriptedUpstream, stream: Stream, model: Model, ending: Any, code: str
) -> None:
    upstream.enqueue(Reply(Thought("They "), ending))

    events = list(stream(model(upstream), "Hi"))

    assert said(events) == [("reasoning", "They ")]
    assert code_of(events) == code


@by_both_models
def test_a_reply_that_ends_after_its_reasoning_broke_off(
    upstream: ScriptedUpstream, stream: Stream, model: Model
) -> None:
    upstream.enqueue(Reply(Thought("They "), Over()))

    assert code_of(list(stream(model(upstream), "Hi"))) == "upstream_incomplete"


# A consumer that leaves


@pytest.mark.alone
@by_both_models
def test_leaving_in_the_middle_of_reasoning_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream, model: Model
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply(Thought("They "), gate, Thought("greet."), "Hello"))
    events = stream(model(upstream), "Hi")
    while not isinstance(next(events), Reasoning):
        pass

    leave(events, upstream, gate)


@pytest.mark.alone
@by_both_models
def test_leaving_while_reasoning_flows_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream, model: Model
) -> None:
    upstream.enqueue(Reply(EndlessTokens("hm ", field="reasoning_content")))
    events = stream(model(upstream), "Hi")
    for _ in range(20):
        next(events)

    leave(events, upstream)
