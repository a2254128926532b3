"""Parameters that a server has refused by name, and that it is not sent again.

LangChain sends what OpenAI takes. Others answer 400 or 422 to the same, and could not be talked to at all.
"""

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import openai

logger = logging.getLogger("streaming")

_OTHER_NAME = {"max_completion_tokens": "max_tokens", "max_tokens": "max_completion_tokens"}
_DISPENSABLE = ("stream_options", "parallel_tool_calls", "temperature", *_OTHER_NAME)
"""Without these the reply is still what was asked for. The order is that in which a server is given way."""
_STATUSES = (400, 404, 422)
_REFUSES = re.compile(
    r"unsupported|not supported|does not support|doesn't support|unrecognized|unknown|unexpected|extra"
    r"|not permitted|not allowed|not a valid|invalid param|deprecated|forbidden",
    re.IGNORECASE,
)
_MOST_SERVERS = 256

Server = tuple[str, str]
"""An address, and a model there: another model of the same server may take what this one refuses."""


class LeftOut:
    """What each server has refused. The oldest is forgotten when there are too many."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused: OrderedDict[Server, dict[str, str | None]] = OrderedDict()

    def apply(self, server: Server, payload: dict[str, Any]) -> None:
        """Take out of a request what the server has refused, or give it the name that it knows."""
        for name, other in tuple(self._refused.get(server, {}).items()):
            value = payload.pop(name, None)
            if other is not None and value is not None:
                payload.setdefault(other, value)

    def learn(self, server: Server, payload: Mapping[str, Any], refusal: openai.APIStatusError) -> bool:
        """Note what the server refuses. Returns whether it is worth while to ask again without."""
        name = _refused(payload, refusal)
        if name is None:
            return False
        with self._lock:
            refused = self._refused.setdefault(server, {})
            if name in refused:
                return False
            other = _OTHER_NAME.get(name)
            refused[name] = None if other in refused else other
            if len(self._refused) > _MOST_SERVERS:
                self._refused.popitem(last=False)
        logger.warning("%s refuses %s: it is left out from now on", refusal.request.url.host, name)
        return True


left_out = LeftOut()
"""The process's only one."""


def _refused(payload: Mapping[str, Any], refusal: openai.APIStatusError) -> str | None:
    """The parameter that a refusal names, of those that the request has."""
    if refusal.status_code not in _STATUSES:
        return None
    sent = [name for name in _DISPENSABLE if name in payload]
    if refusal.param is not None:
        return next((name for name in sent if str(refusal.param).split(".")[0] == name), None)
    said = f"{refusal.message} {refusal.body}"
    if not _REFUSES.search(said):
        return None
    places = {name: found.start() for name in sent if (found := re.search(rf"\b{name}\b", said))}
    return min(places, key=places.__getitem__) if places else None
