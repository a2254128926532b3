"""A provider's wire: the client, the reader of its streams, models made of both, the off switch."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from streaming.upstream.chat_openai import ChatOpenAI as ChatOpenAI
    from streaming.upstream.client import http_client as http_client
    from streaming.upstream.completion_model import OpenAI as OpenAI

__all__ = ["ChatOpenAI", "OpenAI", "http_client"]

_EXTRA = {"langchain_openai", "openai", "httpx2", "httpcore2"}
_HOMES = {"ChatOpenAI": "chat_openai", "OpenAI": "completion_model", "http_client": "client"}


def __getattr__(name: str) -> Any:
    """Import on first use: LangChain's OpenAI package takes half a second to load."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as exc:
        if exc.name not in _EXTRA:
            raise
        message = f"streaming.upstream.{name} needs {exc.name}: pip install 'streaming-chat[openai]'"
        raise ImportError(message, name=exc.name) from exc
