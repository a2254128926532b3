"""One request, over the SDK's client: its keys, its headers, its retries.

Only what the SDK makes of the body is not used: a model object for each word, and no leniency.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import openai
from langchain_openai.chat_models.base import _handle_openai_api_error, _handle_openai_bad_request
from openai.lib._parsing import type_to_response_format_param
from openai.lib._parsing._responses import type_to_text_format_param

from streaming.upstream.left_out import Server, left_out

_OPTIONS = {
    "extra_headers": "headers",
    "extra_query": "params",
    "extra_body": "extra_json",
    "timeout": "timeout",
}
_SECURITY = {"bearer_auth": True}

Payload = dict[str, Any]


class Request:
    """What is sent, and where to."""

    def __init__(self, path: str, payload: Payload, *, server: Server) -> None:
        self._path = path
        self._payload = payload
        self._server = server

    def send(self, client: openai.OpenAI) -> httpx2.Response:
        """Send it, and once more for each parameter that the server refuses by name."""
        while True:
            try:
                response: httpx2.Response = client.post(
                    self._path, stream_cls=openai.Stream[Any], **self._arguments()
                )
            except openai.APIStatusError as refusal:
                if not left_out.learn(self._server, self._payload, refusal):
                    raise
            else:
                return response

    async def asend(self, client: openai.AsyncOpenAI) -> httpx2.Response:
        """The same for a coroutine."""
        while True:
            try:
                response: httpx2.Response = await client.post(
                    self._path, stream_cls=openai.AsyncStream[Any], **self._arguments()
                )
            except openai.APIStatusError as refusal:
                if not left_out.learn(self._server, self._payload, refusal):
                    raise
            else:
                return response

    def _arguments(self) -> dict[str, Any]:
        left_out.apply(self._server, self._payload)
        options: dict[str, Any] = {"security": _SECURITY}
        body: Payload = {}
        for name, value in self._payload.items():
            if name not in _OPTIONS:
                body[name] = value
            elif value is not None:
                options[_OPTIONS[name]] = value
        if isinstance(body.get("response_format"), type):
            body["response_format"] = type_to_response_format_param(body["response_format"])
        if isinstance(form := body.pop("text_format", None), type):
            body["text"] = {**(body.get("text") or {}), "format": type_to_text_format_param(form)}
        return {"body": body, "options": options, "cast_to": httpx2.Response, "stream": True}


@contextmanager
def errors_of_sdk() -> Iterator[None]:
    """Raise transport errors as the SDK's."""
    try:
        yield
    except httpx2.TimeoutException as exc:
        raise openai.APITimeoutError(request=exc.request) from exc
    except httpx2.RequestError as exc:
        raise openai.APIConnectionError(request=exc.request) from exc


@contextmanager
def errors_of_langchain() -> Iterator[None]:
    """Raise what LangChain's chat model raises: the SDK's errors as LangChain's own."""
    try:
        with errors_of_sdk():
            yield
    except openai.BadRequestError as exc:
        _handle_openai_bad_request(exc)
    except openai.APIError as exc:
        _handle_openai_api_error(exc)
