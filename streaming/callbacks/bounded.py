"""Cuts what is too large for a run's log, and says so in its place."""

from collections.abc import Mapping
from typing import Any

LIMIT = 50_000
"""Characters that one result, or one thing that a graph says, may have."""


def bounded(value: Any, *, limit: int = LIMIT) -> Any:
    """Return a JSON value with what goes beyond the limit cut off, and said to be.

    The first entries are kept, each within the room that those before it have left.
    """
    return _Room(limit).fit(value)


class _Room:
    def __init__(self, characters: int) -> None:
        self._left = characters

    def fit(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._fit_text(value)
        if isinstance(value, Mapping):
            return self._fit_entries(value)
        if isinstance(value, list):
            return self._fit_items(value)
        self._left -= len(str(value))
        return value

    def _fit_text(self, text: str) -> str:
        kept = text[: max(self._left, 0)]
        self._left -= len(text)
        return text if len(kept) == len(text) else f"{kept}… [cut: {len(text):,} characters in all]"

    def _fit_entries(self, entries: Mapping[str, Any]) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, entry in entries.items():
            if self._left <= 0:
                kept["…"] = f"[cut: {len(entries):,} entries in all]"
                break
            self._left -= len(key) + 1
            kept[key] = self.fit(entry)
        return kept

    def _fit_items(self, items: list[Any]) -> list[Any]:
        kept: list[Any] = []
        for item in items:
            if self._left <= 0:
                kept.append(f"… [cut: {len(items):,} items in all]")
                break
            self._left -= 1
            kept.append(self.fit(item))
        return kept
