"""The chat models that the settings name: the local one, one of OpenAI's API, or any of LangChain's."""

import functools
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from chatsite.assistants.offered import DEFAULT_MODEL, model_label, model_name
from chatsite.assistants.preferences import USUAL, Preferences
from chatsite.server import local_model
from streaming.upstream import ChatOpenAI, http_client

__all__ = ["DEFAULT_MODEL", "ModelNotConfigured", "chat_model", "model_label", "model_name", "model_of"]


class ModelNotConfigured(Exception):
    """No model can be built from the settings. The message says what to do."""


def chat_model(preferences: Preferences = USUAL) -> BaseChatModel:
    """The chat model that answers, as a person wants it. Raises `ModelNotConfigured`.

    What the model's class has no word for is left out. A server that refuses the temperature by its name is
    not sent it again (`streaming/upstream/left_out.py`): reasoning models have one of their own.
    """
    model = model_of(preferences.model_name)
    wanted = {"temperature": preferences.temperature, "max_tokens": preferences.longest_reply}
    given = {_field_of(model, name): value for name, value in wanted.items() if value is not None}
    update = {field: value for field, value in given.items() if field and getattr(model, field) != value}
    # A copy shares the client and all that is costly: it takes microseconds.
    return model.model_copy(update=update) if update else model


def _field_of(model: BaseChatModel, name: str) -> str | None:
    """What the model's class calls it."""
    found = type(model).model_fields.items()
    return next((field for field, about in found if name in (field, about.alias)), None)


@functools.cache
def model_of(name: str) -> BaseChatModel:
    """The process's only one of that name, which is one of those that are offered: there are few. Raises
    `ModelNotConfigured`."""
    if settings.CHAT_LOCAL_MODEL:
        return _local_model()
    return _model_of_other_provider(name) or _openai_model(name)


def _local_model() -> ChatOpenAI:
    if not settings.CHAT_LOCAL_MODEL_URL:
        message = _(
            "The local model is not running: `make run` starts it. "
            "Or set OPENAI_API_KEY, OPENAI_BASE_URL or CHAT_MODEL."
        )
        raise ModelNotConfigured(message)
    return _openai_client(
        local_model.NAME, base_url=settings.CHAT_LOCAL_MODEL_URL, api_key=settings.CHAT_LOCAL_MODEL_KEY
    )


def _openai_model(name: str) -> ChatOpenAI:
    # Servers of one's own often want no key, the client library always does.
    return _openai_client(
        name, base_url=settings.OPENAI_BASE_URL or None, api_key=settings.OPENAI_API_KEY or "none"
    )


def _openai_client(name: str, *, base_url: str | None, api_key: str) -> ChatOpenAI:
    return ChatOpenAI(
        model=name,
        base_url=base_url,
        api_key=SecretStr(api_key),
        http_client=http_client(),
        stream_usage=True,
        use_responses_api=False,
        **_length(),
    )


def _model_of_other_provider(whole: str) -> BaseChatModel | None:
    """The model of `provider:model`. None where that is only a model's name: `llama3:8b` has a colon too."""
    provider, colon, name = whole.partition(":")
    if not colon or settings.OPENAI_BASE_URL:
        return None
    if provider == "openai":
        return _openai_model(name)
    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **_length())
    except ImportError as exc:
        message = _("{model!r} is to answer, but that provider's package is not installed: {why}")
        message = message.format(model=whole, why=exc)
        raise ModelNotConfigured(message) from exc
    except ValueError as exc:
        # LangChain has no other sign of it. A provider that it knows, and that lacks a setting, must not be
        # taken for a model of OpenAI's: people's prompts would go there.
        if str(exc).startswith("Unsupported provider"):
            return None
        raise
    return model


def _length() -> dict[str, Any]:
    """The limit of a reply's length, if one is set."""
    return {} if settings.CHAT_MAX_TOKENS is None else {"max_tokens": settings.CHAT_MAX_TOKENS}
