"""What a person wants of the model that answers them, and what of it can be had here."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from django.conf import settings

from chatsite.assistants.offered import is_offered, model_name

INSTRUCTIONS_LENGTH = 4_000
"""Characters. They are sent with every message."""
HOTTEST = 2.0
"""The highest temperature that any provider takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What is empty is as the operator has it."""

    instructions: str = ""
    """What the model is told, after what the operator and the assistant tell it."""
    model: str = ""
    """Which of the offered models answers."""
    temperature: float | None = None
    """How far the model may stray from its likeliest words, from 0 to `HOTTEST`."""
    max_tokens: int | None = None
    """The longest reply."""

    def over(self, others: "Preferences") -> "Preferences":
        """These, and the others where there are none."""
        given = {name: value for name in NAMES if (value := getattr(self, name)) not in ("", None)}
        return replace(others, **given)

    def only(self, names: Sequence[str]) -> "Preferences":
        """Those of these names, and nothing else."""
        return Preferences(**{name: getattr(self, name) for name in names})

    @property
    def available(self) -> "Preferences":
        """Without a model that is not offered any more."""
        return self if is_offered(self.model) else replace(self, model="")

    @property
    def model_name(self) -> str:
        """The model that answers."""
        return self.available.model or model_name()

    @property
    def longest_reply(self) -> int | None:
        """In tokens: the operator's limit is one for everybody. None: the provider's."""
        limits = [most for most in (self.max_tokens, settings.CHAT_MAX_TOKENS) if most]
        return min(limits, default=None)

    def system_prompt(self, own: str = "") -> str:
        """What the model is told first: by the operator, by the assistant, and then by the person."""
        told = (settings.CHAT_SYSTEM_PROMPT, own, self.instructions)
        return "\n\n".join(text for text in told if text).strip()


NAMES = tuple(field.name for field in fields(Preferences))
"""Of all that a person can set; an assistant says which of them it takes."""
USUAL = Preferences()
"""Those of somebody who has set nothing."""
