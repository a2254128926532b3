"""What a server says instead of a reply, as the exception that the SDK would raise for it.

Errors come as an event named `error`, as a chunk or as a whole body; their text is in `error`, in
`message`, in `detail`, or is an object itself.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

import httpx2
import openai

logger = logging.getLogger("streaming")

UNREADABLE_CALL = "The arguments of a call are no object."
_KEYS = ("error", "errors", "detail")
_ALL_IS_WELL = (0, "0", 200, "200", None)
"""Codes of servers that send one with every answer."""
_STATUS_WORDS = (
    (429, ("rate_limit", "rate limit", "too many requests", "quota", "throttl")),
    (401, ("invalid_api_key", "authentication", "unauthorized")),
    (413, ("context_length", "context length")),
    (503, ("overloaded", "unavailable")),
)


class StreamedError(openai.APIError):
    """An error inside a 200. `status_code` is the status that it would have had, where that can be told."""

    status_code: int | None = None


class BrokenOff(openai.APIError):
    """The body ended before the reply did: without a reason, and without `[DONE]`."""


class EmptyReply(openai.APIError):
    """The reply ended well, and there is nothing in it."""


class NotAModelServer(openai.APIError):
    """A 200 that is neither events nor JSON: a web page, mostly."""


def error_in(said: Any, *, event: str = "") -> Any:
    """The error in what a server said: whatever it is that stands for it. None if that is no error."""
    if not isinstance(said, dict):
        return said if event == "error" else None
    for key in _KEYS:
        if said.get(key):
            return said[key]
    is_named = event == "error" or said.get("type") == "error" or said.get("object") == "error"
    tells = {"message", "msg"} & said.keys() and (
        {"code", "type"} & said.keys() or said.get("success") is False
    )
    if is_named or (tells and "choices" not in said and said.get("code", "") not in _ALL_IS_WELL):
        return said
    return _of_envelope(said)


def _of_envelope(said: Mapping[str, Any]) -> Any:
    """The error in what some servers put around each answer, with a number that is 0 where there is none."""
    envelope = said.get("base_resp")
    if not isinstance(envelope, dict) or envelope.get("status_code", 0) in _ALL_IS_WELL:
        return None
    return {"message": envelope.get("status_msg"), "code": envelope["status_code"]}


def streamed_error(error: Any, request: httpx2.Request) -> StreamedError:
    """The exception for an error inside a 200."""
    while (isinstance(error, list) and error) or (isinstance(error, dict) and error.get("error")):
        error = error[0] if isinstance(error, list) else error["error"]
    body = error if isinstance(error, dict) else {"message": error}
    said = body.get("message")
    message = said if isinstance(said, str) and said else "An error occurred during streaming"
    exc = StreamedError(message, request, body=dict(body))
    exc.status_code = _status(body)
    return exc


def broken_off(request: httpx2.Request) -> BrokenOff:
    return BrokenOff("The reply broke off.", request, body=None)


def empty_reply(request: httpx2.Request) -> EmptyReply:
    return EmptyReply("The reply is empty.", request, body=None)


def not_a_model_server(response: httpx2.Response) -> NotAModelServer:
    """The exception for an answer that no model's server gives. What it is, the log tells."""
    content_type = re.sub(r"[^\w/+.;= -]", "?", response.headers.get("content-type", "none"))[:80]
    logger.warning(
        "%s answered with content type %s instead of events: is OPENAI_BASE_URL right? It mostly ends in /v1",
        response.request.url.host,
        content_type,
    )
    return NotAModelServer(
        "The address does not answer as a model's server does.", response.request, body=None
    )


def _status(body: Mapping[str, Any]) -> int | None:
    for key in ("status", "status_code", "code"):
        number = str(body.get(key, ""))
        if re.fullmatch(r"[45]\d\d", number):
            return int(number)
    words = " ".join(str(body.get(key, "")) for key in ("code", "type", "message")).lower()
    return next((status for status, signs in _STATUS_WORDS if any(sign in words for sign in signs)), None)
