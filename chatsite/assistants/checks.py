"""System checks: a bad CHAT_ASSISTANTS is refused when the site starts."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured


@register()
def check_modules_exist(**kwargs: Any) -> list[CheckMessage]:
    """Looks without loading: the assistants load LangChain, which takes seconds."""
    return [
        Error(f"CHAT_ASSISTANTS names {name!r}: there is no such module.", id="chatsite.assistants.E001")
        for name in settings.CHAT_ASSISTANTS
        if not _exists(name)
    ]


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
