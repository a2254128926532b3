"""The events of OpenAI's other API, `responses`, become LangChain's chunks.

LangChain knows what each event is worth, and takes it as an object of the SDK's. Here it gets the plain
JSON, with attributes, in which a field that is missing is None. Pieces of the same text that arrived together
are one event to it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_openai.chat_models.base import _convert_responses_chunk_to_generation_chunk
from pydantic import ValidationError

from streaming.upstream.answer import Said
from streaming.upstream.asked import Asked
from streaming.upstream.refusals import UNREADABLE_CALL, broken_off, empty_reply, streamed_error
from streaming.upstream.tool_calls import UnreadableCall, readable
from streaming.upstream.whole_response import items_of, whole_message

_PLACE = ("type", "item_id", "output_index", "content_index", "summary_index")
_ENDS = ("response.completed", "response.incomplete")
_ARGUMENTS = "response.function_call_arguments.delta"
_UNREADABLE = (AttributeError, KeyError, TypeError, ValidationError)


class Fields(dict[str, Any]):
    """A JSON object that can be asked for its fields as the SDK's objects can."""

    def __getattr__(self, name: str) -> Any:
        value = self.get(name)
        return Fields(value) if isinstance(value, dict) else value

    def model_dump(self, **_: Any) -> dict[str, Any]:
        return {name: value for name, value in self.items() if value is not None}


class ResponsesReader:
    """Reads one reply."""

    def __init__(
        self,
        asked: Asked,
        request: httpx2.Request,
        metadata: dict[str, Any] | None = None,
        *,
        output_version: str | None = None,
    ) -> None:
        self._asked = asked
        self._request = request
        self._metadata = metadata or {}
        self._output_version = output_version
        self._place = (-1, -1, -1)
        self._item_places: dict[str, int] = {}
        self._growing: Said = {}
        self._odd_arguments: dict[str, Said] = {}
        """Arguments that do not begin as an object does, by their call: they are read once they are whole."""
        self._plain_arguments: set[str] = set()
        """The calls whose arguments do."""
        self._given: list[ChatGenerationChunk] = []
        self._heard = self._has_begun = self._has_reasoning = False
        self._end: Said | None = None

    def take(self, said: Said) -> None:
        """Take one event. Raises the error in it."""
        self._heard = True
        if "type" not in said and "output" in said:
            self._take_whole(said)
            return
        if said.get("type") == "response.failed":
            response = said.get("response")
            raise streamed_error((response if isinstance(response, dict) else {}).get("error"), self._request)
        if said.get("type") == "response.refusal.delta":
            said = {**said, "type": "response.output_text.delta"}
        if self._growing and all(self._growing.get(name) == said.get(name) for name in _PLACE):
            self._growing["delta"] += _text(said.get("delta"))
            return
        self._convert_growing()
        if "delta" in said:
            self._growing = {**said, "delta": _text(said["delta"])}
        else:
            self._convert(said)

    def given(self) -> list[ChatGenerationChunk]:
        """The chunks for what was taken since the last time."""
        self._convert_growing()
        if self._heard and not self._given:
            self._give(AIMessageChunk(content=[]))  # a sign of life
        given, self._given, self._heard = self._given, [], False
        return given

    def rest(self) -> list[ChatGenerationChunk]:
        """Nothing is held back."""
        return []

    def end(self, *, done: bool) -> list[ChatGenerationChunk]:
        """The end has come with its event. Raises the error where it has not."""
        del done
        if self._end is None:
            raise broken_off(self._request)
        if not self._has_begun and self._end.get("type") == "response.completed":
            raise empty_reply(self._request)
        return []

    def _take_whole(self, response: Said) -> None:
        """Take a reply that is one object."""
        status = "incomplete" if response.get("status") == "incomplete" else "completed"
        self._end = {"type": f"response.{status}"}
        message = whole_message(
            response, self._asked, self._request, self._metadata, output_version=self._output_version
        )
        self._give(message)

    def _convert_growing(self) -> None:
        if self._growing:
            growing, self._growing = self._growing, {}
            self._convert(growing)

    def _convert(self, said: Said) -> None:
        if said.get("type") == "response.reasoning_text.delta":  # of open models; LangChain drops it
            self._give(AIMessageChunk(content=[], additional_kwargs={"reasoning_content": said["delta"]}))
            return
        if said.get("type") == _ARGUMENTS and self._is_odd(said):
            return
        if said.get("type") == "response.output_item.done":
            self._convert_odd_arguments(said.get("item"))
        if said.get("type") in _ENDS:
            self._end = said = self._with_readable_items(said)
            self._give_what_was_not_streamed(said.get("response"))
        try:
            *place, chunk = _convert_responses_chunk_to_generation_chunk(
                Fields(said),
                *self._place,
                schema=self._asked.form,
                metadata=self._metadata,
                has_reasoning=self._has_reasoning,
                output_version=self._output_version,
                item_output_indices=self._item_places,
            )
        except _UNREADABLE:
            if said.get("type") in _ENDS:
                raise streamed_error("The end of the reply is unreadable.", self._request) from None
            return
        self._place = (place[0], place[1], place[2])
        if chunk is not None:
            self._metadata = {}
            self._has_reasoning = self._has_reasoning or "reasoning" in chunk.message.additional_kwargs
            self._give(chunk.message, chunk.generation_info)

    def _is_odd(self, said: Said) -> bool:
        """Whether these are held back: arguments that were encoded twice, say."""
        call = _text(said.get("item_id"))
        if call in self._odd_arguments:
            self._odd_arguments[call]["delta"] += said["delta"]
        elif call not in self._plain_arguments and said["delta"].strip():
            plain = said["delta"].lstrip().startswith("{")
            if plain:
                self._plain_arguments.add(call)
            else:
                self._odd_arguments[call] = said
            return not plain
        return call in self._odd_arguments

    def _convert_odd_arguments(self, item: object) -> None:
        """Hand the arguments of a finished call on as an object's text."""
        call = item if isinstance(item, Mapping) else {}
        held = self._odd_arguments.pop(_text(call.get("id")), None)
        if held is None:
            return
        with self._unreadable_calls():
            text = readable(held["delta"], name=_text(call.get("name")), optional=self._asked.optional)
        self._plain_arguments.add(_text(call.get("id")))
        self._convert({**held, "delta": text})

    def _with_readable_items(self, said: Said) -> Said:
        response = said.get("response")
        if not isinstance(response, dict) or "output" not in response:
            return said
        with self._unreadable_calls():
            items = list(items_of(response["output"], self._asked))
        return {**said, "response": {**response, "output": items}}

    @contextmanager
    def _unreadable_calls(self) -> Iterator[None]:
        try:
            yield
        except UnreadableCall:
            raise streamed_error(UNREADABLE_CALL, self._request) from None

    def _give_what_was_not_streamed(self, response: object) -> None:
        """The text of a server that says it only at the end."""
        if self._has_begun or not isinstance(response, Mapping):
            return
        for number, item in enumerate(response.get("output") or ()):
            for part in item.get("content") or () if item.get("type") == "message" else ():
                if text := _text(part.get("text") or part.get("refusal")):
                    self._give(AIMessageChunk(content=[{"type": "text", "text": text, "index": number}]))

    def _give(self, message: Any, info: dict[str, Any] | None = None) -> None:
        self._has_begun = self._has_begun or bool(message.text.strip() or message.tool_call_chunks)
        self._given.append(ChatGenerationChunk(message=message, generation_info=info))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
