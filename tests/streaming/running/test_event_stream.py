"""stream(): the events of a run, from a scripted provider over real HTTP."""

import contextvars
import gc
import weakref
from collections.abc import Callable, Generator
from typing import Any

import openai
import pytest
from langchain_core.language_models import FakeListLLM
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import Generation, LLMResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from streaming import astream, stream
from streaming.errors import RunFailed
from streaming.events import End, Error, Event, Start, Token, Usage
from tests.streaming.models import MODELS, chat_model, completion_model, plain_chat_model
from tests.upstream import (
    BAD_JSON,
    Cut,
    ErrorEvent,
    Failure,
    Reply,
    Reset,
    ScriptedUpstream,
    Unframed,
    refusing_url,
)
from tests.upstream import End as EndOfBody
from tests.upstream import Usage as Reported

Model = Callable[[ScriptedUpstream], Runnable[object, object]]


def end_of(events: list[Event]) -> End:
    """The one End, which must be the last event."""
    ends = [event for event in events if isinstance(event, End)]
    assert ends == events[-1:]
    return ends[0]


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Token))


@pytest.mark.parametrize("model", MODELS)
def test_a_model_streams_its_tokens_between_start_and_end(upstream: ScriptedUpstream, model: Model) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("Hel", gate, "lo"))
    events = stream(model(upstream), "Hi")

    start, first = next(events), next(events)
    gate.open()
    *tokens, end = events

    assert isinstance(start, Start)
    assert start.model == "scripted"
    assert [first, *tokens] == [Token("Hel", id=2), Token("lo", id=3)]
    assert isinstance(end, End)
    assert (end.id, end.status, end.finish_reason, end.error) == (4, "done", "stop", None)


def test_a_chain_streams_the_tokens_of_its_model(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Why", " not?"))
    chain = (
        ChatPromptTemplate.from_template("A joke about {topic}") | chat_model(upstream) | StrOutputParser()
    )

    events = list(stream(chain, {"topic": "parrots"}))

    assert text_of(events) == "Why not?"
    assert end_of(events).status == "done"
    assert upstream.requests[0].messages[-1]["content"] == "A joke about parrots"


def test_a_model_invoked_inside_a_chain_streams(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("a", "b"))
    model = chat_model(upstream)
    chain: Runnable[Any, str] = RunnableLambda(lambda text: model.invoke(text).text.upper())

    events = list(stream(chain, "Hi"))

    assert [event.text for event in events if isinstance(event, Token)] == ["a", "b"]


def test_a_model_that_cannot_stream_gives_its_text_as_one_token() -> None:
    events = list(stream(FakeListLLM(responses=["All at once"]), "Hi"))

    assert [event.text for event in events if isinstance(event, Token)] == ["All at once"]
    assert end_of(events).status == "done"


def test_tokens_come_with_the_text_so_far(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Very", " cool", "."))

    pairs = list(stream(completion_model(upstream), "How cool are LLMs?").tokens())

    assert pairs == [("Very", "Very"), (" cool", "Very cool"), (".", "Very cool.")]


def test_a_token_arrives_while_the_provider_still_writes(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("first", gate, "second"))

    with stream(chat_model(upstream), "Hi") as events:
        next(events)
        assert next(events) == Token("first", id=2)
        gate.open()
        assert next(events) == Token("second", id=3)


def test_usage_is_what_the_provider_reported(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("a", "b", usage=Reported(prompt_tokens=11, completion_tokens=7)))

    events = list(stream(chat_model(upstream, stream_usage=True), "Hi"))

    assert end_of(events).usage == Usage(11, 7, "reported")


def test_usage_is_estimated_from_the_text_where_nobody_reports_it(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("x" * 400, usage=None))

    usage = end_of(list(stream(chat_model(upstream), "y" * 40))).usage

    assert usage is not None
    assert usage.source == "estimated"
    assert usage.output_tokens == 100
    assert usage.input_tokens >= 10


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("reply", "text", "code"),
    [
        (Reply("Hel", finish=None), "Hel", "upstream_incomplete"),
        (Reply("Hel", EndOfBody()), "Hel", "upstream_incomplete"),
        (Reply("Hel", Cut()), "Hel", "upstream_incomplete"),
        (Reply("Hel", Reset()), "Hel", "upstream_incomplete"),
        (Reply("Hel", ErrorEvent("overloaded by canary-prompt")), "Hel", "upstream_error"),
        (Reply("Hel", BAD_JSON), "Hel", "upstream_error"),
        (Failure(400, "canary-prompt is bad"), "", "upstream_rejected"),
        (Failure(401), "", "upstream_auth"),
        (Failure(404), "", "upstream_model_missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value),
)
def test_a_failing_provider_ends_the_run_as_failed(
    upstream: ScriptedUpstream, model: Model, reply: Reply | Failure, text: str, code: str
) -> None:
    upstream.enqueue(reply)

    events = list(stream(model(upstream), "canary-prompt"))

    end = end_of(events)
    assert text_of(events) == text
    assert (end.status, end.finish_reason) == ("failed", None)
    assert end.error is not None
    assert end.error.code == code
    assert "canary-prompt" not in end.error.message


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [(429, "upstream_rate_limited", True), (500, "upstream_error", True), (403, "upstream_auth", False)],
)
def test_a_refusal_says_whether_trying_again_may_help(
    upstream: ScriptedUpstream, status: int, code: str, *, retryable: bool
) -> None:
    upstream.enqueue(Failure(status, headers={"Retry-After": "120"}))

    error = end_of(list(stream(chat_model(upstream, max_retries=0), "Hi"))).error

    assert error is not None
    assert (error.code, error.retryable) == (code, retryable)


def test_a_provider_that_is_not_there_ends_the_run_as_failed(upstream: ScriptedUpstream) -> None:
    with refusing_url() as url:
        model = ChatOpenAI(base_url=url, api_key=SecretStr("k"), model="m", max_retries=0)

        error = end_of(list(stream(model, "Hi"))).error

    assert error == Error("upstream_unreachable", "The model's server cannot be reached.", retryable=True)


def test_a_body_that_is_not_http_ends_the_run_as_failed(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", Unframed(b"\xff\xfe not a chunk\r\n")))

    assert end_of(list(stream(chat_model(upstream), "Hi"))).status == "failed"


def test_tokens_raises_what_the_run_raised(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", ErrorEvent("boom")))
    tokens = stream(chat_model(upstream), "Hi").tokens()

    assert next(tokens) == ("Hel", "Hel")
    with pytest.raises(openai.APIError):
        next(tokens)


def test_a_reply_that_broke_off_is_raised_by_tokens_too(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("Hel", finish=None))

    with pytest.raises(RunFailed, match="broke off"):
        list(stream(chat_model(upstream), "Hi").tokens())


def test_a_bug_in_the_runnable_ends_the_run_and_shows_nothing_of_it() -> None:
    def broken(text: str) -> str:
        raise ValueError(f"canary {text}")

    error = end_of(list(stream(RunnableLambda(broken), "prompt"))).error

    assert error == Error("internal", "Something went wrong on this site.", retryable=True)


@pytest.mark.alone
@pytest.mark.parametrize("start", [stream, astream])
def test_what_is_no_runnable_is_refused_where_it_is_given(start: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match="a function is not a LangChain runnable"):
        start(lambda text: text, "Hello")


def test_a_runnable_that_exits_ends_its_run_and_nothing_else() -> None:
    def leave(text: str) -> str:
        raise SystemExit(3)

    assert end_of(list(stream(RunnableLambda(leave), "Hi"))).status == "failed"


def test_text_that_no_store_or_encoder_takes_is_cleaned(upstream: ScriptedUpstream) -> None:
    upstream.enqueue(Reply("a\0b", "\ud83d", "\ude00", "\r\n\r\nevent: end\u2028", "\ud83d"))

    text = text_of(list(stream(chat_model(upstream), "Hi")))

    assert text == "a\ufffdb\U0001f600\r\n\r\nevent: end\u2028\ufffd"


def test_the_runnable_sees_the_callers_context_variables() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    variable.set("set by the caller")
    seen = []

    list(stream(RunnableLambda(lambda _: seen.append(variable.get())), "Hi"))

    assert seen == ["set by the caller"]


def test_nothing_is_asked_before_the_first_event_is_wanted(upstream: ScriptedUpstream) -> None:
    events = stream(chat_model(upstream), "Hi")
    events.close()

    assert upstream.requests == []
    assert list(events) == []


def test_it_is_a_generator() -> None:
    assert isinstance(stream(FakeListLLM(responses=["x"]), "Hi"), Generator)


@pytest.mark.alone
def test_a_stream_that_nobody_holds_any_more_stops_its_run(upstream: ScriptedUpstream) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("a", gate))
    events = stream(chat_model(upstream), "Hi")
    next(events)
    gate.wait_until_reached()
    gone = weakref.ref(events)

    del events
    gc.collect()

    assert gone() is None
    assert upstream.requests[0].peer_closed.wait(1)


def test_a_consumer_that_falls_behind_holds_the_provider_back(
    upstream: ScriptedUpstream, settings: Any
) -> None:
    settings.STREAMING = {"QUEUE_SIZE": 2}
    upstream.enqueue(Reply(*"abcdefgh"))

    with stream(plain_chat_model(upstream), "Hi") as events:
        assert text_of(list(events)) == "abcdefgh"


def test_a_reply_beyond_the_limit_keeps_what_fits(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.STREAMING = {"MAX_CHARACTERS": 10}
    upstream.enqueue(Reply("12345", "x" * 1_000_000, "never"))

    events = list(stream(chat_model(upstream), "Hi"))

    error = end_of(events).error
    assert error is not None
    assert error.code == "reply_too_long"
    assert text_of(events) == "12345"


def test_a_senseless_report_of_usage_costs_no_end() -> None:
    class Odd(FakeListLLM):
        def _generate(self, *args: Any, **kwargs: Any) -> LLMResult:
            totals = {"prompt_tokens": None, "completion_tokens": -1}
            return LLMResult(generations=[[Generation(text="ok")]], llm_output={"token_usage": totals})

    end = end_of(list(stream(Odd(responses=["x"]), "Hi")))

    assert end.status == "done"
    assert end.usage is not None
    assert end.usage.source == "estimated"


def test_an_error_of_a_tools_own_is_not_shown_as_the_providers() -> None:
    def fetch(_: str) -> str:
        raise ConnectionError("canary")

    error = end_of(list(stream(RunnableLambda(fetch), "Hi"))).error

    assert error is not None
    assert error.code == "internal"
