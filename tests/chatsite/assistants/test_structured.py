"""The structured assistant: fields fill in while the model writes, and what is no form is not done."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ai
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.output_parsers import openai_tools
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.json import parse_partial_json
from pytest_django import Settings

from chatsite.accounts.visitor import Visitor
from chatsite.assistants import structured
from chatsite.assistants.base import Turn
from chatsite.assistants.chat_model import model_of
from chatsite.assistants.forms import FORMS, schema_of
from chatsite.server.local_model import MAX_TOKENS, LocalModel
from streaming import stream
from streaming.events import End, Event, Output, Token
from tests.site import Site
from tests.upstream import Cut, Delta, EndlessTokens, ErrorEvent, Reply, ScriptedUpstream
from tests.visitor import Reading
from tests.visitor import Visitor as Person

CONTACT = {
    "name": "Anna Schmidt",
    "organisation": "Example Ltd",
    "email": "anna@example.org",
    "phone": "+49 30 1234567",
    "address": "",
}


def ask(visitor: Person, text: str) -> Reading:
    return visitor.send(text, assistant="structured", option="contact")


def pieces(value: Any, size: int = 7) -> list[str]:
    text = json.dumps(value)
    return [text[start : start + size] for start in range(0, len(text), size)]


def outputs(reading: Reading) -> list[Any]:
    """The form after each patch."""
    value: Any = None
    seen = []
    for event in reading.events:
        if event.name == "output":
            value = jsonpatch.apply_patch(value, event.json["patch"])
            seen.append(value)
    return seen


def test_fields_fill_in_while_the_model_writes(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply('{"name": "Anna', gate, ' Schmidt"', json.dumps(CONTACT)[23:]))

    with ask(site.visitor(), "Anna Schmidt") as reading:
        reading.until("output")
        assert outputs(reading)[-1] == {"name": "Anna"}
        gate.open()
        assert reading.end["status"] == "done"

    assert outputs(reading)[-1] == CONTACT


def test_every_value_in_between_is_a_beginning_of_the_form(site: Site) -> None:
    # What arrives together is one piece: each waits until the one before it was read.
    said = [(piece, site.upstream.gate()) for piece in pieces(CONTACT)]
    site.upstream.enqueue(Reply(*(step for pair in said for step in pair)))

    with ask(site.visitor(), "Anna Schmidt") as reading:
        for _, gate in said:
            reading.until("token")
            gate.open()
        end = reading.end

    seen = outputs(reading)
    assert len(seen) > 10
    for value in seen:
        assert all(CONTACT[name].startswith(text) for name, text in value.items())
    assert seen[-1] == CONTACT
    assert json.loads(reading.text) == CONTACT
    assert end["finish_reason"] == "stop"
    assert end["usage"]["source"] == "reported"


@pytest.mark.parametrize("option", FORMS)
def test_the_server_is_held_to_the_schema_of_the_chosen_form(site: Site, option: str) -> None:
    site.upstream.enqueue(Reply("{", finish="length"))

    with site.visitor().send("Hi", assistant="structured", option=option) as reading:
        assert reading.end["status"] == "done"

    request = site.upstream.requests[0]
    asked = request.json["response_format"]["json_schema"]
    assert asked["strict"] is True
    assert list(asked["schema"]["properties"]) == list(FORMS[option].model_fields)
    for schema in objects_in(asked["schema"]):
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])
    assert [message["role"] for message in request.messages] == ["system", "user"]
    assert request.messages[0]["content"].startswith("You are a helpful assistant.")
    assert all(name in request.messages[0]["content"] for name in FORMS[option].model_fields)
    assert request.json["stream_options"] == {"include_usage": True}


def objects_in(schema: Any) -> list[Any]:
    """The schemas of objects in it, at any depth."""
    if isinstance(schema, list):
        return [found for item in schema for found in objects_in(item)]
    if not isinstance(schema, dict):
        return []
    here = [schema] if schema.get("type") == "object" else []
    return here + [found for value in schema.values() for found in objects_in(value)]


def test_the_first_form_is_filled_in_where_none_was_chosen(site: Site) -> None:
    site.upstream.enqueue(Reply("{", finish="length"))

    with site.visitor().send("Pancakes", assistant="structured") as reading:
        assert reading.end["status"] == "done"

    assert (
        "ingredients"
        in site.upstream.requests[0].json["response_format"]["json_schema"]["schema"]["properties"]
    )


def test_a_form_that_there_is_not_is_refused(site: Site) -> None:
    fields = {"text": "Hi", "assistant": "structured", "option": "sonnet"}

    response = site.visitor().post("/messages/", fields, headers={"Accept": "application/json"})

    assert (response.status_code, response.json()["error"]["code"]) == (400, "no_option")


def test_another_form_can_be_chosen_in_the_same_conversation(site: Site) -> None:
    site.upstream.enqueue(Reply(*pieces(CONTACT)), Reply("{", finish="length"))
    visitor = site.visitor()
    with ask(visitor, "Anna Schmidt") as reading:
        assert reading.end["status"] == "done"

    with visitor.send("Lunch", conversation=reading.start["conversation"], option="event") as reading:
        assert reading.end["status"] == "done"

    second = site.upstream.requests[1]
    assert "place" in second.json["response_format"]["json_schema"]["schema"]["properties"]
    assert second.messages[2]["content"] == json.dumps(CONTACT)


def test_a_form_in_a_code_block_is_taken(site: Site) -> None:
    site.upstream.enqueue(Reply("```json\n", *pieces(CONTACT), "\n```"))

    with ask(site.visitor(), "Anna Schmidt") as reading:
        assert reading.end["status"] == "done"

    assert outputs(reading)[-1] == CONTACT


@pytest.mark.parametrize(
    "reply",
    [
        Reply("I would rather", " not."),
        Reply('{"name": "Anna'),
        Reply('{"name": "Anna"}'),
        Reply(json.dumps(CONTACT | {"phone": ["1"]})),
        Reply("[1, 2]"),
        Reply("null"),
        Reply(Delta({"refusal": "No."})),
        Reply("[" * 5_000),
    ],
    ids=["prose", "cut", "missing", "type", "list", "null", "refusal", "deep"],
)
def test_what_is_no_filled_in_form_fails_in_words_and_the_text_is_kept(site: Site, reply: Reply) -> None:
    site.upstream.enqueue(reply)
    visitor = site.visitor()

    with ask(visitor, "Anna Schmidt") as reading:
        end = reading.end

    assert (end["status"], end["error"]["code"]) == ("failed", "output_invalid")
    assert end["error"]["message"] in visitor.get(f"/c/{reading.start['conversation']}/").text


@pytest.mark.alone
def test_a_form_that_comes_to_no_end_is_ended(site: Site) -> None:
    site.upstream.enqueue(Reply('{"name": "', EndlessTokens("x" * 500)))

    with ask(site.visitor(), "Anna Schmidt") as reading:
        end = reading.end

    assert (end["status"], end["error"]["code"]) == ("failed", "reply_too_long")
    assert site.upstream.requests[0].peer_closed.wait(1)


def test_a_form_that_reached_the_length_limit_says_so(site: Site) -> None:
    site.upstream.enqueue(Reply('{"name": "Anna', finish="length"))

    with ask(site.visitor(), "Anna Schmidt") as reading:
        end = reading.end

    assert (end["status"], end["finish_reason"]) == ("done", "length")
    assert end["usage"]["source"] == "reported"
    assert outputs(reading)[-1] == {"name": "Anna"}


@pytest.mark.parametrize(
    ("step", "code"),
    [(Cut(), "upstream_incomplete"), (None, "upstream_incomplete"), (ErrorEvent(), "upstream_error")],
    ids=["cut", "no finish reason", "error"],
)
def test_json_that_breaks_off_is_kept_and_is_not_done(site: Site, step: Any, code: str) -> None:
    said = ['{"name": "An', 'na"', *([step] if step else [])]
    site.upstream.enqueue(Reply(*said, finish=None))

    with ask(site.visitor(), "Anna Schmidt") as reading:
        end = reading.end

    assert (end["status"], end["error"]["code"]) == ("failed", code)
    assert outputs(reading)[-1] == {"name": "Anna"}


@pytest.mark.alone
@pytest.mark.parametrize("silent", [True, False], ids=["silent", "flowing"])
def test_stop_closes_the_providers_connection_and_keeps_the_fields(site: Site, *, silent: bool) -> None:
    more = site.upstream.gate() if silent else EndlessTokens(every=0.001)
    site.upstream.enqueue(Reply('{"name": "Anna', more))
    visitor = site.visitor()
    with ask(visitor, "Anna Schmidt") as reading:
        reading.until("output")

        assert visitor.stop(reading.start["run"]).status_code == 204

        assert site.upstream.requests[0].peer_closed.wait(1)
        assert reading.end["status"] == "stopped"
    assert outputs(reading)[-1]["name"].startswith("Anna")


def test_the_form_is_filled_in_when_its_reader_leaves(site: Site) -> None:
    gate = site.upstream.gate()
    first, *rest = pieces(CONTACT)
    site.upstream.enqueue(Reply(first, gate, *rest))
    visitor = site.visitor()
    with ask(visitor, "Anna Schmidt") as reading:
        reading.until("token")

    gate.open()

    with visitor.follow(reading.start["run"]) as again:
        assert again.end["status"] == "done"
    assert outputs(again)[-1] == CONTACT


@pytest.mark.alone
def test_a_consumer_who_leaves_the_stream_closes_the_providers_connection(
    configured: ScriptedUpstream,
) -> None:
    configured.enqueue(Reply('{"name": "Anna', configured.gate()))
    turn = Turn([HumanMessage("Anna Schmidt")], Visitor(), option="contact")

    with stream(structured.build(), structured.assistant.input(turn)) as events:
        for event in events:
            if isinstance(event, Output):
                break

    assert configured.requests[0].peer_closed.wait(1)


class OtherModel(BaseChatModel):
    """A model of another provider: it fills a form in as the arguments of a tool."""

    written: list[str]
    reason: str = "tool_use"

    @property
    def _llm_type(self) -> str:
        return "other"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[Any, AIMessage]:
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        raise AssertionError

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for number, piece in enumerate(self.written):
            name = None if number else kwargs["tools"][0]["function"]["name"]
            call = tool_call_chunk(name=name, args=piece, id=None if number else "1", index=0)
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[call]))
        yield ChatGenerationChunk(
            message=AIMessageChunk(content="", response_metadata={"stop_reason": self.reason})
        )


def filled_in_by(model: OtherModel, monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    monkeypatch.setattr(structured, "chat_model", lambda preferences: model)
    turn = Turn([HumanMessage("Anna Schmidt")], Visitor(), option="contact")
    return list(stream(structured.build(), structured.assistant.input(turn)))


def test_another_providers_model_fills_in_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    events = filled_in_by(OtherModel(written=pieces(CONTACT)), monkeypatch)

    value: Any = None
    patches = [event.patch for event in events if isinstance(event, Output)]
    for patch in patches:
        value = jsonpatch.apply_patch(value, patch)
    assert isinstance(end := events[-1], End)
    assert (end.status, value) == ("done", CONTACT)
    assert len(patches) > 10


def test_another_providers_form_that_is_not_filled_in_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    events = filled_in_by(OtherModel(written=['{"name": "Anna"}']), monkeypatch)

    assert isinstance(end := events[-1], End)
    assert end.error
    assert (end.status, end.error.code) == ("failed", "output_invalid")


@pytest.mark.parametrize(
    "text", ['{"name": "' + "x" * 9_000, '{"a": ' + "{]" * 4_500], ids=["long", "broken"]
)
def test_another_providers_form_is_read_once_however_long(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read = 0

    def parse(text: str, **kwargs: Any) -> Any:
        nonlocal read
        read += len(text)
        return parse_partial_json(text, **kwargs)

    for module in (ai, openai_tools):
        monkeypatch.setattr(module, "parse_partial_json", parse)
    written = [text[at : at + 7] for at in range(0, len(text), 7)]

    filled_in_by(OtherModel(written=written, reason="max_tokens"), monkeypatch)

    assert 0 < read < 4 * len(text)


@pytest.mark.model
def test_the_local_model_fills_in_a_form_to_its_end(tmp_path: Path, settings: Settings) -> None:
    settings.CHAT_LOCAL_MODEL, settings.CHAT_MAX_TOKENS = True, MAX_TOKENS
    turn = Turn([HumanMessage("Anna Schmidt, anna@example.org")], Visitor(), option="contact")
    with LocalModel(log=tmp_path / "log") as model:
        settings.CHAT_LOCAL_MODEL_URL = model.url
        model_of.cache_clear()
        try:
            events = list(stream(structured.build(), structured.assistant.input(turn)))
        finally:
            model_of.cache_clear()

    assert isinstance(end := events[-1], End)
    assert (end.status, end.finish_reason) == ("done", "stop")
    assert sum(isinstance(event, Output) for event in events) > 5
    text = "".join(event.text for event in events if isinstance(event, Token))
    FORMS["contact"].model_validate_json(text)


def test_forms_are_bounded_for_the_local_model_only() -> None:
    short = schema_of(FORMS["recipe"], short=True)["schema"]["properties"]
    assert short["title"]["maxLength"] == short["ingredients"]["items"]["properties"]["name"]["maxLength"]
    assert short["ingredients"]["maxItems"] == short["steps"]["maxItems"]
    assert "max" not in json.dumps(schema_of(FORMS["recipe"], short=False))
