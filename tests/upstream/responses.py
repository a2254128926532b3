"""Says a script in the events of OpenAI's Responses: reasoning as a summary, then text, and no `[DONE]`.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from typing import Any

from tests.upstream import wire
from tests.upstream.player import LAST_CHUNK, StreamPlayer
from tests.upstream.script import Ending, ErrorEvent, Reply, Usage

REASONING: dict[str, Any] = {"type": "reasoning", "id": "rs_1", "summary": []}
MESSAGE: dict[str, Any] = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
ITEMS = [REASONING, MESSAGE]


class ResponsesPlayer(StreamPlayer):
    """Pieces of text, and of reasoning, whatever the name of their field."""

    _item: dict[str, Any] | None = None
    """What is being written."""
    _number = 0

    def _delta(self, fields: dict[str, Any]) -> None:
        ((name, piece),) = fields.items()
        self._tokens += 1
        if name == "content":
            self._begin(MESSAGE)
            self._piece("response.output_text.delta", delta=piece, content_index=0, logprobs=[])
        else:
            self._begin(REASONING)
            self._piece("response.reasoning_summary_text.delta", delta=piece, summary_index=0)

    def _begin(self, item: dict[str, Any]) -> None:
        if self._item is None:
            self._event("response.created", response=self._response("in_progress"))
        if self._item is not item:
            self._item = item
            self._event("response.output_item.added", output_index=ITEMS.index(item), item=item)

    def _piece(self, kind: str, **fields: Any) -> None:
        item = self._item or MESSAGE
        self._event(kind, output_index=ITEMS.index(item), item_id=item["id"], **fields)

    def _end(self, step: Ending) -> bool:
        if isinstance(step, ErrorEvent):
            self._event("error", code=step.code, message=step.message, param=None)
            return self._end_body()
        return super()._end(step)

    def _finish(self, reply: Reply) -> None:
        if reply.finish == "stop":
            self._event("response.completed", response=self._response("completed", reply.usage))
        elif reply.finish is not None:
            why = {"incomplete_details": {"reason": reply.finish}}
            self._event("response.incomplete", response=self._response("incomplete", reply.usage) | why)
        self._connection.send(LAST_CHUNK)

    def _response(self, status: str, usage: Usage | None = None) -> dict[str, Any]:
        return {
            "id": self._bodies.id,
            "object": "response",
            "created_at": wire.CREATED,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "model": self._bodies.model,
            "output": [],
            "usage": usage and self._reported(usage),
        }

    def _reported(self, usage: Usage) -> dict[str, Any]:
        counted = wire.reported(usage, counted=self._tokens)
        return {
            "input_tokens": counted["prompt_tokens"],
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": counted["completion_tokens"],
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": counted["total_tokens"],
        }

    def _event(self, kind: str, **fields: Any) -> None:
        self._send(wire.event({"type": kind, "sequence_number": self._number, **fields}))
        self._number += 1
