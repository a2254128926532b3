"""What a reply cost, as the server's last word has it.

Some servers say it once, some in every chunk with running numbers: adding those up would charge for the
prompt as often as there were chunks.
"""

from typing import Any

from langchain_core.messages.ai import UsageMetadata
from langchain_openai.chat_models.base import _create_usage_metadata

_NAMES = {
    "prompt_tokens": ("prompt_tokens", "input_tokens"),
    "completion_tokens": ("completion_tokens", "output_tokens"),
    "total_tokens": ("total_tokens",),
}
_DETAILS = ("prompt_tokens_details", "completion_tokens_details")


class LastUsage:
    """The counts of one reply. What a later chunk leaves out stays as it was."""

    def __init__(self) -> None:
        self._counts: dict[str, Any] = {}

    def take(self, said: object) -> None:
        """Note what a chunk says, if it says anything."""
        if not isinstance(said, dict):
            return
        for count, names in _NAMES.items():
            for name in names:
                if (number := _count(said.get(name))) is not None:
                    self._counts[count] = number
        for name in _DETAILS:
            if isinstance(details := said.get(name), dict):
                counts = {key: _count(value) for key, value in details.items()}
                self._counts[name] = {key: number for key, number in counts.items() if number is not None}

    @property
    def counts(self) -> dict[str, Any] | None:
        """The counts by OpenAI's names. None where the server did not give both."""
        if not {"prompt_tokens", "completion_tokens"} <= self._counts.keys():
            return None
        total = self._counts["prompt_tokens"] + self._counts["completion_tokens"]
        return {"total_tokens": total, **self._counts}

    def metadata(self, service_tier: str | None = None) -> UsageMetadata | None:
        """The same as LangChain has them."""
        counts = self.counts
        return _create_usage_metadata(counts, service_tier) if counts else None


def _count(value: object) -> int | None:
    """A number of tokens, whatever JSON type it comes as."""
    try:
        number = int(value) if isinstance(value, int | float | str) else -1
    except (ValueError, OverflowError):
        return None
    return number if number >= 0 else None
