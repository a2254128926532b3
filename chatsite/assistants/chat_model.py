"""The chat model that the settings name: the local one, one of OpenAI's API, or any of LangChain's."""

import functools
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from langchain.chat_models import init_chat_model
from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr

from chatsite.server import local_model
from streaming.upstream import ChatOpenAI, http_client

DEFAULT_MODEL = "gpt-4o-mini"


class ModelNotConfigured(Exception):
    """No model can be built from the settings. The message says what to do."""


def model_name() -> str:
    """The name of the model that answers."""
    return local_model.NAME if settings.CHAT_LOCAL_MODEL else settings.CHAT_MODEL or DEFAULT_MODEL


def model_label() -> str:
    """Which model answers, for people."""
    name = model_name()
    return _("{model} (on this machine)").format(model=name) if settings.CHAT_LOCAL_MODEL else name


@functools.cache
def chat_model() -> BaseChatModel:
    """The process's chat model. Raises `ModelNotConfigured`."""
    if settings.CHAT_LOCAL_MODEL:
        return _local_model()
    return _model_of_other_provider() or _openai_model(model_name())


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


def _model_of_other_provider() -> BaseChatModel | None:
    """The model of `provider:model`. None where that is only a model's name: `llama3:8b` has a colon too."""
    provider, colon, name = settings.CHAT_MODEL.partition(":")
    if not colon or settings.OPENAI_BASE_URL:
        return None
    if provider == "openai":
        return _openai_model(name)
    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **_length())
    except ImportError as exc:
        message = _("CHAT_MODEL is {model!r}, but that provider's package is not installed: {why}")
        message = message.format(model=settings.CHAT_MODEL, why=exc)
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
