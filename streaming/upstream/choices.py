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
        for choice in choices if isinstance(choices, list) else [choices]:
            if isinstance(choice, dict):
                index = choice.get("index")
                if not isinstance(index, int):
                    return choice
                if self._index is None:
                    self._index = index
                if index == self._index:
                    return choice
        return None
