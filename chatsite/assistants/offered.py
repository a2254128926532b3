"""Which models answer here: the one of CHAT_MODEL, and those of CHAT_MODELS, from which people may choose."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext as _

from chatsite.server import local_model

DEFAULT_MODEL = "gpt-4o-mini"


def model_name() -> str:
    """The name of the model that answers, unless a person has chosen another."""
    return local_model.NAME if settings.CHAT_LOCAL_MODEL else settings.CHAT_MODEL or DEFAULT_MODEL


def model_label(name: str = "") -> str:
    """Which model answers, for people."""
    name = name or model_name()
    return _("{model} (on this machine)").format(model=name) if settings.CHAT_LOCAL_MODEL else name


def offered_models() -> Mapping[str, int]:
    """The names of all of them, the usual one first, and how many tokens each can read and write together."""
    if settings.CHAT_LOCAL_MODEL:
        return {model_name(): settings.CHAT_CONTEXT_TOKENS}
    usual: dict[str, int | None] = {model_name(): None}
    return {
        name: size or settings.CHAT_CONTEXT_TOKENS for name, size in (usual | settings.CHAT_MODELS).items()
    }


def is_offered(name: str) -> bool:
    """Whether people may have a model of that name answer."""
    return name in offered_models()


def context_of(name: str) -> int:
    """Tokens, prompt and reply together, that the model can take."""
    return offered_models().get(name) or int(settings.CHAT_CONTEXT_TOKENS)
