"""System checks: a bad CHAT_ASSISTANTS is refused when the site starts."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from chatsite.assistants.offered import offered_models
from chatsite.config.terminal import say as _


@register()
def check_modules_exist(**kwargs: Any) -> list[CheckMessage]:
    """Looks without loading: the assistants load LangChain, which takes seconds."""
    return [
        Error(
            _("CHAT_ASSISTANTS names {name!r}: there is no such module.").format(name=name),
            id="chatsite.assistants.E001",
        )
        for name in settings.CHAT_ASSISTANTS
        if not _exists(name)
    ]


@register()
def check_provider(**kwargs: Any) -> Iterator[CheckMessage]:
    """Only `provider:model` can lack its package; only that is worth loading LangChain for."""
    for name in offered_models():
        if ":" in name and not settings.OPENAI_BASE_URL:
            yield from _cannot_be_made(name)


def _cannot_be_made(name: str) -> Iterator[CheckMessage]:
    from chatsite.assistants.chat_model import ModelNotConfigured, model_of

    try:
        model_of(name)
    except ModelNotConfigured as exc:
        yield Error(str(exc), id="chatsite.assistants.E003")
    except Exception as exc:  # noqa: BLE001 - a provider's class says in its own way what it lacks
        message = _("CHAT_MODEL or CHAT_MODELS names {model!r}, and that model cannot be made")
        yield Error(
            f"{message.format(model=name)} ({type(exc).__name__}).",
            hint=_("Set the environment variables that LangChain's package for that provider reads."),
            id="chatsite.assistants.E003",
        )


@register(Tags.urls)  # those that load everything; the start of the server leaves them out
def check_assistants(**kwargs: Any) -> Iterator[CheckMessage]:
    from chatsite.assistants.registry import assistants

    try:
        assistants()
    except ImproperlyConfigured as exc:
        yield Error(str(exc), id="chatsite.assistants.E002")


def _exists(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):  # of a package around it; a name that is none
        return False
