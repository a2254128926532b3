"""Includes and excludes mean what they mean to LangChain's `astream_events`, on the same runnable."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.language_models import LLM, FakeListChatModel
from langchain_core.output_parsers import JsonOutputParser, StrOutputParser
from langchain_core.outputs import GenerationChunk
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_core.tools import tool

import streaming
from streaming.events import Documents, Event, Token, ToolEnd, ToolStart
from tests.streaming.in_a_loop import LoopThread, Stream
from tests.streaming.models import chat_model, completion_model
from tests.streaming.reading import code_of, leave, outputs_of, text_of
from tests.upstream import ErrorEvent, Reply, ScriptedUpstream

ANSWER = '{"word": "bell"}'
NAMES = ["store", "writer", "reader", "parse", "shout", "finish", "RunnableSequence", "nobody"]
TYPES = ["chain", "chat_model", "llm", "parser", "prompt", "retriever", "tool"]
TAGS = ["public", "private", "seq:step:2", "nothing"]
Filters = Mapping[str, Sequence[str] | None]
ARGUMENTS = [f"{way}_{kind}" for way in ("include", "exclude") for kind in ("names", "types", "tags")]


class Store(BaseRetriever):
    """Finds one document, always."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [Document("a bell", metadata={"source": "bells.txt"})]


def pipeline(chat: Runnable[Any, Any], completion: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """One step of each type, named and tagged: what goes through it is never the same twice."""

    @tool
    def shout(word: str) -> str:
        """Say it louder."""
        return word.upper()

    first_text: Runnable[Any, Any] = RunnableLambda(lambda found: {"text": found[0].page_content})
    rhyme: Runnable[Any, Any] = RunnableLambda(lambda word: f"Rhymes with {word}")
    finish: Runnable[Any, Any] = RunnableLambda(lambda text: f"<{text}>")
    return (
        Store(tags=["private"]).with_config(run_name="store")
        | first_text
        | ChatPromptTemplate.from_template("The word for {text}, in JSON")
        | chat.with_config(run_name="writer", tags=["public"])
        | JsonOutputParser().with_config(run_name="parse", tags=["public"])
        | shout
        | rhyme.with_config(tags=["private"])
        | completion.with_config(run_name="reader", tags=["private"])
        | StrOutputParser()
        | finish.with_config(run_name="finish", tags=["public"])
    )


class Rhymer(LLM):
    """A completion model in this process, which streams."""

    @property
    def _llm_type(self) -> str:
        return "rhymer"

    def _call(self, prompt: str, *_: Any, **__: Any) -> str:
        return "hell, well"

    def _stream(self, prompt: str, stop: Any = None, run_manager: Any = None, **_: Any) -> Any:
        for text in ("hell", ", well"):
            chunk = GenerationChunk(text=text)
            run_manager.on_llm_new_token(text, chunk=chunk)
            yield chunk


def over_http(upstream: ScriptedUpstream) -> Runnable[Any, Any]:
    half = len(ANSWER) // 2
    upstream.on(lambda _: Reply(ANSWER[:half], ANSWER[half:], close=True), path="/v1/chat/completions")
    upstream.on(lambda _: Reply("hell", ", well", close=True), path="/v1/completions")
    return pipeline(chat_model(upstream), completion_model(upstream))


# What both say, in the same words


def ours(stream: Stream, runnable: Runnable[Any, Any], filters: Filters) -> tuple[list[Any], list[Any]]:
    """What our events say happened, neighbouring tokens joined; and the output in the end."""
    events = list(stream(runnable, "Hi", **filters))
    outputs = outputs_of(events)
    return joined(filter(None, map(said_by_us, events))), outputs[-1:]


def said_by_us(event: Event) -> tuple[Any, ...] | None:
    match event:
        case Token(text=text, name=name):
            return ("token", name, text)
        case ToolStart(name=name):
            return ("tool start", name)
        case ToolEnd(name=name, output=output):
            return ("tool end", name, output)
        case Documents(documents=found):
            return ("documents", *(document["text"] for document in found))
    return None


def theirs(loop: LoopThread, runnable: Runnable[Any, Any], filters: Filters) -> tuple[list[Any], list[Any]]:
    """The same, from LangChain's events. The output is that of the first chain that there is, unless
    it only passes on the text of the models."""

    async def collect() -> list[Any]:
        events = runnable.astream_events("Hi", version="v2", **filters)  # type: ignore[call-overload]
        return [event async for event in events]

    events = loop.run(collect())
    said = joined(filter(None, map(said_by_langchain, events)))
    kinds = ("on_chain_start", "on_parser_start")
    outermost = next((event["run_id"] for event in events if event["event"] in kinds), None)
    ends = [
        event["data"]["output"]
        for event in events
        if event["run_id"] == outermost and event["event"].endswith("_end")
    ]
    passed_on = [text for kind, *_, text in said if kind == "token"][-1:]
    return said, [] if ends == passed_on else ends


def said_by_langchain(event: Mapping[str, Any]) -> tuple[Any, ...] | None:
    name, data = event["name"], event["data"]
    match event["event"]:
        case "on_chat_model_stream":
            return ("token", name, data["chunk"].text) if data["chunk"].text else None
        case "on_llm_stream":
            chunk = data["chunk"]
            text = chunk if isinstance(chunk, str) else chunk.text
            return ("token", name, text) if text else None
        case "on_tool_start":
            return ("tool start", name)  # the input of the first event, LangChain replaces by the whole run's
        case "on_tool_end":
            return ("tool end", name, data["output"])
        case "on_retriever_end":
            return ("documents", *(document.page_content for document in data["output"]))
    return None


def joined(said: Any) -> list[Any]:
    """With the tokens of one model made one."""
    result: list[Any] = []
    for key, group in itertools.groupby(said, lambda one: one[:2] if one[0] == "token" else object()):
        items = list(group)
        if isinstance(key, tuple):
            result.append((*key, "".join(text for *_, text in items)))
        else:
            result.extend(items)
    return result


def assert_alike(loop: LoopThread, runnable: Runnable[Any, Any], filters: Filters) -> None:
    """What `stream()`, `astream()` and LangChain say is the same."""
    expected = theirs(loop, runnable, filters)
    assert ours(streaming.stream, runnable, filters) == expected
    assert ours(loop.astream, runnable, filters) == expected


# Success


def test_the_runnable_has_something_of_every_type(upstream: ScriptedUpstream, stream: Stream) -> None:
    said, output = ours(stream, over_http(upstream), {})

    assert said == [
        ("documents", "a bell"),
        ("token", "writer", ANSWER),
        ("tool start", "shout"),
        ("tool end", "shout", "BELL"),
        ("token", "reader", "hell, well"),
    ]
    assert output == ["<hell, well>"]


CHOICES: dict[str, Sequence[Sequence[str] | None]] = {
    "include_names": (None, ["writer", "finish"]),
    "include_types": (None, ["tool", "retriever"]),
    "include_tags": (None, ["private"]),
    "exclude_names": (None, ["reader", "store"]),
    "exclude_types": (None, ["chain", "tool"]),
    "exclude_tags": (None, ["public"]),
}
EVERY_COMBINATION = [
    {name: choice for name, choice in zip(CHOICES, combination, strict=True) if choice}
    for combination in itertools.product(*CHOICES.values())
]


@pytest.mark.parametrize("filters", EVERY_COMBINATION, ids=lambda filters: "-".join(filters) or "none")
def test_filters_choose_what_astream_events_chooses(
    upstream: ScriptedUpstream, loop: LoopThread, filters: Filters
) -> None:
    assert_alike(loop, over_http(upstream), filters)


@pytest.mark.parametrize("argument", ARGUMENTS)
@pytest.mark.parametrize("place", range(max(len(NAMES), len(TYPES), len(TAGS))))
def test_every_single_name_type_and_tag_does_too(
    upstream: ScriptedUpstream, loop: LoopThread, argument: str, place: int
) -> None:
    values = {"names": NAMES, "types": TYPES, "tags": TAGS}[argument.partition("_")[2]]
    filters = {argument: values[place : place + 1]}  # past the end: an empty list, which means nothing

    assert_alike(loop, over_http(upstream), filters)


def some_of(values: list[str]) -> Any:
    return st.none() | st.lists(st.sampled_from(values), max_size=3)


@settings(max_examples=150)
@given(
    st.fixed_dictionaries(
        {name: some_of({"names": NAMES, "types": TYPES, "tags": TAGS}[name[8:]]) for name in ARGUMENTS}
    )
)
def test_any_lists_do_too(loop: LoopThread, filters: Filters) -> None:
    """With models in this process, for there are many."""
    assert_alike(loop, pipeline(FakeListChatModel(responses=[ANSWER]), Rhymer()), filters)


# What a filter does not change


def test_a_reply_that_is_filtered_out_still_counts(upstream: ScriptedUpstream, stream: Stream) -> None:
    events = stream(over_http(upstream), "Hi", include_types=["tool"])
    end = list(events)[-1]

    assert getattr(end, "finish_reason", None) == "stop"
    assert getattr(end, "usage", None) is not None


def test_a_failure_in_a_step_that_is_filtered_out_ends_the_run(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    upstream.enqueue(Reply("x", ErrorEvent("overloaded")))
    model = chat_model(upstream).with_config(run_name="writer")

    events = list(stream(model | StrOutputParser(), "Hi", exclude_names=["writer"]))

    assert text_of(events) == ""
    assert code_of(events) == "upstream_error"


@pytest.mark.alone
def test_leaving_while_a_filtered_model_writes_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("x", gate))
    events = stream(chat_model(upstream), "Hi", exclude_types=["chat_model"])
    next(events)

    leave(events, upstream, gate)
