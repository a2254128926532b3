"""Requests that must not call a model: HEAD, OPTIONS, and readers who come back to what cannot go on."""

import asyncio
import logging
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import AsyncClient, Client
from django.urls import path

from streaming import EventStreamResponse, astream, stream
from streaming.events import Token
from tests.streaming.models import plain_chat_model
from tests.upstream import Reply, ScriptedUpstream

provider: list[ScriptedUpstream] = []


def answer(request: HttpRequest) -> EventStreamResponse:
    return EventStreamResponse(stream(plain_chat_model(provider[-1]), "Hi"))


async def answer_asynchronously(request: HttpRequest) -> EventStreamResponse:
    return EventStreamResponse(astream(plain_chat_model(provider[-1]), "Hi"))


def kept(request: HttpRequest) -> EventStreamResponse:
    return EventStreamResponse([Token("kept", id=1)])


urlpatterns = [path("answer/", answer), path("async/", answer_asynchronously), path("kept/", kept)]


@pytest.fixture(autouse=True)
def served(upstream: ScriptedUpstream, settings: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = []
    provider[:] = [upstream]


def body_of(response: Any) -> bytes:
    body = b"".join(response)
    response.close()
    return body


@pytest.mark.parametrize("method", ["head", "options"])
@pytest.mark.parametrize("where", ["/answer/", "/async/"])
def test_only_the_headers_call_no_model(method: str, where: str, upstream: ScriptedUpstream) -> None:
    response = getattr(Client(), method)(where)

    assert response["Content-Type"] == "text/event-stream"
    assert body_of(response) == b""
    assert not upstream.requests


@pytest.mark.parametrize("where", ["/answer/", "/async/"])
def test_a_browser_that_comes_back_pays_nothing(
    where: str, upstream: ScriptedUpstream, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.enqueue(Reply("Hel", close=True))
    first = Client().get(where)
    assert b"Hel" in body_of(first)

    with caplog.at_level(logging.WARNING, logger="streaming"):
        second = body_of(Client().get(where, headers={"Last-Event-ID": "3"}))

    assert second.startswith(b"retry: 86400000\n\n")
    assert b'"status":"interrupted"' in second
    assert len(upstream.requests) == 1
    assert "a stream() cannot be resumed" in caplog.text


def test_it_pays_nothing_under_asgi_either(upstream: ScriptedUpstream) -> None:
    async def ask() -> bytes:
        response: Any = await AsyncClient().get("/async/", headers={"Last-Event-ID": "3"})
        body = b"".join([frame async for frame in response])
        response.close()
        return body

    assert b'"status":"interrupted"' in asyncio.run(ask())
    assert not upstream.requests


def test_what_is_not_a_call_of_a_model_is_sent_again() -> None:
    assert b"kept" in body_of(Client().get("/kept/", headers={"Last-Event-ID": "3"}))
