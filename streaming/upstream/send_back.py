"""What a server wants back in the next request, kept in the message that it belongs to.

DeepSeek's thinking models and gateways to them refuse a conversation whose calls of tools came without the
reasoning that led to them; Gemini wants the signature of each thought; OpenRouter its own details. All of
it is kept as it came, under the server's own names, in `additional_kwargs`:

    sent_by                 the server and the model: what another one signed means nothing to it
    reasoning_content       the reasoning, whatever the server calls it
    reasoning_field         what it calls it
    reasoning_details       OpenRouter's
    extra_content           Gemini's, of the message
    tool_extra_content      Gemini's, by the id of the call
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from streaming.upstream.left_out import Server
from streaming.upstream.tool_calls import Call

REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_text")
"""Servers disagree on the name, and some send the same under two of them."""
_MOST_SERVERS = 256
_GROWING = ("text", "summary", "data", "signature")


class ReasoningFields:
    """Which servers send reasoning, and what they call it. The oldest is forgotten when there are too many.

    A message that was stored and loaded again has its reasoning, and not the name that it came under.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Server, str] = OrderedDict()

    def learn(self, server: Server, field: str) -> None:
        """Note the name in a reply, if it had any."""
        if field:
            self._known[server] = field
        if len(self._known) > _MOST_SERVERS:
            self._known.popitem(last=False)

    def of(self, server: Server) -> str | None:
        return self._known.get(server)


reasoning_fields = ReasoningFields()
"""The process's only one."""


class SentBack:
    """Collects it from one reply."""

    def __init__(self, server: Server | None = None) -> None:
        self._sent_by = " ".join(server or ())
        self.reasoning_field = ""
        """What the server calls its reasoning, if it sent some."""
        self._details: list[dict[str, Any]] = []
        self._extra_content: Any = None

    def take(self, delta: Mapping[str, Any]) -> None:
        """Note what a delta has of it."""
        self._extra_content = delta.get("extra_content") or self._extra_content
        details = delta.get("reasoning_details")
        for detail in details if isinstance(details, list) else ():
            if isinstance(detail, dict):
                self._take_detail(detail)

    def reasoning(self, delta: Mapping[str, Any]) -> str:
        """The reasoning in a delta, once, however many fields have it."""
        for field in REASONING_FIELDS:
            text = delta.get(field)
            if isinstance(text, dict):
                text = text.get("content") or text.get("text")
            if isinstance(text, str) and text:
                self.reasoning_field = self.reasoning_field or field
                return text
        details = delta.get("reasoning_details")
        texts = (
            detail.get("text") or detail.get("summary")
            for detail in (details if isinstance(details, list) else ())
            if isinstance(detail, dict)
        )
        return "".join(text for text in texts if isinstance(text, str))

    def fields(self, calls: Sequence[Call]) -> dict[str, Any]:
        """For the message's `additional_kwargs`."""
        signed = {call.id: call.extra for call in calls if call.extra}
        fields = {
            "reasoning_field": self.reasoning_field,
            "reasoning_details": self._details,
            "extra_content": self._extra_content,
            "tool_extra_content": signed,
        }
        given = {name: value for name, value in fields.items() if value}
        return {"sent_by": self._sent_by, **given} if given and self._sent_by else given

    def _take_detail(self, detail: Mapping[str, Any]) -> None:
        """Details come in pieces too, which belong together by their index and type."""
        for known in self._details:
            if detail.get("index") is not None and all(
                known.get(key) == detail.get(key) for key in ("index", "type")
            ):
                _grow(known, detail)
                return
        self._details.append(dict(detail))


def _grow(known: dict[str, Any], detail: Mapping[str, Any]) -> None:
    for key, value in detail.items():
        if key in _GROWING and isinstance(value, str) and isinstance(known.get(key), str):
            known[key] += value
        elif value is not None:
            known[key] = value


def complete(messages: Sequence[BaseMessage], payload: Sequence[dict[str, Any]], *, server: Server) -> None:
    """Add to a request's messages what LangChain leaves out of them."""
    for message, said in zip(messages, payload, strict=False):
        if isinstance(message, AIMessage):
            kept = message.additional_kwargs
            if kept.get("sent_by") in (None, " ".join(server)):
                _complete(said, kept, reasoning_fields.of(server))


def _complete(said: dict[str, Any], kept: Mapping[str, Any], known_field: str | None) -> None:
    field, reasoning = kept.get("reasoning_field", known_field), kept.get("reasoning_content")
    if field in REASONING_FIELDS and isinstance(reasoning, str) and reasoning:
        said[field] = reasoning
    for name in ("reasoning_details", "extra_content"):
        if kept.get(name):
            said[name] = kept[name]
    signed = kept.get("tool_extra_content") or {}
    for call in said.get("tool_calls") or ():
        if extra := signed.get(call.get("id")):
            call["extra_content"] = extra
