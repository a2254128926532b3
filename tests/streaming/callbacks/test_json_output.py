"""JSON that a chain's model writes: partial values as patches, as LangChain parses it."""

import itertools
import json
from typing import Any

import pytest
from langchain_core.output_parsers import (
    JsonOutputKeyToolsParser,
    JsonOutputParser,
    PydanticOutputParser,
)
from langchain_core.runnables import (
    RunnableLambda,
)

from streaming.events import Output
from streaming.response import sse
from tests.streaming.callbacks.stories import (
    STORY,
    Contact,
    pieces,
    title_of,
)
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model
from tests.streaming.reading import code_of, end_of, of_kind, outputs_of, text_of
from tests.streaming.test_growing_json import grows_into
from tests.upstream import Reply, ScriptedUpstream, ToolCall


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
