"""The models that a runnable can be made of, talking to the scripted upstream."""

from typing import Any

from langchain_openai import ChatOpenAI, OpenAI
from pydantic import SecretStr

from streaming import upstream as streaming_upstream
from streaming.upstream import http_client
from tests.upstream import ScriptedUpstream


def chat_model(upstream: ScriptedUpstream, **options: Any) -> ChatOpenAI:
    """A chat model on the shared client, as a site has it."""
    return plain_chat_model(upstream, http_client=http_client(), **options)


def reasoning_model(upstream: ScriptedUpstream, **options: Any) -> streaming_upstream.ChatOpenAI:
    """A chat model that keeps what its provider sends beside the text."""
    return streaming_upstream.ChatOpenAI(
        base_url=upstream.url,
        api_key=SecretStr("test-key"),
        model="scripted",
        http_client=http_client(),
        **options,
    )


def plain_chat_model(upstream: ScriptedUpstream, **options: Any) -> ChatOpenAI:
    """A chat model as somebody writes it who has not read the manual: on LangChain's own client."""
    return ChatOpenAI(base_url=upstream.url, api_key=SecretStr("test-key"), model="scripted", **options)


def completion_model(upstream: ScriptedUpstream, **options: Any) -> OpenAI:
    """A completion model on the shared client."""
    return plain_completion_model(upstream, http_client=http_client(), **options)


def plain_completion_model(upstream: ScriptedUpstream, **options: Any) -> OpenAI:
    """A completion model on LangChain's own client."""
    return OpenAI(base_url=upstream.url, api_key=SecretStr("test-key"), model="scripted", **options)


MODELS = [reasoning_model, chat_model, plain_chat_model, completion_model, plain_completion_model]
