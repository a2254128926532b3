"""Structured output by a schema: forms that fill in, break off, or never fit."""

import json
from typing import Any

import pytest
from langchain_core.output_parsers import (
    JsonOutputParser,
    PydanticOutputParser,
    PydanticToolsParser,
)
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import (
    Runnable,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
)

from tests.streaming.callbacks.stories import (
    STORY,
    Contact,
    Story,
    by_content,
    by_every_method,
    by_every_schema,
    pieces,
    title_of,
)
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model
from tests.streaming.reading import code_of, end_of, leave, outputs_of, text_of
from tests.upstream import Cut, ErrorEvent, Reply, ScriptedUpstream, ToolCall


@pytest.mark.parametrize(
    "schema", [Story, {**Contact.model_json_schema(), "title": "Story"}], ids=["typed", "json"]
)
@by_every_method
def test_a_schema_fills_in_as_the_model_writes(
    upstream: ScriptedUpstream, stream: Stream, schema: Any, method: Any
) -> None:
    by_tool = method == "function_calling"
    call = ToolCall("Story", tuple(pieces(STORY)))
    reply = Reply(call, finish="tool_calls") if by_tool else Reply(*pieces(STORY))
    upstream.enqueue(reply, reply)
    chain = chat_model(upstream).with_structured_output(schema, method=method)
    theirs = list(chain.stream("A story"))

    events = list(stream(chain, "A story"))

    assert len(theirs) > 5
    assert len(outputs_of(events)) > 0.8 * len(theirs)  # numbers come whole
    assert outputs_of(events)[-1] == theirs[-1] == json.loads(STORY)
    assert text_of(events) == ("" if by_tool else STORY)


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")  # of langchain-openai
@by_every_method
def test_a_pydantic_model_is_the_output_as_soon_as_it_is_valid(
    upstream: ScriptedUpstream, stream: Stream, method: Any
) -> None:
    text = '{"name": "Ada", "age": 36}'
    call = ToolCall("Contact", tuple(pieces(text)))
    reply = Reply(call, finish="tool_calls") if method == "function_calling" else Reply(*pieces(text))
    upstream.enqueue(reply, reply)
    chain = chat_model(upstream).with_structured_output(Contact, method=method)
    theirs = list(chain.stream("Hi"))

    events = list(stream(chain, "Hi"))

    expected = [contact.model_dump() for contact in theirs]  # type: ignore[union-attr]
    assert outputs_of(events) in (expected, expected[-1:])  # where numbers come whole
    assert outputs_of(events)[-1] == {"name": "Ada", "age": 36}


CUT_SHORT = '{"name": "Ada", "a'
LENGTH = {"finish": "length"}


def reply_by(method: str, text: str, **how: Any) -> Reply:
    """A reply as a model gives it that is asked by the method."""
    return Reply(ToolCall("Contact", (text,)), **how) if method == "function_calling" else Reply(text, **how)


@pytest.mark.parametrize("include_raw", [False, True], ids=["parsed", "raw"])
@pytest.mark.parametrize(
    ("text", "how"), [('{"name": 1}', {}), (CUT_SHORT, LENGTH), ("No.", {})], ids=["shape", "cut", "no JSON"]
)
@by_every_method
def test_an_answer_that_never_fits_the_schema_fails_without_output(
    upstream: ScriptedUpstream, stream: Stream, method: Any, text: str, how: Any, include_raw: bool
) -> None:
    upstream.enqueue(reply_by(method, text, **how))
    chain = chat_model(upstream).with_structured_output(Contact, method=method, include_raw=include_raw)

    events = list(stream(chain, "Hi"))

    assert code_of(events) == "output_invalid"
    assert include_raw or outputs_of(events) == []
    assert text_of(events) == ("" if method == "function_calling" else text)


@by_every_method
def test_an_object_that_the_length_limit_cuts_fails(
    upstream: ScriptedUpstream, stream: Stream, method: Any
) -> None:
    upstream.enqueue(reply_by(method, CUT_SHORT, **LENGTH))
    chain = chat_model(upstream).with_structured_output(Contact.model_json_schema(), method=method)

    events = list(stream(chain, "Hi"))

    assert code_of(events) == "output_invalid"
    assert {"name": "Ada"} in outputs_of(events)


@pytest.mark.parametrize("text", ['{"name": 1}', "No."], ids=["shape", "no JSON"])
@pytest.mark.parametrize("then", [RunnablePassthrough(), RunnableLambda(title_of)], ids=["last", "inner"])
def test_a_parser_that_fails_ends_the_run_wherever_it_stands(
    upstream: ScriptedUpstream, stream: Stream, then: Runnable[Any, Any], text: str
) -> None:
    upstream.enqueue(Reply(text))
    chain = chat_model(upstream) | PydanticOutputParser(pydantic_object=Contact) | then

    assert code_of(list(stream(chain, "Hi"))) == "output_invalid"


def test_a_parser_fails_the_run_whatever_another_branch_does(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    upstream.on(by_content(Reply("No."), Reply('{"a": 1}')))
    model = chat_model(upstream)
    right = ChatPromptTemplate.from_template("right") | model | JsonOutputParser()
    chain = RunnableParallel(
        left=ChatPromptTemplate.from_template("left") | model | JsonOutputParser(),
        right=right | right,
    )

    assert code_of(list(stream(chain, {}))) == "output_invalid"


def test_an_answer_that_fits_when_asked_again_is_done(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("No."), Reply('{"name": "Ada", "age": 36}'))
    contact = chat_model(upstream).with_structured_output(Contact, method="json_mode")

    def until_it_fits(question: str) -> Any:
        while not (found := list(contact.stream(question))):
            pass
        return found[-1]

    events = list(stream(RunnableLambda(until_it_fits), "Hi"))

    assert end_of(events).status == "done"
    assert outputs_of(events) == [{"name": "Ada", "age": 36}]


def test_a_model_that_may_call_a_tool_may_write_text(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("Hello."))
    parser = PydanticToolsParser(tools=[Contact], first_tool_only=True)

    events = list(stream(chat_model(upstream).bind_tools([Contact]) | parser, "Hi"))

    assert (end_of(events).status, text_of(events)) == ("done", "Hello.")


def begun(schema: type[Any], method: str, *then: Any) -> Reply:
    """The beginning of a reply in the form of the schema, and what comes then."""
    text = '{"title": "The' if schema is Story else '{"name": "Ada'
    by_tool = method == "function_calling"
    return Reply(ToolCall(schema.__name__, (text,)) if by_tool else text, *then)


@by_every_method
@by_every_schema
@pytest.mark.parametrize(
    ("ending", "code"),
    [(Cut(), "upstream_incomplete"), (ErrorEvent("overloaded"), "upstream_error")],
    ids=["cut", "error"],
)
def test_a_form_that_breaks_off_keeps_its_half(
    upstream: ScriptedUpstream, stream: Stream, schema: type[Any], method: Any, ending: Any, code: str
) -> None:
    upstream.enqueue(begun(schema, method, ending))
    model = chat_model(upstream, max_retries=0)

    events = list(stream(model.with_structured_output(schema, method=method), "A story"))

    assert code_of(events) == code
    whole = [{"title": "The"}] if schema is Story else []  # half a Pydantic model is none
    assert outputs_of(events)[-1:] == whole


@pytest.mark.alone
@by_every_method
@by_every_schema
def test_leaving_while_the_model_fills_in_a_form_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream, schema: type[Any], method: Any
) -> None:
    gate = upstream.gate()
    upstream.enqueue(begun(schema, method, gate))
    events = stream(chat_model(upstream).with_structured_output(schema, method=method), "A story")
    next(events)

    leave(events, upstream, gate)
