"""LCEL: what chains give as events, from a scripted provider over real HTTP."""

import itertools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypedDict

import pytest
from langchain_core.output_parsers import (
    JsonOutputKeyToolsParser,
    JsonOutputParser,
    PydanticOutputParser,
    PydanticToolsParser,
    StrOutputParser,
)
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import (
    Runnable,
    RunnableGenerator,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
)
from pydantic import BaseModel

import streaming
from streaming.events import Event, Output, Token
from streaming.response import sse
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model, completion_model, plain_chat_model
from tests.streaming.reading import code_of, end_of, leave, of_kind, outputs_of, text_of, until
from tests.streaming.test_growing_json import grows_into
from tests.streaming.upstream.test_cancellation import WITHIN
from tests.upstream import Cut, EndlessTokens, ErrorEvent, Gate, Reply, ScriptedUpstream, ToolCall

STORY = '{"title": "The bell", "people": [{"name": "a thief", "age": 30}], "moral": "It \\"rings\\"\\n."}'
Chain = Callable[[Runnable[Any, Any]], Runnable[Any, Any]]


def pieces(text: str, length: int = 3) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


class Story(TypedDict):
    """A story."""

    title: str
    people: list[dict[str, Any]]
    moral: str


class Contact(BaseModel):
    """How to reach somebody."""

    name: str
    age: int


def title_of(story: Any) -> str:
    """A function that needs the whole input: the stream stops before it."""
    return str(story["title"]).upper()


def titles(stories: Iterator[Any]) -> Iterator[str]:
    """A generator function, which keeps the stream: the pieces of the title, as they come."""
    sent = ""
    for story in stories:
        title = str(story.get("title", ""))
        yield title[len(sent) :]
        sent = title


async def titles_in_a_loop(stories: AsyncIterator[Any]) -> AsyncIterator[str]:
    """The same, where the run is a task of an event loop."""
    sent = ""
    async for story in stories:
        title = str(story.get("title", ""))
        yield title[len(sent) :]
        sent = title


CHAINS: dict[str, Chain] = {
    "text": lambda model: ChatPromptTemplate.from_template("{topic}") | model | StrOutputParser(),
    "json": lambda model: model | JsonOutputParser(),
    "function": lambda model: model | JsonOutputParser() | title_of,
    "generator": lambda model: model | JsonOutputParser() | RunnableGenerator(titles, titles_in_a_loop),
    "parallel": lambda model: RunnableParallel(left=model, right=model),
}


# Text


@pytest.mark.parametrize("model", [chat_model, plain_chat_model, completion_model])
def test_a_chain_that_gives_text_gives_tokens_only(
    upstream: ScriptedUpstream, stream: Stream, model: Callable[..., Runnable[Any, str]]
) -> None:
    upstream.enqueue(Reply("Why", " not", "?"))
    chain = ChatPromptTemplate.from_template("A joke about {topic}") | model(upstream) | StrOutputParser()

    events = list(stream(chain, {"topic": "parrots"}))

    assert [token.text for token in of_kind(Token, events)] == ["Why", " not", "?"]
    assert of_kind(Output, events) == []
    assert end_of(events).status == "done"


def test_the_text_of_a_second_model_is_not_output(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("Which", " bells?"), Reply("Small", " ones."))
    model = chat_model(upstream)

    events = list(stream(model | StrOutputParser() | model | StrOutputParser(), "Bells"))

    assert [token.text for token in of_kind(Token, events)] == ["Which", " bells?", "Small", " ones."]
    assert of_kind(Output, events) == []


# JSON


def test_a_client_has_the_partial_values_of_the_json_parser(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    upstream.enqueue(Reply(*pieces(STORY)), Reply(*pieces(STORY)))
    chain = chat_model(upstream) | JsonOutputParser()
    theirs = list(chain.stream("A story"))

    events = list(stream(chain, "A story"))

    assert len(outputs_of(events)) > 0.8 * len(theirs)  # numbers come whole
    assert outputs_of(events)[-1] == theirs[-1] == json.loads(STORY)
    assert text_of(events) == STORY


def test_a_partial_value_comes_while_the_model_still_writes(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply('{"title": "The', gate, ' bell"}'))

    with stream(chat_model(upstream) | JsonOutputParser(), "A story") as events:
        output = next(event for event in events if isinstance(event, Output))
        assert output.patch == [{"op": "add", "path": "", "value": {"title": "The"}}]
        gate.open()
        assert outputs_of([output, *events])[-1] == {"title": "The bell"}


@pytest.mark.parametrize("characters", [1_000, 8_000])
def test_bytes_of_partial_values_grow_with_the_answer(
    upstream: ScriptedUpstream, stream: Stream, characters: int
) -> None:
    answer = json.dumps({"text": "x" * characters})
    upstream.enqueue(Reply(*pieces(answer, 8)))

    events = list(stream(chat_model(upstream) | JsonOutputParser(), "Hi"))

    assert outputs_of(events)[-1] == json.loads(answer)
    assert sum(len(sse.encode(output)) for output in of_kind(Output, events)) < 12_000 + 24 * characters


def test_json_in_a_fence_is_parsed_as_langchain_parses_it(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("Here:\n```json\n", *pieces(STORY), "\n```"))

    events = list(stream(chat_model(upstream) | JsonOutputParser(), "A story"))

    assert outputs_of(events)[-1] == json.loads(STORY)


ESCAPES = (
    r'{"title":"A\\B","body":"one\ntwo \u4e2d\u6587 \ud83d\ude00 end","n":-1.5e3,"ok":true,'
    r'"list":[1,2,{"k":null}]}'
)
CONTROLS = '{"code": "if x:\r\n\ty = 1", "note": "a\tb"}'
IN_PROSE = (
    "Sure, here `it` is [draft]:\n\n```json\n"
    '{"answer": "Use:\\n```py\\nprint(1)\\n```\\nthen stop.", "refs": [1, 2]}\n```\n\n'
    "See [docs] and {more}.\n"
)
AS_MODELS_WRITE = {
    "escapes": (ESCAPES, json.loads(ESCAPES)),
    "control characters": (CONTROLS, {"code": "if x:\r\n\ty = 1", "note": "a\tb"}),
    "prose": (IN_PROSE, {"answer": "Use:\n```py\nprint(1)\n```\nthen stop.", "refs": [1, 2]}),
    "a list": ('[{"a": 1}, "b"]', [{"a": 1}, "b"]),
    "a text": ('"only this"', "only this"),
}


@pytest.mark.parametrize(("text", "value"), AS_MODELS_WRITE.values(), ids=AS_MODELS_WRITE)
def test_json_as_models_write_it_only_grows(
    upstream: ScriptedUpstream, stream: Stream, text: str, value: Any
) -> None:
    upstream.enqueue(Reply(*text))

    events = list(stream(chat_model(upstream) | JsonOutputParser(), "Hi"))

    states = outputs_of(events)
    assert all(grows_into(before, after) for before, after in itertools.pairwise(states))
    assert states[-1] == value
    assert end_of(events).status == "done"
    json.dumps(states, ensure_ascii=False).encode()  # no half of a pair


def test_the_arguments_of_a_tool_only_grow(upstream: ScriptedUpstream, stream: Stream) -> None:
    other, form = ToolCall("Other", ("{}",)), ToolCall("Form", tuple(ESCAPES), id="call_2", index=1)
    upstream.enqueue(Reply(other, form, finish="tool_calls"))
    parser = JsonOutputKeyToolsParser(key_name="Form", first_tool_only=True)

    events = list(stream(chat_model(upstream) | parser, "Hi"))

    states = outputs_of(events)
    assert all(grows_into(before, after) for before, after in itertools.pairwise(states))
    assert states[-1] == json.loads(ESCAPES)
    assert end_of(events).status == "done"


def test_a_tool_without_arguments_is_an_empty_object(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply(ToolCall("Form", ("",)), finish="tool_calls"))
    parser = JsonOutputKeyToolsParser(key_name="Form", first_tool_only=True)

    events = list(stream(chat_model(upstream) | parser, "Hi"))

    assert (outputs_of(events), end_of(events).status) == ([{}], "done")


@pytest.mark.parametrize("text", ['{"a": 1, "b": True}', '{"a": 1, b: 2}', '{"a": 1 "b": 2}'])
def test_an_object_that_breaks_fails_after_what_it_had(
    upstream: ScriptedUpstream, stream: Stream, text: str
) -> None:
    upstream.enqueue(Reply(*pieces(text)))

    events = list(stream(chat_model(upstream) | JsonOutputParser(), "Hi"))

    assert outputs_of(events)[-1] == {"a": 1}
    assert code_of(events) == "output_invalid"


def test_a_model_that_is_no_longer_valid_fails(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply('{"name": "Ada", "age": 36, ', '"extra": [1]}'))
    strict = type("Strict", (Contact,), {"model_config": {"extra": "forbid"}, "__doc__": "Nothing else."})
    chain = chat_model(upstream) | PydanticOutputParser(pydantic_object=strict)

    events = list(stream(chain, "Hi"))

    assert outputs_of(events) == [{"name": "Ada", "age": 36}]
    assert code_of(events) == "output_invalid"


def test_a_parser_of_ones_own_reads_for_itself(upstream: ScriptedUpstream, stream: Stream) -> None:
    class Wrapped(JsonOutputParser):
        def parse_result(self, result: Any, *, partial: bool = False) -> Any:
            return {"wrapped": super().parse_result(result, partial=partial)}

    upstream.enqueue(Reply('{"a"', ": 1}"))

    assert outputs_of(stream(chat_model(upstream) | Wrapped(), "Hi"))[-1] == {"wrapped": {"a": 1}}


def test_langchains_parser_is_not_asked_again_for_each_piece(
    upstream: ScriptedUpstream, stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(JsonOutputParser, "parse_result", lambda *given, **options: asked.append(given))
    upstream.enqueue(Reply(*pieces(STORY)))

    events = list(stream(chat_model(upstream) | JsonOutputParser(), "Hi"))

    assert outputs_of(events)[-1] == json.loads(STORY)
    assert not asked


def test_text_that_is_not_json_fails_after_its_tokens(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("I'd ", "rather not."))
    chain = chat_model(upstream) | JsonOutputParser() | RunnableLambda(title_of)

    events = list(stream(chain, "A story"))

    assert text_of(events) == "I'd rather not."
    assert code_of(events) == "output_invalid"


@pytest.mark.parametrize("text", ['{"n": NaN}', '{"n": -Infinity}', '{"a": "\\u0000"}', '{"a": "\\ud83d"}'])
def test_json_that_a_model_writes_can_be_stored(
    upstream: ScriptedUpstream, stream: Stream, text: str
) -> None:
    def refuse(constant: str) -> Any:
        pytest.fail(f"{constant} is not JSON")

    upstream.enqueue(Reply(*pieces(text)))

    for event in stream(chat_model(upstream) | JsonOutputParser(), "Hi"):
        data = sse.encode(event).decode().split("data: ")[1]
        stored = json.dumps(json.loads(data, parse_constant=refuse), ensure_ascii=False)
        if isinstance(event, Output):
            assert "\\u0000" not in stored
            assert "?" not in stored


# Structured output, by a schema


METHODS = ["json_schema", "json_mode", "function_calling"]
by_every_method = pytest.mark.parametrize("method", METHODS)
by_every_schema = pytest.mark.parametrize("schema", [Story, Contact], ids=["typed", "pydantic"])


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


# Functions


def test_a_final_functions_result_is_the_output(upstream: ScriptedUpstream, stream: Stream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply('{"title": ', gate, '"The bell"}'))

    with stream(CHAINS["function"](chat_model(upstream)), "A story") as events:
        next(events)
        assert next(events) == Token('{"title": ', id=2)
        gate.open()
        rest = list(events)

    assert outputs_of(rest) == ["THE BELL"]
    assert of_kind(Output, rest)[0].id == end_of(rest).id - 1


def test_a_generator_functions_pieces_are_the_output_as_they_come(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply('{"title": "The', gate, " bell", '", "moral": ""}'))

    with stream(CHAINS["generator"](chat_model(upstream)), "A story") as events:
        first = next(event for event in events if isinstance(event, Output))
        assert outputs_of([first]) == ["The"]
        gate.open()
        assert outputs_of([first, *events]) == ["The", "The bell"]


def test_a_function_gives_its_models_tokens_and_its_result(
    upstream: ScriptedUpstream,
    stream: Stream,
) -> None:
    upstream.enqueue(Reply("Hel", "lo"))
    model = chat_model(upstream)
    shout: Runnable[str, str] = RunnableLambda(lambda text: model.invoke(text).text.upper())

    events = list(stream(shout, "Hi"))

    assert [token.text for token in of_kind(Token, events)] == ["Hel", "lo"]
    assert outputs_of(events) == ["HELLO"]


# Parallel branches


def by_content(left: Reply, right: Reply) -> Callable[..., Reply]:
    return lambda request: left if "left" in request.messages[-1]["content"] else right


def branches(upstream: ScriptedUpstream) -> Runnable[Any, Any]:
    """Two models side by side, which are asked for different things."""

    def branch(name: str) -> Runnable[Any, str]:
        model = chat_model(upstream).with_config(run_name=name)
        return ChatPromptTemplate.from_template(name + " {topic}") | model | StrOutputParser()

    return RunnableParallel(left=branch("left"), right=branch("right"))


def test_the_tokens_of_parallel_branches_are_told_apart(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.on(by_content(Reply(*pieces("on the left")), Reply(*pieces("on the right"))))

    events = list(stream(branches(upstream), {"topic": "x"}))

    tokens = of_kind(Token, events)
    assert text_of([token for token in tokens if token.name == "left"]) == "on the left"
    assert text_of([token for token in tokens if token.name == "right"]) == "on the right"
    assert len({token.step for token in tokens}) == 2
    assert outputs_of(events)[-1] == {"left": "on the left", "right": "on the right"}


def test_tokens_of_branches_have_their_writers_number(
    upstream: ScriptedUpstream,
    stream: Stream,
) -> None:
    gates = {"left": upstream.gate(), "right": upstream.gate()}
    upstream.on(by_content(Reply("l", gates["left"], "L"), Reply("r", gates["right"], "R")))
    shout: Runnable[str, str] = RunnableLambda(str.upper)  # runs when its model has ended
    left = chat_model(upstream).with_config(run_name="left")
    right = chat_model(upstream).with_config(run_name="right")
    both: Runnable[Any, Any] = RunnableParallel(
        left=ChatPromptTemplate.from_template("left {topic}") | left | StrOutputParser(),
        right=ChatPromptTemplate.from_template("right {topic}") | right | StrOutputParser() | shout,
    )

    with stream(both, {"topic": "x"}) as events:
        began: list[Event] = []
        while not {"l", "r"} <= {event.text for event in of_kind(Token, began)}:
            began.append(next(events))
        gates["right"].open()
        before = began + list(
            itertools.takewhile(lambda event: not (isinstance(event, Output) and "RR" in repr(event)), events)
        )
        gates["left"].open()
        tokens = of_kind(Token, [*before, *events])

    by_text = {token.text: token for token in tokens}
    told = {text: token.data() for text, token in by_text.items()}
    assert (told["l"]["name"], told["r"]["name"]) == ("left", "right")
    assert {told["l"]["writer"], told["r"]["writer"]} == {1, 2}
    for first, rest in (("l", "L"), ("r", "R")):
        assert told[rest].get("writer", 1) == told[first]["writer"]
        assert set(told[rest]) <= {"text", "writer"}


# Failure in the middle


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize(
    ("ending", "code"),
    [(Cut(), "upstream_incomplete"), (ErrorEvent("overloaded"), "upstream_error")],
    ids=["cut", "error"],
)
def test_a_chain_fails_after_the_tokens_that_had_come(
    upstream: ScriptedUpstream, stream: Stream, name: str, ending: Any, code: str
) -> None:
    upstream.on(lambda _: Reply('{"title": "The', ending))

    events = list(stream(CHAINS[name](chat_model(upstream, max_retries=0)), "A story"))

    assert code_of(events) == code
    assert text_of(events).startswith('{"title": "The')


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


def test_a_chain_without_a_finish_reason_fails(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply(*pieces(STORY), finish=None))

    assert code_of(list(stream(CHAINS["json"](chat_model(upstream)), "A story"))) == "upstream_incomplete"


def test_a_failing_branch_fails_the_run_at_its_end(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.on(by_content(Reply("l", gate, "L"), Reply("r", ErrorEvent("overloaded"))))

    events = streaming.stream(branches(upstream), {"topic": "x"})
    next(events)
    gate.wait_until_reached()
    gate.open()  # LangChain waits for every branch

    assert code_of(list(events)) == "upstream_error"


def test_in_a_loop_one_branch_that_fails_ends_the_others(upstream: ScriptedUpstream, astream: Stream) -> None:
    gates = [upstream.gate(), upstream.gate()]
    upstream.on(by_content(Reply("l", gates[0]), Reply("r", gates[1], ErrorEvent("overloaded"))))
    events = astream(branches(upstream), {"topic": "x"})
    for _ in gates:
        until(Token, events)

    gates[1].open()

    assert code_of(list(events)) == "upstream_error"
    assert all(request.peer_closed.wait(WITHIN) for request in upstream.requests)


# A consumer that leaves


by_every_client = pytest.mark.parametrize(
    ("stream", "model"),
    [("stream", chat_model), ("stream", plain_chat_model), ("astream", plain_chat_model)],
    indirect=["stream"],
)
"""In a loop both models have the same client."""


@pytest.mark.alone
@by_every_client
@pytest.mark.parametrize("name", CHAINS)
def test_leaving_a_chain_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream, name: str, model: Callable[..., Runnable[Any, Any]]
) -> None:
    gates: list[Gate] = [upstream.gate(), upstream.gate()]
    wanted = 2 if name == "parallel" else 1
    upstream.enqueue(*(Reply('{"title": "The', gate) for gate in gates[:wanted]))
    events = stream(CHAINS[name](model(upstream)), "A story")
    for _ in gates[:wanted]:
        until(Token, events)

    leave(events, upstream)


@pytest.mark.alone
@by_every_client
@pytest.mark.parametrize("name", CHAINS)
def test_leaving_a_chain_while_tokens_flow_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream, name: str, model: Callable[..., Runnable[Any, Any]]
) -> None:
    upstream.on(lambda _: Reply('{"title": "The', EndlessTokens(" bell")))
    events = stream(CHAINS[name](model(upstream)), "A story")
    for _ in range(20):
        next(events)
    upstream.wait_for_request(2 if name == "parallel" else 1)

    leave(events, upstream)


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
