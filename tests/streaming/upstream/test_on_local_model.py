"""Every kind of runnable on a real model: the one in the box, over llama.cpp's own server.

What the model says is its own affair; that it arrives, in which events, and how it ends, is ours. The other
tests have the faults, from a scripted provider, and the tools: the model is too small to call them.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain.chat_models import init_chat_model
from langchain_core.output_parsers import JsonOutputParser, StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableGenerator, RunnableLambda, RunnableParallel
from langchain_core.runnables import RunnablePassthrough as Passed
from langchain_openai import ChatOpenAI, OpenAI
from pydantic import SecretStr

from chatsite.server.local_model import NAME, LocalModel
from streaming import astream, stream
from streaming.events import Documents, Event, Output, Token
from streaming.upstream import http_client
from tests.server import ROOT, environment
from tests.streaming.callbacks.test_retrieval import words
from tests.streaming.reading import end_of, of_kind, outputs_of, text_of

pytestmark = pytest.mark.model

FEW = 8
"""Tokens: one takes some ten milliseconds."""
CONTACT = {
    "title": "contact",
    "description": "How to reach somebody.",
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "city": {"type": "string", "maxLength": 20},
    },
    "required": ["name", "city"],
    "additionalProperties": False,
}


@pytest.fixture
def url(local_model: LocalModel) -> str:
    return local_model.url


def chat(url: str, **options: Any) -> ChatOpenAI:
    return ChatOpenAI(
        base_url=url,
        api_key=SecretStr("local"),
        model=NAME,
        http_client=http_client(),
        stream_usage=True,
        **{"max_tokens": FEW, **options},
    )


def completion(url: str, **options: Any) -> OpenAI:
    return OpenAI(
        base_url=url,
        api_key=SecretStr("local"),
        model=NAME,
        http_client=http_client(),
        **{"max_tokens": FEW, **options},
    )


def by_name(url: str) -> Runnable[Any, Any]:
    return init_chat_model(
        NAME,
        model_provider="openai",
        base_url=url,
        api_key="local",
        max_tokens=FEW,
        http_client=http_client(),
    )


def done(events: list[Event]) -> list[Event]:
    """The same, of a run that has ended well."""
    assert end_of(events).status == "done"
    return events


@pytest.mark.parametrize("make", [chat, completion, by_name])
def test_a_model_streams_tokens_that_add_up(url: str, make: Any) -> None:
    with stream(make(url), "The sky is") as reading:
        events = done(list(reading))
        message = reading.message

    tokens = of_kind(Token, events)
    assert 3 <= len(tokens) <= FEW
    assert message is not None
    assert message.text == text_of(events) != ""
    assert end_of(events).finish_reason == "length"


def test_a_chat_models_usage_is_the_servers(url: str) -> None:
    usage = end_of(list(stream(chat(url), "Say hello."))).usage

    assert usage is not None
    assert (usage.output_tokens, usage.source) == (FEW, "reported")


def test_a_model_that_does_not_stream_gives_its_text_as_one_token(url: str) -> None:
    events = done(list(stream(chat(url, disable_streaming=True), "Say hello.")))

    assert len(of_kind(Token, events)) == 1
    assert text_of(events)


def test_tokens_come_with_the_text_so_far(url: str) -> None:
    said = list(stream(chat(url), "Say hello.").tokens())

    assert said[-1][1] == "".join(token for token, _ in said)


def test_a_chain_of_prompt_model_and_parser_streams(url: str) -> None:
    chain = ChatPromptTemplate.from_template("A word about {topic}.") | chat(url) | StrOutputParser()

    events = done(list(stream(chain, {"topic": "parrots"})))

    assert len(of_kind(Token, events)) >= 3
    assert of_kind(Output, events) == []


def by_schema(model: ChatOpenAI) -> Runnable[Any, Any]:
    return model.with_structured_output(CONTACT, method="json_schema")


def by_parser(model: ChatOpenAI) -> Runnable[Any, Any]:
    form = {"type": "json_schema", "json_schema": {"name": "contact", "schema": CONTACT}}
    return model.bind(response_format=form) | JsonOutputParser()


@pytest.mark.parametrize("chain", [by_schema, by_parser])
def test_fields_fill_in_while_the_model_writes_them(
    url: str, chain: Callable[[ChatOpenAI], Runnable[Any, Any]]
) -> None:
    model = chat(url, max_tokens=64, temperature=0)

    events = done(list(stream(chain(model), "Ada Lovelace lives in London.")))

    states = outputs_of(events)
    assert len(states) > 2
    assert set(states[0]) < set(states[-1]) == {"name", "city"}
    assert all(len(value) <= 20 for value in states[-1].values())


def test_a_function_at_the_end_and_one_that_keeps_the_stream(url: str) -> None:
    def shout(pieces: Iterator[str]) -> Iterator[str]:
        for piece in pieces:
            yield piece.upper()

    text = chat(url) | StrOutputParser()
    at_the_end = done(list(stream(text | RunnableLambda(len), "Say hello.")))
    kept = done(list(stream(text | RunnableGenerator(shout), "Say hello.")))

    assert outputs_of(at_the_end) == [len(text_of(at_the_end))]
    assert outputs_of(kept)[-1] == text_of(kept).upper()
    assert len(of_kind(Output, kept)) >= 3


def test_documents_come_before_the_tokens(url: str) -> None:
    prompt = ChatPromptTemplate.from_template("From {context}\n\nanswer {question}")
    chain: Runnable[str, str] = (
        {"context": words(), "question": Passed()} | prompt | chat(url) | StrOutputParser()
    )

    events = done(list(stream(chain, "what do bears like")))

    (documents,) = of_kind(Documents, events)
    assert [document["text"] for document in documents.documents][-1] == "bears like honey"
    assert documents.id < of_kind(Token, events)[0].id


def test_branches_side_by_side_are_told_apart(url: str) -> None:
    both = RunnableParallel(
        left=chat(url).with_config(run_name="left") | StrOutputParser(),
        right=chat(url).with_config(run_name="right") | StrOutputParser(),
    )

    events = done(list(stream(both, "Say hello.")))

    said = {
        name: text_of(token for token in of_kind(Token, events) if token.name == name)
        for name in ("left", "right")
    }
    assert all(said.values())
    assert outputs_of(events)[-1] == said


def test_filters_choose_the_steps_that_are_shown(url: str) -> None:
    both = RunnableParallel(
        left=chat(url).with_config(run_name="left"), right=chat(url).with_config(run_name="right")
    )

    events = done(list(stream(both, "Say hello.", include_names=["left"])))

    assert {token.name for token in of_kind(Token, events)} == {"left"}


def test_the_asynchronous_twin_gives_the_same_events(url: str) -> None:
    async def run() -> list[Event]:
        # LangChain keeps one client for all loops: no connection of this one's may be left in it.
        model = chat(url, temperature=0, default_headers={"Connection": "close"})
        async with astream(model, "Say hello.") as events:
            return [event async for event in events]

    events = done(asyncio.run(run()))

    assert text_of(events) == text_of(list(stream(chat(url, temperature=0), "Say hello.")))


def test_leaving_frees_the_model_at_once(url: str) -> None:
    endless = chat(url, max_tokens=2_000)
    for _ in range(6):  # it writes four replies at once
        with stream(endless, "Count to one million.") as events:
            next(event for event in events if isinstance(event, Token))

    done(list(stream(chat(url), "Say hello.")))


def ask(url: str, data_dir: Path, *arguments: str) -> str:
    """What `manage.py ask` prints: the reply, and nothing else."""
    answered = subprocess.run(
        [sys.executable, "manage.py", "ask", *arguments],
        cwd=ROOT,
        env=environment(data_dir, CHAT_LOCAL_MODEL_URL=url, CHAT_MAX_TOKENS=str(FEW)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (answered.returncode, answered.stderr) == (0, "")
    return answered.stdout.strip()


def test_ask_streams_to_the_terminal(url: str, tmp_path: Path) -> None:
    assert ask(url, tmp_path, "Say hello.")


def test_an_agent_answers_without_its_tools(url: str, tmp_path: Path) -> None:
    assert ask(url, tmp_path, "How many miles are 5 km?", "--assistant=agent")
