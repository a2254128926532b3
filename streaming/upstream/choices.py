"""The choices of a chunk: of several, one is read."""

from collections.abc import Mapping
from typing import Any

LENGTH_LIMITS = ("length", "max_tokens")
"""Finish reasons of replies that may well be empty: the model has spent its tokens on reasoning."""


class OneChoice:
    """Finds the choice that is read, which is the first that comes, in every chunk of a reply."""

    def __init__(self) -> None:
        self._index: int | None = None

    def of(self, choices: object) -> Mapping[str, Any] | None:
        """The choice in the `choices` of a chunk. None where there is none."""
        if isinstance(choices, dict) and choices and all(key.isdecimal() for key in choices):
            choices = list(choices.values())  # by their index
        for choice in choices if isinstance(choices, list) else [choices]:
            if isinstance(choice, dict):
                index = _number(choice.get("index"))
                if index is None:
                    return choice
                if self._index is None:
                    self._index = index
                if index == self._index:
                    return choice
        return None


def finish_reason_in(*places: object) -> str | None:
    """Why the model stopped, from the first of the places that says it. Some write "null" until they know."""
    for place in places:
        reason = place.get("finish_reason") if isinstance(place, dict) else None
        if isinstance(reason, str) and reason and reason.lower() not in ("null", "none"):
            return reason
    return None


def _number(index: object) -> int | None:
    if isinstance(index, str) and index.isdecimal():
        return int(index)
    return index if isinstance(index, int) else None
